package lattice_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/voxanne/cascade/policy"
	"github.com/voxanne/cascade/policy/opa"
	"github.com/voxanne/cascade/policy/review/lattice"
)

// plant is a change of the policies with what must be said of it, over the cells
// of one kind, one action and one row type. The numbers are counted by hand: for
// staff of their own clinic, say, there are 2 (shown or not) x 2 (second factor)
// x 4 (a token without scopes, and three credentials whose scopes name it).
type plant struct {
	kind     policy.Kind
	action   policy.Action
	resource policy.Resource
	edits    []edit
	widened  []string
	outside  []string
	narrowed []string
}

var plants = map[string]plant{
	"staff may delete contacts": {
		kind: policy.Member, action: policy.Delete, resource: policy.Contact,
		edits: []edit{{"roles.rego", "\t\t\"contact\": {\"read\", \"create\", \"update\"},", "\t\t\"contact\": {\"read\", \"create\", \"update\", \"delete\"},"}},
		widened: []string{
			"staff and viewers may now delete contacts of two organizations at once (48 cells)", // staff 5x8, and viewers who are staff in the second 8
			"staff may now delete contacts of their own organization (20 cells)",                // 16 and 4 moments
			"owners, admins and staff may now delete contacts of two organizations at once, in one of them more (24 cells)",
		},
	},
	"viewers may delete contacts, which the envelope refuses": {
		kind: policy.Member, action: policy.Delete, resource: policy.Contact,
		edits: []edit{{"roles.rego", "\t\t\"call_stats\": {\"read\"},\n\t\t\"contact\": {\"read\"},", "\t\t\"call_stats\": {\"read\"},\n\t\t\"contact\": {\"read\", \"delete\"},"}},
		outside: []string{
			"members of any role would delete contacts of two organizations at once, did the envelope not refuse it (96 cells)",
			"viewers would delete contacts of their own organization, did the envelope not refuse it (20 cells)",
		},
		// Half of a wrong answer is not a right one: those who may in one of the two
		// clinics are refused there too.
		narrowed: []string{"owners, admins and viewers may no longer delete contacts of two organizations at once (40 cells)"},
	},
	"owners hand out access without a second factor": {
		kind: policy.Member, action: policy.Create, resource: policy.AccessGrant,
		edits: []edit{{"member.rego", "\tinput.subject.mfa == true\n", ""}},
		widened: []string{
			"members of any role may now create access grants of two organizations at once, without a second factor (36 cells)",
			"owners may now create access grants of their own organization, without a second factor (8 cells)",
		},
	},
	"a member's scopes are not looked at": {
		kind: policy.Member, action: policy.Read, resource: policy.Call,
		edits: []edit{{"member.rego", "\tin_scope\n\tsome", "\tsome"}},
		widened: []string{
			"members of any role may now read calls of two organizations at once, with a token whose scopes name something else (96 cells)",
			"members of any role may now read calls of their own organization, with a credential whose scopes do not name it (80 cells)", // 4 x 2 x 2 x 5
		},
	},
	"a suspended clinic is served": {
		kind: policy.Member, action: policy.Read, resource: policy.Call,
		edits: []edit{{"member.rego", "\tmembership.status == \"active\"\n", ""}},
		outside: []string{
			"members of any role would read calls of their own organization, did the envelope not refuse it, of a suspended clinic or of a closed clinic (128 cells)",
			"members of any role would read calls of two organizations at once, did the envelope not refuse it, the second of which is suspended (32 cells)",
		},
		narrowed: []string{"members of any role may no longer read calls of two organizations at once, the second of which is suspended (32 cells)"},
	},
	"viewers see transcripts, which the envelope hides": {
		kind: policy.Member, action: policy.Read, resource: policy.Call,
		edits: []edit{{"member.rego", `{"structured_data", "transcript"}`, `{"structured_data"}`}},
		outside: []string{
			"members of any role would see the transcript of calls of two organizations at once, did the envelope not hide it (52 cells)",
			"viewers would see the transcript of calls of their own organization, did the envelope not hide it, where viewers are not shown transcripts (12 cells)",
		},
	},
	"a field more is hidden": {
		kind: policy.Member, action: policy.Read, resource: policy.Call,
		edits: []edit{{"member.rego", `{"structured_data", "transcript"}`, `{"cost_micros", "structured_data", "transcript"}`}},
		narrowed: []string{
			"members of any role no longer see the cost micros of calls of two organizations at once (52 cells)",
			"viewers no longer see the cost micros of calls of their own organization, where viewers are not shown transcripts (12 cells)",
		},
	},
	"viewers hear recordings wherever": {
		kind: policy.Member, action: policy.Read, resource: policy.Recording,
		edits: []edit{{"member.rego", "\tmembership.viewers_see_transcripts == true\n", ""}},
		outside: []string{
			"members of any role would read recordings of two organizations at once, did the envelope not refuse it (52 cells)",
			"viewers would read recordings of their own organization, did the envelope not refuse it, where viewers are not shown transcripts (12 cells)",
		},
		narrowed: []string{"members of any role may no longer read recordings of two organizations at once (40 cells)"},
	},
	"whatever is asked for is given": {
		kind: policy.Member, action: policy.Read, resource: policy.Call,
		edits: []edit{{"access.rego", "\"org_ids\": member.orgs", "\"org_ids\": input.orgs"}},
		outside: []string{
			"members of any role would read calls of two organizations at once, did the envelope not refuse it, the second of which they do not belong to or the second of which is suspended (64 cells)",
		},
		narrowed: []string{
			"members of any role may no longer read calls of two organizations at once, the second of which they do not belong to or the second of which is suspended (64 cells)",
		},
	},
	"tokens are worth nothing at night": {
		kind: policy.Member, action: policy.Read, resource: policy.Call,
		edits: []edit{{"member.rego", "\tinput.subject.credential == \"jwt\"\n", "\tinput.subject.credential == \"jwt\"\n\ttime.clock(input.now * 1000000000)[0] > 4\n"}},
		narrowed: []string{
			"members of any role may no longer read calls at another time or by another operation, at night (4 cells)",
		},
	},
	"support without a second factor": {
		kind: policy.Support, action: policy.Read, resource: policy.Call,
		edits: []edit{{"support.rego", "\tinput.subject.mfa == true\n", ""}},
		widened: []string{
			"support staff may now read calls of a clinic in which they have a session, without a second factor (24 cells)", // 4 open sessions x 6
			"support staff may now read calls of two organizations at once, without a second factor (6 cells)",
		},
	},
	"support reads grants": {
		kind: policy.Support, action: policy.Read, resource: policy.AccessGrant,
		edits: []edit{{"roles.rego", "emergency := {\n", "emergency := {\n\t\"access_grant\": {\"read\"},\n"}},
		widened: []string{
			"support staff may now read access grants of a clinic in which they have a session (28 cells)", // 24 and 4 moments
			"support staff may now read access grants of two organizations at once (6 cells)",
		},
	},
	"support writes": {
		kind: policy.Support, action: policy.Update, resource: policy.Contact,
		edits: []edit{{"roles.rego", "\t\"contact\": {\"read\"},\n\t\"escalation\"", "\t\"contact\": {\"read\", \"update\"},\n\t\"escalation\""}},
		outside: []string{
			"support staff would update contacts of a clinic in which they have a session, did the envelope not refuse it (28 cells)",
			"support staff would update contacts of two organizations at once, did the envelope not refuse it (6 cells)",
		},
	},
	"the user may be the approver": {
		kind: policy.Support, action: policy.Read, resource: policy.Call,
		edits: []edit{{"support.rego", "\tsession.approver != input.subject.id\n", ""}},
		outside: []string{
			"support staff would read calls of a clinic in which they have a session, did the envelope not refuse it, in a session that they approved themselves (6 cells)",
		},
	},
	"a session may be a second longer": {
		kind: policy.Support, action: policy.Read, resource: policy.Call,
		edits: []edit{{"support.rego", "3600", "3601"}},
		outside: []string{
			"support staff would read calls of a clinic in which they have a session, did the envelope not refuse it, in a session of a second more than an hour (6 cells)",
		},
	},
	"the clinic is not shown": {
		kind: policy.Support, action: policy.Read, resource: policy.Call,
		edits: []edit{{"access.rego", `["show_clinic"]`, `[]`}},
		widened: []string{
			"support staff read calls of a clinic in which they have a session without the obligation show_clinic (28 cells)",
			"support staff read calls of two organizations at once without the obligation show_clinic (6 cells)",
		},
	},
	"a grant ends a second late": {
		kind: policy.Partner, action: policy.Read, resource: policy.Call,
		edits: []edit{{"partner.rego", "input.now < grant.expires", "input.now <= grant.expires"}},
		outside: []string{
			"partners would read calls of a clinic that granted them access, did the envelope not refuse it, under a grant that ends this second (6 cells)", // 2 x 3
		},
	},
	"a partner's scopes are not looked at": {
		kind: policy.Partner, action: policy.Read, resource: policy.Call,
		edits: []edit{{"partner.rego", "\tin_scope\n\tinput", "\tinput"}},
		widened: []string{
			"partners may now read calls of a clinic that granted them access, with a credential whose scopes do not name it (60 cells)", // 5 grants x 2 x 6
			"partners may now read calls of two organizations at once, with a credential whose scopes do not name it (60 cells)",
			"partners may now read calls of their own organization, with a credential whose scopes do not name it (12 cells)",
		},
	},
	"a suspended partner goes on": {
		kind: policy.Partner, action: policy.Read, resource: policy.Call,
		edits: []edit{{"partner.rego", "\tinput.subject.org_status == \"active\"\n\tsome", "\tsome"}},
		outside: []string{
			"partners would read calls of a clinic that granted them access, did the envelope not refuse it, of a suspended partner or of a closed partner (60 cells)",
			"partners would read calls of their own organization, did the envelope not refuse it, of a suspended partner or of a closed partner (12 cells)",
		},
	},
	"partners delete their own contacts": {
		kind: policy.Partner, action: policy.Delete, resource: policy.Contact,
		edits: []edit{{"partner.rego", "\tinput.action in roles.rights.staff[input.resource]", "\tinput.action in roles.rights.admin[input.resource]"}},
		widened: []string{
			"partners may now delete contacts of their own organization (10 cells)", // 2 x 3, and 4 moments
		},
	},
	"operators read decision records": {
		kind: policy.Operator, action: policy.Read, resource: policy.AuditDecision,
		edits: []edit{{"roles.rego", "\"operator\": {\n", "\"operator\": {\n\t\t\"audit_decision\": {\"read\"},\n"}},
		outside: []string{
			"operators would read decision records in every organization, did the envelope not refuse it (52 cells)", // 12, 4 moments, and 36 with facts of other kinds
		},
	},
	"operators read trusted documents": {
		kind: policy.Operator, action: policy.Read, resource: policy.TrustedDocument,
		edits: []edit{{"roles.rego", "\"operator\": {\n", "\"operator\": {\n\t\t\"trusted_document\": {\"read\"},\n"}},
		widened: []string{
			"operators may now read trusted documents in every organization (52 cells)",
		},
	},
	"a webhook reaches other clinics": {
		kind: policy.System, action: policy.Ingest, resource: policy.Call,
		edits: []edit{{"system.rego", "\torg == input.subject.org_id\n", ""}},
		outside: []string{
			"webhooks and jobs would ingest calls of an organization that is not theirs, did the envelope not refuse it (6 cells)",
			"webhooks and jobs would ingest calls of two organizations at once, did the envelope not refuse it (6 cells)",
			"webhooks and jobs would ingest calls with facts that are not for their kind, did the envelope not refuse it, under an active grant (6 cells)",
		},
		narrowed: []string{"webhooks and jobs may no longer ingest calls of two organizations at once (6 cells)"},
	},
	"viewers read no calls": {
		kind: policy.Member, action: policy.Read, resource: policy.Call,
		edits: []edit{{"roles.rego", "\t\t\"call\": {\"read\"},\n\t\t\"call_stats\": {\"read\"},\n\t\t\"contact\": {\"read\"},", "\t\t\"call_stats\": {\"read\"},\n\t\t\"contact\": {\"read\"},"}},
		narrowed: []string{
			"viewers may no longer read calls of two organizations at once (32 cells)",
			"viewers may no longer read calls of their own organization (20 cells)",
			"members of any role may no longer read calls of two organizations at once, in one of them less (64 cells)",
		},
	},
	"partners come with API keys alone": {
		kind: policy.Partner, action: policy.Read, resource: policy.Call,
		edits: []edit{{"partner.rego", "\tin_scope\n\tinput", "\tinput.subject.credential == \"api_key\"\n\tin_scope\n\tinput"}},
		narrowed: []string{
			"partners may no longer read calls of a clinic that granted them access (20 cells)",
			"partners may no longer read calls of two organizations at once (20 cells)",
			"partners may no longer read calls of their own organization (4 cells)",
		},
	},
	"written in another order, with other spaces and names": {
		kind: policy.Partner, action: policy.Read, resource: policy.Call,
		edits: []edit{
			{"partner.rego", "\tgrant.revoked == false\n\tgrant.status == \"active\"\n", "\t\"active\"==grant.status # first\n\n\tfalse == grant.revoked\n"},
			{"support.rego", "session.approved == true", "session.approved"},
		},
	},
}

// What is planted is found and said, in full, and nothing else is.
func TestWhatIsPlantedIsFound(t *testing.T) {
	t.Parallel()
	running := compile(t, planted(t))
	for name, p := range plants {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			candidate := compile(t, planted(t, p.edits...))
			l := lattice.Lattice{Kinds: []policy.Kind{p.kind}, Actions: []policy.Action{p.action}, Resources: []policy.Resource{p.resource}}
			r, err := l.Widen(t.Context(), running, candidate, lattice.Options{})
			if err != nil {
				t.Fatal(err)
			}
			said(t, "widened", r.Widened, p.widened)
			said(t, "outside", r.Outside, p.outside)
			said(t, "narrowed", r.Narrowed, p.narrowed)
			if r.Findings() != (len(p.widened)+len(p.outside) > 0) || len(r.Failed) > 0 {
				t.Errorf("findings %v, failed %v", r.Findings(), r.Failed)
			}
			for _, g := range slices.Concat(r.Widened, r.Outside, r.Narrowed) {
				proven(t, running, candidate, g)
			}
		})
	}
}

func said(t *testing.T, section string, groups []lattice.Group, want []string) {
	t.Helper()
	got := make([]string, len(groups))
	for i, g := range groups {
		got[i] = g.String()
	}
	if !slices.Equal(got, want) {
		t.Errorf("%s:\n%s\nwant\n%s", section, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// proven decides a group's example again, from its document: the two policies do
// answer as it says, and not alike.
func proven(t *testing.T, running, candidate *opa.Generation, g lattice.Group) {
	t.Helper()
	q, err := opa.ReadInput(g.Example.Input)
	if err != nil {
		t.Fatalf("%s: %v", g, err)
	}
	before, after := running.Decide(t.Context(), q), candidate.Decide(t.Context(), q)
	if before.Allowed() != g.Example.Before.Allow || after.Allowed() != g.Example.After.Allow || before.Reason() != g.Example.Before.Reason ||
		after.Reason() != g.Example.After.Reason {
		t.Errorf("%s: %s is answered %s and %s, not as the example says", g, g.Example.Question, before.Reason(), after.Reason())
	}
	if opa.SameAnswer(before, after) && g.Example.After.Claimed == nil {
		t.Errorf("%s: %s is answered alike", g, g.Example.Question)
	}
}

// A mask that the envelope does not ask for is lost in earnest.
func TestALostMaskIsFound(t *testing.T) {
	t.Parallel()
	more := compile(t, planted(t, edit{"member.rego", `{"structured_data", "transcript"}`, `{"cost_micros", "structured_data", "transcript"}`}))
	l := lattice.Lattice{Kinds: []policy.Kind{policy.Member}, Actions: []policy.Action{policy.Read}, Resources: []policy.Resource{policy.Call}}
	r, err := l.Widen(t.Context(), more, compile(t, planted(t)), lattice.Options{})
	if err != nil {
		t.Fatal(err)
	}
	said(t, "widened", r.Widened, []string{
		"members of any role now see the cost micros of calls of two organizations at once (52 cells)",
		"viewers now see the cost micros of calls of their own organization, where viewers are not shown transcripts (12 cells)",
	})
	for _, g := range r.Widened {
		if g.Effect != lattice.LosesMask {
			t.Errorf("the effect of %s is %s", g, g.Effect)
		}
	}
}

// What the candidate has no answer for is said, and one that has none at all is
// not asked for ever.
func TestACandidateWithoutAnswers(t *testing.T) {
	t.Parallel()
	running := compile(t, planted(t))
	l := lattice.Lattice{Kinds: []policy.Kind{policy.Operator}, Actions: []policy.Action{policy.Read}, Resources: []policy.Resource{policy.Organization, policy.Call}}
	misshapen := edit{"access.rego", `"reason": "platform_role"`, `"reason": 1`}
	r, err := l.Widen(t.Context(), running, compile(t, planted(t, misshapen)), lattice.Options{})
	if err != nil {
		t.Fatal(err)
	}
	said(t, "failed", r.Failed, []string{"there is no answer whether operators may read organizations (52 cells)"})
	if !r.Findings() {
		t.Error("no findings")
	}
	l.Resources = append(l.Resources, policy.AccessGrant, policy.AuditDecision)
	all := edit{"access.rego", `"reason": denial`, `"reason": 1`}
	if _, err := l.Widen(t.Context(), running, compile(t, planted(t, all)), lattice.Options{}); err == nil || !strings.Contains(err.Error(), "the candidate, asked whether operators read") {
		t.Errorf("a candidate that never answers: %v", err)
	}
}
