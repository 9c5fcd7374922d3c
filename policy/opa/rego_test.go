package opa

import (
	"bytes"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/cover"
	"github.com/open-policy-agent/opa/v1/format"
	"github.com/open-policy-agent/opa/v1/tester"
	"github.com/open-policy-agent/opa/v1/topdown"

	"github.com/voxanne/cascade/policy/rego"
)

// The tests beside the policies pass, and together they evaluate every line.
func TestPoliciesAreTested(t *testing.T) {
	t.Parallel()
	coverage := cover.New()
	modules := runPolicyTests(t, coverage)
	report := coverage.Report(modules)
	if report.CoveredLines == 0 {
		t.Fatal("nothing was evaluated")
	}
	for name, file := range report.Files {
		if strings.HasSuffix(name, "_test.rego") {
			continue
		}
		for _, missed := range file.NotCovered {
			why := "no test gets there"
			switch {
			case slices.Contains(missed.Kinds, cover.KindIndexExcluded):
				why = "the rule index never picks it for the inputs of the tests"
			case slices.Contains(missed.Kinds, cover.KindEarlyExit):
				why = "another definition of the rule always answers first"
			}
			t.Errorf("%s:%d-%d is not covered: %s", name, missed.Start.Row, missed.End.Row, why)
		}
	}
}

// Every reason that the policies can give is the answer to some test.
func TestEveryReasonIsReached(t *testing.T) {
	t.Parallel()
	given := &reasonTracer{seen: map[string]bool{}}
	modules := runPolicyTests(t, given)
	known := reasonsIn(policies(modules))
	if len(known) < 10 {
		t.Fatalf("only %v were read off the policies", slices.Collect(maps.Keys(known)))
	}
	for reason, where := range known {
		if !given.seen[reason] {
			t.Errorf("%s: no test is answered %q", where, reason)
		}
	}
	for reason := range given.seen {
		if known[reason] == nil {
			t.Errorf("%q was answered, but not read off the policies: this test cannot see all reasons", reason)
		}
	}
}

// Policies read as OPA's formatter writes them, and say what they are for.
func TestPoliciesAreFormattedAndDocumented(t *testing.T) {
	t.Parallel()
	modules, err := Modules(rego.Files, true)
	if err != nil {
		t.Fatal(err)
	}
	for name := range modules {
		text, err := fs.ReadFile(rego.Files, name)
		if err != nil {
			t.Fatal(err)
		}
		formatted, err := format.SourceWithOpts(name, text, format.Opts{RegoVersion: ast.RegoV1})
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(text, formatted) {
			t.Errorf("%s is not formatted; run make format", name)
		}
	}
	for name, module := range policies(modules) {
		said := map[string]bool{}
		for _, a := range module.Annotations {
			if a.Title == "" || a.Description == "" {
				t.Errorf("%s: a title or a description is missing", a.Location)
			}
			said[a.GetTargetPath().String()] = true
		}
		if !said[module.Package.Path.String()] {
			t.Errorf("%s: the package has no METADATA", name)
		}
		for _, rule := range module.Rules {
			if !said[rule.Ref().GroundPrefix().String()] {
				t.Errorf("%s: %s has no METADATA", rule.Location, rule.Head.Name)
			}
		}
	}
}

// No policy calls, and no policy could call, what is not on the list; and
// nothing on the list gives two answers to one question.
func TestPoliciesUseAllowedBuiltinsAlone(t *testing.T) {
	t.Parallel()
	for _, b := range Capabilities().Builtins {
		if b.Nondeterministic {
			t.Errorf("%s is allowed, and a decision that uses it cannot be replayed", b.Name)
		}
	}
	for _, name := range allowed {
		if ast.BuiltinMap[name] == nil {
			t.Errorf("%s is allowed and does not exist", name)
		}
	}
	modules, err := Modules(rego.Files, false)
	if err != nil {
		t.Fatal(err)
	}
	for _, module := range modules {
		ast.WalkTerms(module, func(term *ast.Term) bool {
			call, ok := term.Value.(ast.Call)
			if ok {
				if name := call[0].String(); ast.BuiltinMap[name] != nil && !slices.Contains(allowed, name) {
					t.Errorf("%s calls %s", term.Location, name)
				}
			}
			return false
		})
	}
}

// runPolicyTests runs the tests beside the policies as they are compiled for
// service: strict, with the schema and the allowed built-ins. An error inside a
// built-in, which elsewhere would be undefined and pass unseen, fails.
func runPolicyTests(t *testing.T, tracer topdown.QueryTracer) map[string]*ast.Module {
	t.Helper()
	modules, err := Modules(rego.Files, true)
	if err != nil {
		t.Fatal(err)
	}
	compiler, err := NewCompiler(rego.Files)
	if err != nil {
		t.Fatal(err)
	}
	// The tester marks each case of a table with a call of its own.
	marked := Capabilities()
	marked.Builtins = append(marked.Builtins, ast.BuiltinMap["internal.test_case"])
	runner := tester.NewRunner().
		SetCompiler(compiler.WithCapabilities(marked)).
		SetModules(modules).
		SetCoverageQueryTracer(tracer).
		RaiseBuiltinErrors(true).
		CapturePrintOutput(true).
		SetTimeout(time.Minute)
	results, err := runner.RunTests(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	tested := map[string]bool{}
	for r := range results {
		name := r.Package + "." + r.Name
		tested[r.Package] = true
		switch {
		case r.Error != nil:
			t.Errorf("%s: %s: %v", r.Location, name, r.Error)
		case r.Skip:
			t.Errorf("%s: %s is skipped", r.Location, name)
		case r.Fail && len(r.SubResults) == 0:
			t.Errorf("%s: %s fails %s", r.Location, name, r.Output)
		}
		for note, sub := range r.SubResults.Iter {
			if sub.Fail {
				t.Errorf("%s: %s: %s fails", r.Location, name, strings.Join(note, ": "))
			}
		}
	}
	for name, module := range policies(modules) {
		if !tested[module.Package.Path.String()+"_test"] {
			t.Errorf("%s has no tests beside it", name)
		}
	}
	return modules
}

// policies leaves out the tests.
func policies(modules map[string]*ast.Module) map[string]*ast.Module {
	out := maps.Clone(modules)
	maps.DeleteFunc(out, func(name string, _ *ast.Module) bool { return strings.HasSuffix(name, "_test.rego") })
	return out
}

// reasonsIn reads the reasons off the text: the values of the rules that name
// them, and what answers give as "reason".
func reasonsIn(modules map[string]*ast.Module) map[string]*ast.Location {
	found := map[string]*ast.Location{}
	note := func(term *ast.Term) {
		if s, ok := term.Value.(ast.String); ok {
			found[string(s)] = term.Location
		}
	}
	for _, module := range modules {
		ast.WalkRules(module, func(rule *ast.Rule) bool {
			switch rule.Head.Name {
			case "why_not", "denial":
				note(rule.Head.Value)
			case "reasons":
				note(rule.Head.Key)
			case "decision":
				if answer, ok := rule.Head.Value.Value.(ast.Object); ok {
					note(answer.Get(ast.StringTerm("reason")))
				}
			}
			return false
		})
	}
	return found
}

// reasonTracer notes the reason of each decision that the tests ask for.
type reasonTracer struct {
	mu   sync.Mutex
	seen map[string]bool
}

func (*reasonTracer) Enabled() bool               { return true }
func (*reasonTracer) Config() topdown.TraceConfig { return topdown.TraceConfig{PlugLocalVars: true} }

func (r *reasonTracer) TraceEvent(e topdown.Event) {
	rule, ok := e.Node.(*ast.Rule)
	if !ok || e.Op != topdown.ExitOp || path.Base(rule.Loc().File) != "access.rego" || rule.Head.Name != "decision" {
		return
	}
	// An answer that is made of other rules is a local variable by now.
	answer := rule.Head.Value.Value
	if _, local := answer.(ast.Var); local {
		answer = e.Locals.Get(answer)
	}
	if object, ok := answer.(ast.Object); ok {
		if reason, ok := object.Get(ast.StringTerm("reason")).Value.(ast.String); ok {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.seen[string(reason)] = true
		}
	}
}
