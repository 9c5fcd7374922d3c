package opa_test

import (
	"encoding/json"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"testing"

	oparego "github.com/open-policy-agent/opa/v1/rego"

	"github.com/voxanne/cascade/policy"
	"github.com/voxanne/cascade/policy/opa"
	"github.com/voxanne/cascade/policy/rego"
)

// In Rego a field that is not there is neither true nor false, and under "not"
// it opens doors. The engine always sends every field; and if one day it did
// not, that must take access away, never give it.
func TestAMissingFieldNeverWidens(t *testing.T) {
	t.Parallel()
	ask := prepare(t)
	draw := newDraw(2)
	engine := newEngine(t)
	tried := 0
	for range 150 {
		q := draw.request()
		q.Subject = ofItsKind(q.Subject)
		var question map[string]any
		if err := json.Unmarshal(engine.Current().Decide(t.Context(), q).Input(), &question); err != nil {
			t.Fatal(err)
		}
		whole := ask(t, question)
		without(question, "input", func(field string) {
			tried++
			if got := ask(t, question); got.widens(whole) {
				text, _ := json.Marshal(question)
				t.Errorf("without %s, %+v became %+v for %s", field, whole, got, text)
			}
		})
	}
	if tried < 1000 {
		t.Fatalf("only %d fields were left out", tried)
	}
}

// ofItsKind leaves out what the policies of the subject's kind do not read, and
// all but one grant of a clinic: a second one brings masks of its own, and takes
// them along when it is no longer read.
func ofItsKind(s policy.Subject) policy.Subject {
	if s.Kind != policy.Member {
		s.Memberships = nil
	}
	if s.Kind != policy.Support {
		s.BreakGlass = nil
	}
	if s.Kind != policy.Partner {
		s.Grants = nil
	}
	s.Grants = slices.CompactFunc(s.Grants, func(a, b policy.Grant) bool { return a.OrgID == b.OrgID })
	return s
}

// answer is what a policy says, as far as it gives access.
type answer struct {
	Allow bool                `json:"allow"`
	Wide  bool                `json:"wide"`
	Orgs  []string            `json:"org_ids"`
	Masks map[string][]string `json:"masks"`
}

func (a answer) widens(before answer) bool {
	if !a.Allow {
		return false
	}
	missing := func(from []string) func(string) bool {
		return func(s string) bool { return !slices.Contains(from, s) }
	}
	for resource, fields := range before.Masks {
		// A clinic that is no longer part of the answer takes its masks along.
		if len(a.Orgs) == len(before.Orgs) && slices.ContainsFunc(fields, missing(a.Masks[resource])) {
			return true
		}
	}
	return !before.Allow || a.Wide && !before.Wide || slices.ContainsFunc(a.Orgs, missing(before.Orgs))
}

// without calls f with each field of doc left out in turn, at every depth.
func without(doc any, at string, f func(field string)) {
	switch doc := doc.(type) {
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(doc)) {
			value := doc[name]
			delete(doc, name)
			f(at + "." + name)
			doc[name] = value
			without(value, at+"."+name, f)
		}
	case []any:
		for _, element := range doc {
			without(element, at+"[]", f)
		}
	}
}

// prepare asks the policies directly, with documents that the engine would
// never send. No answer counts as a denial, as it does in service.
func prepare(t *testing.T) func(*testing.T, any) answer {
	t.Helper()
	options := []func(*oparego.Rego){oparego.Query(opa.Query), oparego.StrictBuiltinErrors(true)}
	err := fs.WalkDir(rego.Files, ".", func(name string, _ fs.DirEntry, err error) error {
		if err != nil || path.Ext(name) != ".rego" || strings.HasSuffix(name, "_test.rego") {
			return err
		}
		text, err := fs.ReadFile(rego.Files, name)
		options = append(options, oparego.Module(name, string(text)))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	query, err := oparego.New(options...).PrepareForEval(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return func(t *testing.T, question any) answer {
		t.Helper()
		var a answer
		results, err := query.Eval(t.Context(), oparego.EvalInput(question))
		if err != nil || len(results) == 0 {
			return a
		}
		text, err := json.Marshal(results[0].Expressions[0].Value)
		if err == nil {
			err = json.Unmarshal(text, &a)
		}
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
}
