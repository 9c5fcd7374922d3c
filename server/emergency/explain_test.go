package emergency_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/voxanne/cascade/ent/nodeid"
	"github.com/voxanne/cascade/server/stage"
)

type explanation struct {
	DecisionID           string
	Asked, Allowed       bool
	AllowedNow           *bool
	Revision, Sentence   string
	ExplainedBy, Reason  *string
	Given, Changes, Left []string
	Rules                []heldRule
}

type heldRule struct {
	Rule, Title, File string
	Line              int
	Held              bool
}

// explained is what somebody hears of a decision; nil when there is none for them.
func (e *emergency) explained(t *testing.T, who, id string) *explanation {
	t.Helper()
	var out struct{ ExplainDecision *explanation }
	e.Ask(t, fmt.Sprintf(`{ explainDecision(id: %q) { decisionId asked allowed allowedNow revision explainedBy reason sentence given changes left
		rules { rule title file line held } } }`, id), who).Decode(t, &out)
	return out.ExplainDecision
}

// decision finds the latest decision that somebody may see.
func (e *emergency) decision(t *testing.T, who, where string) string {
	t.Helper()
	var out struct {
		AuditDecisions struct{ Nodes []struct{ ID string } }
	}
	e.Ask(t, `{ auditDecisions(first: 1, where: `+where+`) { nodes { id } } }`, who).Decode(t, &out)
	if len(out.AuditDecisions.Nodes) != 1 {
		t.Fatalf("no decision where %s", where)
	}
	return out.AuditDecisions.Nodes[0].ID
}

// Who may read a decision hears why: the clinic its own facts, security the rules
// as well.
func TestADecisionIsExplained(t *testing.T) {
	t.Parallel()
	e := newEmergency(t)
	id := e.opened(t, e.support, "sunrise")
	e.sees(t, e.support, "sunrise")
	allowed := e.decision(t, e.owner, `{resource: "call", subjectId: "`+nodeid.Encode("user", e.supportID)+`", allow: true}`)
	for name, who := range map[string]string{"the owner": e.owner, "security": e.watch} {
		x := e.explained(t, who, allowed)
		if x == nil || x.DecisionID != allowed || !x.Asked || !x.Allowed || x.AllowedNow == nil || !*x.AllowedNow || len(x.Given) != 1 || len(x.Changes) != 0 {
			t.Errorf("%s: %+v", name, x)
			continue
		}
		if x.Reason == nil || *x.Reason != "break_glass" || !strings.Contains(x.Sentence, "session is open") {
			t.Errorf("%s: %+v", name, x)
		}
		held := slices.ContainsFunc(x.Rules, func(r heldRule) bool {
			return r.Rule == "data.cascade.support.may" && r.File == "cascade/support.rego" && r.Line > 0 && r.Title == "May" && r.Held
		})
		if held != (name == "security") || (len(x.Rules) > 0) != held {
			t.Errorf("%s hears of rules: %+v", name, x.Rules)
		}
		if text := fmt.Sprint(*x); name == "the owner" && strings.Contains(text, e.securityID.String()) {
			t.Errorf("the clinic is told who the approver is: %s", text)
		}
	}

	// A viewer may not read the journal, and the explanation says what would change that.
	viewer := stage.Bearer(e.Member(t, "viewer", "viewer", e.sunrise))
	e.Ask(t, `{ auditDecisions { totalCount } }`, viewer)
	denied := e.decision(t, e.owner, `{resource: "audit_decision", allow: false, reason: "role_lacks_right"}`)
	x := e.explained(t, e.owner, denied)
	if x == nil || x.Allowed || *x.AllowedNow || !slices.ContainsFunc(x.Changes, func(c string) bool { return strings.Contains(c, "role") }) {
		t.Errorf("a denial: %+v", x)
	}

	// What no policy was asked about.
	e.Ask(t, end(id), e.second)
	e.eventually(t, "the attempt is on record", func() bool {
		return e.Count(t, `select count(*) from audit_decisions where reason = 'foreign_row' and org_id = $1`, e.sunrise) == 1
	})
	attempt := e.decision(t, e.owner, `{reason: "foreign_row"}`)
	if x := e.explained(t, e.owner, attempt); x == nil || x.Asked || x.AllowedNow != nil || x.Reason == nil || *x.Reason != "foreign_row" || x.Sentence == "" {
		t.Errorf("without an input: %+v", x)
	}

	// Foreign and absent are the same null, and support staff may not ask at all.
	for name, id := range map[string]string{"foreign": allowed, "absent": nodeid.Encode("audit_decision", stage.NewID()), "malformed": "x"} {
		if x := e.explained(t, e.other, id); x != nil {
			t.Errorf("%s: %+v", name, x)
		}
	}
	if answer := e.Ask(t, fmt.Sprintf(`{ explainDecision(id: %q) { sentence } }`, allowed), e.second); !answer.Is("FORBIDDEN", "") {
		t.Errorf("support staff heard: %s", answer.Body)
	}

	// It is paid for as often as it is asked for.
	twice := e.Ask(t, fmt.Sprintf(`{ a: explainDecision(id: %[1]q) { sentence } b: explainDecision(id: %[1]q) { sentence } }`, allowed), e.owner)
	if cost, ok := twice.Extensions["cost"].(map[string]any); !ok || fmt.Sprint(cost["requested"]) != "402" {
		t.Errorf("two explanations cost %v", twice.Extensions["cost"])
	}
}
