package explain_test

import (
	"slices"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/voxanne/cascade/policy"
	"github.com/voxanne/cascade/policy/opa"
	"github.com/voxanne/cascade/policy/rego"
	"github.com/voxanne/cascade/policy/review/explain"
)

// An allowed question says what gave the access, which rules held and what was
// left out.
func TestAllowed(t *testing.T) {
	t.Parallel()
	g := compile(t, rego.Files)
	two := partner(func(*policy.Grant) {})
	again := two.Grants[0]
	again.ID, again.Masks = second, nil
	two.Grants = append(two.Grants, again)
	for name, tt := range map[string]struct {
		q    policy.Request
		want []string
	}{
		"a member": {asked(member(policy.Staff), policy.Read, policy.Call), []string{"the role staff in " + inSunrise}},
		"either of two grants": {asked(two, policy.Read, policy.Call), []string{
			theGrant + " of " + inSunrise + ", which ends 2026-11-30T12:00:00Z (in 7 days) and hides transcript",
			"grant 018f0000-0000-7000-8000-000000000002 of " + inSunrise + ", which ends 2026-11-30T12:00:00Z (in 7 days)",
		}},
		"a partner at home": {asked(partner(nil), policy.Read, policy.Call, at(bridge)), []string{
			"organization 018f0000-0000-7000-8000-00000000000e being its own",
		}},
		"an auditor": {asked(platform(policy.Auditor, true), policy.Read, policy.AuditDecision), []string{
			"being one of the platform's auditors",
		}},
	} {
		x, err := explain.Explain(t.Context(), g, tt.q, explain.Options{For: explain.Security()})
		if err != nil {
			t.Fatal(err)
		}
		if !x.Allowed || !slices.Equal(x.Given, tt.want) {
			t.Errorf("%s: allowed %v by %q, want %q", name, x.Allowed, x.Given, tt.want)
		}
	}
}

func TestTheRulesThatHeld(t *testing.T) {
	t.Parallel()
	q := asked(partner(func(*policy.Grant) {}), policy.Read, policy.Call)
	q.Orgs = append(q.Orgs, harbor)
	x, err := explain.Explain(t.Context(), compile(t, rego.Files), q, explain.Options{For: explain.Security()})
	if err != nil {
		t.Fatal(err)
	}
	held := func(rule string) *opa.Step {
		i := slices.IndexFunc(x.Rules, func(s opa.Step) bool { return s.Rule == rule && s.Held })
		if i < 0 {
			t.Fatalf("%s does not hold in %v", rule, x.Rules)
		}
		return &x.Rules[i]
	}
	if s := held("data.cascade.partner.active"); s.Title != "Active" || s.File != "cascade/partner.rego" || s.Line != 43 {
		t.Errorf("the grant's rule is %+v", s)
	}
	if s := held("data.cascade.access.decision"); s.Title != "Decision" {
		t.Errorf("the decision is %+v", s)
	}
	if want := (explain.Left{Org: harbor, Reason: "grant_missing", Says: "The organization granted the partner nothing."}); len(x.Left) != 1 || x.Left[0] != want {
		t.Errorf("left are %v, want %v", x.Left, want)
	}
	denied, err := explain.Explain(t.Context(), compile(t, rego.Files), asked(support(true, func(b *policy.BreakGlass) { b.Ended = true }), policy.Read, policy.Call),
		explain.Options{For: explain.Security()})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(denied.Rules, func(s opa.Step) bool {
		return s.Rule == "data.cascade.support.may" && !s.Held && s.Stopped == "session.ended == false" && s.StoppedLine == 32
	}) {
		t.Errorf("nothing says where the session stops: %+v", denied.Rules)
	}
}

// Every reason that the shipped policies give has a sentence.
func TestEveryReasonHasASentence(t *testing.T) {
	t.Parallel()
	modules, err := opa.Modules(rego.Files, false)
	if err != nil {
		t.Fatal(err)
	}
	reasons := 0
	note := func(term *ast.Term) {
		if term == nil {
			return
		}
		if s, ok := term.Value.(ast.String); ok {
			reasons++
			if _, ok := explain.Sentence(string(s)); !ok {
				t.Errorf("%s: %s has no sentence", term.Location, s)
			}
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
	if reasons < 20 {
		t.Errorf("only %d reasons were read off the policies", reasons)
	}
}
