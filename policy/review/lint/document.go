package lint

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	oparego "github.com/open-policy-agent/opa/v1/rego"

	"github.com/voxanne/cascade/policy"
	"github.com/voxanne/cascade/policy/opa"
	"github.com/voxanne/cascade/policy/review/finding"
)

// document is what the rules judge.
func document(modules map[string]*ast.Module) node {
	var known names
	for _, m := range modules {
		for _, rule := range m.Rules {
			known = append(known, dotted(rule.Ref().GroundPrefix()))
		}
	}
	slices.Sort(known)
	known = slices.Compact(known)
	packages, rules := []any{}, map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(modules)) {
		m := &module{ast: modules[name], known: known, imports: map[string]ast.Ref{}}
		for _, i := range m.ast.Imports {
			if path, ok := i.Path.Value.(ast.Ref); ok {
				m.imports[string(i.Name())] = path
			}
		}
		packages = append(packages, node{
			"file": name, "package": dotted(m.ast.Package.Path), "at": at(m.ast.Package.Location),
			"annotations": annotations(m.ast, m.ast.Annotations),
		})
		for _, rule := range m.ast.Rules {
			path := dotted(rule.Ref().GroundPrefix())
			clauses, _ := rules[path].([]any)
			rules[path] = append(clauses, m.clauses(rule)...)
		}
	}
	return node{"entry": opa.Query, "packages": packages, "rules": rules, "words": words(), "builtins": builtins()}
}

// words are those that policies may name, by the field that holds them.
func words() node {
	maskable := map[string]any{}
	for _, r := range policy.Resources() {
		maskable[string(r)] = r.Maskable()
	}
	return node{"maskable": maskable, "fields": node{
		"action": policy.Actions(), "actions": policy.Actions(),
		"resource": policy.Resources(), "resources": policy.Resources(),
		"kind": policy.Kinds(), "role": policy.Roles(), "credential": policy.CredentialTypes(),
		"status": policy.OrgStatuses(), "org_status": policy.OrgStatuses(),
	}}
}

func builtins() node {
	list := func(all []*ast.Builtin) []string {
		called := make([]string, 0, len(all))
		for _, b := range all {
			called = append(called, b.Name)
		}
		return called
	}
	return node{"known": list(ast.Builtins), "allowed": list(opa.Capabilities().Builtins)}
}

// read makes findings of what the rules answered.
func read(results oparego.ResultSet) ([]finding.Finding, error) {
	if len(results) != 1 {
		return nil, fmt.Errorf("the rules of the lint gave no answer")
	}
	text, err := json.Marshal(results[0].Expressions[0].Value)
	if err != nil {
		return nil, fmt.Errorf("reading what the lint found: %w", err)
	}
	var answers []struct{ Rule, Message, At string }
	if err := json.Unmarshal(text, &answers); err != nil {
		return nil, fmt.Errorf("reading what the lint found: %w", err)
	}
	var all []finding.Finding
	for _, a := range answers {
		f := finding.Finding{Rule: a.Rule, Level: finding.Error, Message: a.Message}
		if f.File, f.Line, f.Column, err = place(a.At); err != nil {
			return nil, fmt.Errorf("reading what the lint found: %w", err)
		}
		all = append(all, f)
	}
	return all, nil
}

// place reads what at wrote.
func place(text string) (file string, row, col int, err error) {
	rest, last, _ := cutLast(text)
	file, middle, ok := cutLast(rest)
	row, errRow := strconv.Atoi(middle)
	col, errCol := strconv.Atoi(last)
	if err := errors.Join(errRow, errCol); err != nil || !ok {
		return "", 0, 0, fmt.Errorf("%q is no place: %w", text, err)
	}
	return file, row, col, nil
}

func cutLast(text string) (before, after string, ok bool) {
	i := strings.LastIndex(text, ":")
	if i < 0 {
		return "", text, false
	}
	return text[:i], text[i+1:], true
}
