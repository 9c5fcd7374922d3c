package explain_test

import (
	"io/fs"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/policy"
	"github.com/voxanne/cascade/policy/opa"
	"github.com/voxanne/cascade/policy/rego"
	"github.com/voxanne/cascade/policy/review/explain"
)

var (
	sunrise = uuid.MustParse("018f0000-0000-7000-8000-00000000000a")
	harbor  = uuid.MustParse("018f0000-0000-7000-8000-00000000000b")
	bridge  = uuid.MustParse("018f0000-0000-7000-8000-00000000000e")
	person  = uuid.MustParse("018f0000-0000-7000-8000-000000000001")
	second  = uuid.MustParse("018f0000-0000-7000-8000-000000000002")
	row     = uuid.MustParse("018f0000-0000-7000-8000-0000000000f1")
	noon    = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
)

func compile(t testing.TB, files fs.FS) *opa.Generation {
	t.Helper()
	g, err := opa.Compile(t.Context(), files, opa.Config{Budget: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// asked is a question about Sunrise's rows, by somebody with each of the facts.
func asked(s policy.Subject, a policy.Action, r policy.Resource, changes ...func(*policy.Request)) policy.Request {
	s.ID = person
	q := policy.Request{Subject: s, Action: a, Resource: r, Orgs: []uuid.UUID{sunrise}, Operation: "Test", Now: noon}
	for _, change := range changes {
		change(&q)
	}
	return q
}

func member(role policy.Role) policy.Subject {
	return policy.Subject{
		Kind: policy.Member, Credential: policy.Credential{Type: policy.JWT, MFA: true},
		Memberships: []policy.Membership{{OrgID: sunrise, Role: role, Status: policy.OrgActive}},
	}
}

func partner(change func(*policy.Grant)) policy.Subject {
	g := policy.Grant{
		ID: row, OrgID: sunrise, PartnerID: bridge, Actions: []policy.Action{policy.Read}, Resources: []policy.Resource{policy.Call},
		Masks:  map[policy.Resource][]string{policy.Call: {"transcript"}},
		Starts: noon.AddDate(0, 0, -7), Expires: noon.AddDate(0, 0, 7), Status: policy.OrgActive,
	}
	s := policy.Subject{
		Kind: policy.Partner, OrgID: bridge, OrgStatus: policy.OrgActive,
		Credential: policy.Credential{Type: policy.Key, Scopes: []string{"call:read"}},
	}
	if change != nil {
		change(&g)
		s.Grants = []policy.Grant{g}
	}
	return s
}

func support(mfa bool, change func(*policy.BreakGlass)) policy.Subject {
	b := policy.BreakGlass{
		ID: row, OrgID: sunrise, Approved: true, ApproverID: second, Status: policy.OrgActive,
		Starts: noon.Add(-20 * time.Minute), Expires: noon.Add(20 * time.Minute),
	}
	s := policy.Subject{Kind: policy.Support, Credential: policy.Credential{Type: policy.JWT, MFA: mfa}}
	if change != nil {
		change(&b)
		s.BreakGlass = []policy.BreakGlass{b}
	}
	return s
}

func platform(kind policy.Kind, mfa bool) policy.Subject {
	return policy.Subject{Kind: kind, Credential: policy.Credential{Type: policy.JWT, MFA: mfa}}
}

func withoutMFA(q *policy.Request) { q.Subject.Credential.MFA = false }
func at(org uuid.UUID) func(*policy.Request) {
	return func(q *policy.Request) { q.Orgs = []uuid.UUID{org} }
}
func suspended(q *policy.Request) { q.Subject.OrgStatus = policy.OrgSuspended }
func noScopes(q *policy.Request)  { q.Subject.Credential.Scopes = []string{} }

const (
	inSunrise   = "organization 018f0000-0000-7000-8000-00000000000a"
	inHarbor    = "organization 018f0000-0000-7000-8000-00000000000b"
	theGrant    = "grant 018f0000-0000-7000-8000-0000000000f1"
	theSession  = "session 018f0000-0000-7000-8000-0000000000f1"
	ownSuspends = "its own organization were active (it is suspended)"
)

// denials are questions with the reason that they are denied for and all the
// changes that would be suggested, written by hand.
var denials = map[string]struct {
	q      policy.Request
	reason string
	want   []string
}{
	"an owner grants without a second factor": {
		asked(member(policy.Owner), policy.Create, policy.AccessGrant, withoutMFA), "mfa_required",
		[]string{"if the second factor had been used"},
	},
	"a viewer changes a contact": {
		asked(member(policy.Viewer), policy.Update, policy.Contact), "role_lacks_right",
		[]string{"if the role in " + inSunrise + " were staff (it is viewer)"},
	},
	"staff delete a contact": {
		asked(member(policy.Staff), policy.Delete, policy.Contact), "role_lacks_right",
		[]string{"if the role in " + inSunrise + " were admin (it is staff)"},
	},
	"a viewer hears a recording": {
		asked(member(policy.Viewer), policy.Read, policy.Recording), "viewers_see_no_recordings",
		[]string{"if the role in " + inSunrise + " were staff (it is viewer)", "if " + inSunrise + " showed its transcripts to viewers"},
	},
	"staff hand out access without a second factor": {
		asked(member(policy.Staff), policy.Create, policy.AccessGrant, withoutMFA), "role_lacks_right",
		[]string{"if the second factor had been used and the role in " + inSunrise + " were owner (it is staff)"},
	},
	"a member of a suspended clinic": {
		asked(member(policy.Staff), policy.Read, policy.Call, func(q *policy.Request) { q.Subject.Memberships[0].Status = policy.OrgSuspended }), "org_inactive",
		[]string{"if " + inSunrise + " were active (it is suspended)"},
	},
	"a member of another clinic": {
		asked(member(policy.Staff), policy.Read, policy.Call, at(harbor)), "not_a_member",
		[]string{"if the subject were viewer of " + inHarbor},
	},
	"a member with a key without scopes": {
		asked(member(policy.Staff), policy.Read, policy.Call, noScopes, func(q *policy.Request) { q.Subject.Credential.Type = policy.Key }), "scope_lacks_right",
		[]string{"if the key had the scope call:read"},
	},
	"a member with a token that was narrowed": {
		asked(member(policy.Staff), policy.Read, policy.Call, func(q *policy.Request) { q.Subject.Credential.Scopes = []string{"contact:read"} }), "scope_lacks_right",
		[]string{"if the token had the scope call:read"},
	},
	"nobody may delete a call": {
		asked(member(policy.Owner), policy.Delete, policy.Call), "role_lacks_right", nil,
	},
	"a grant that expired": {
		asked(partner(func(g *policy.Grant) { g.Expires = noon.AddDate(0, 0, -2) }), policy.Read, policy.Call), "grant_inactive",
		[]string{"if " + theGrant + " were not expired (since 2 days)"},
	},
	"a grant that ends this second": {
		asked(partner(func(g *policy.Grant) { g.Expires = noon }), policy.Read, policy.Call), "grant_inactive",
		[]string{"if " + theGrant + " were not expired (since 0 seconds)"},
	},
	"a grant that has not begun": {
		asked(partner(func(g *policy.Grant) { g.Starts = noon.Add(3 * time.Hour) }), policy.Read, policy.Call), "grant_inactive",
		[]string{"if " + theGrant + " had begun (it begins in 3 hours)"},
	},
	"a grant that was revoked": {
		asked(partner(func(g *policy.Grant) { g.Revoked = true }), policy.Read, policy.Call), "grant_inactive",
		[]string{"if " + theGrant + " were not revoked"},
	},
	"a grant of a suspended clinic": {
		asked(partner(func(g *policy.Grant) { g.Status = policy.OrgSuspended }), policy.Read, policy.Call), "grant_inactive",
		[]string{"if " + theGrant + " were of an organization that is active (it is suspended)"},
	},
	"a grant that was revoked and has expired": {
		asked(partner(func(g *policy.Grant) { g.Revoked, g.Expires = true, noon.Add(-90*time.Minute) }), policy.Read, policy.Call), "grant_inactive",
		// A new grant is one change; to mend this one takes two.
		[]string{"if " + inSunrise + " granted it to the partner"},
	},
	"a grant of another action": {
		asked(partner(func(g *policy.Grant) { g.Actions = []policy.Action{policy.Create} }), policy.Read, policy.Call), "grant_lacks_right",
		[]string{"if " + theGrant + " listed read (it lists create)"},
	},
	"a grant of another row type": {
		asked(partner(func(g *policy.Grant) { g.Resources = []policy.Resource{policy.Contact, policy.Agent} }), policy.Read, policy.Call), "grant_lacks_right",
		[]string{"if " + theGrant + " listed calls (it lists contacts and agents)"},
	},
	"no grant": {
		asked(partner(nil), policy.Read, policy.Call), "grant_missing",
		[]string{"if " + inSunrise + " granted it to the partner"},
	},
	"a key without scopes": {
		asked(partner(func(*policy.Grant) {}), policy.Read, policy.Call, noScopes), "scope_lacks_right",
		[]string{"if the key had the scope call:read"},
	},
	"no grant, and a key without scopes": {
		asked(partner(nil), policy.Read, policy.Call, noScopes), "scope_lacks_right",
		[]string{"if " + inSunrise + " granted it to the partner and the key had the scope call:read"},
	},
	"a suspended partner": {
		asked(partner(func(*policy.Grant) {}), policy.Read, policy.Call, suspended), "org_inactive",
		[]string{"if " + ownSuspends},
	},
	"a partner deletes its own contact": {
		asked(partner(nil), policy.Delete, policy.Contact, at(bridge)), "scope_lacks_right", nil,
	},
	"support without a session": {
		asked(support(true, nil), policy.Read, policy.Call), "break_glass_missing",
		[]string{"if a break-glass session in " + inSunrise + " were open"},
	},
	"support without a session and a second factor": {
		asked(support(false, nil), policy.Read, policy.Call), "break_glass_missing",
		[]string{"if a break-glass session in " + inSunrise + " were open and the second factor had been used"},
	},
	"support without a second factor": {
		asked(support(false, func(*policy.BreakGlass) {}), policy.Read, policy.Call), "mfa_required",
		[]string{"if the second factor had been used"},
	},
	"a session that nobody approved": {
		asked(support(true, func(b *policy.BreakGlass) { b.Approved = false }), policy.Read, policy.Call), "break_glass_not_open",
		[]string{"if " + theSession + " were approved by somebody else"},
	},
	"a session that waits for approval": {
		asked(support(true, func(b *policy.BreakGlass) {
			b.Approved, b.ApproverID, b.Starts, b.Expires = false, uuid.Nil, time.Time{}, time.Time{}
		}), policy.Read, policy.Call), "break_glass_not_open",
		[]string{"if " + theSession + " were approved by somebody else"},
	},
	"a session approved by oneself": {
		asked(support(true, func(b *policy.BreakGlass) { b.ApproverID = person }), policy.Read, policy.Call), "break_glass_not_open",
		[]string{"if " + theSession + " were approved by somebody else"},
	},
	"a session that was ended": {
		asked(support(true, func(b *policy.BreakGlass) { b.Ended = true }), policy.Read, policy.Call), "break_glass_not_open",
		[]string{"if " + theSession + " had not been ended"},
	},
	"a session that is over": {
		asked(support(true, func(b *policy.BreakGlass) {
			b.Starts, b.Expires = noon.Add(-3*time.Hour), noon.Add(-150*time.Minute)
		}), policy.Read, policy.Call), "break_glass_not_open",
		[]string{"if " + theSession + " were not over (since 2 hours)"},
	},
	"a session of two hours": {
		asked(support(true, func(b *policy.BreakGlass) { b.Expires = b.Starts.Add(2 * time.Hour) }), policy.Read, policy.Call), "break_glass_not_open",
		[]string{"if " + theSession + " were no longer than an hour (it is 2 hours)"},
	},
	"support changes a call": {
		asked(support(true, func(*policy.BreakGlass) {}), policy.Update, policy.Call), "break_glass_reads_only", nil,
	},
	"an auditor without a second factor": {
		asked(platform(policy.Auditor, false), policy.Read, policy.AuditDecision), "mfa_required",
		[]string{"if the second factor had been used"},
	},
	"security reads a call": {
		asked(platform(policy.Security, true), policy.Read, policy.Call), "platform_lacks_right", nil,
	},
	"a webhook with another task": {
		asked(policy.Subject{
			Kind: policy.System, OrgID: sunrise, OrgStatus: policy.OrgActive,
			Credential: policy.Credential{Type: policy.Webhook, Scopes: []string{"contact:ingest"}},
		}, policy.Ingest, policy.Call), "system_lacks_right",
		[]string{"if the task had the scope call:ingest"},
	},
	"a webhook of a suspended clinic": {
		asked(policy.Subject{
			Kind: policy.System, OrgID: sunrise, OrgStatus: policy.OrgSuspended,
			Credential: policy.Credential{Type: policy.Webhook, Scopes: []string{"call:ingest"}},
		}, policy.Ingest, policy.Call), "system_lacks_right",
		[]string{"if " + ownSuspends},
	},
}

// Each denial is explained as people would, and each change that is suggested
// does allow when it is made.
func TestDenials(t *testing.T) {
	t.Parallel()
	g := compile(t, rego.Files)
	for name, c := range denials {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x, err := explain.Explain(t.Context(), g, c.q, explain.Options{For: explain.Security()})
			if err != nil {
				t.Fatal(err)
			}
			if x.Allowed || x.Reason != c.reason {
				t.Errorf("allowed %v, reason %s, want %s", x.Allowed, x.Reason, c.reason)
			}
			var got []string
			for _, s := range x.Changes {
				got = append(got, s.Says)
				if d := g.Decide(t.Context(), s.Request); !d.Allowed() {
					t.Errorf("%s: denied all the same, %s", s.Says, d.Reason())
				}
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("would be allowed\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(c.want, "\n"))
			}
		})
	}
}
