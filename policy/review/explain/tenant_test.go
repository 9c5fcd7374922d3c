package explain_test

import (
	"encoding/json"
	"errors"
	"io/fs"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/policy"
	"github.com/voxanne/cascade/policy/rego"
	"github.com/voxanne/cascade/policy/review/explain"
	"github.com/voxanne/cascade/policy/review/lattice"
)

// canary is an id that only another organization may know.
func canary(n byte) uuid.UUID {
	id := uuid.MustParse("ca4a0000-0000-7000-8000-000000000000")
	id[15] = n
	return id
}

// planted gives the subject, and the question, facts of other organizations that
// would each be worth telling.
func planted(q policy.Request) policy.Request {
	q.Orgs = append([]uuid.UUID{canary(1)}, q.Orgs...)
	q.Operation = "canary-operation"
	s := &q.Subject
	s.Credential.ID = "canary-key"
	s.Memberships = append(s.Memberships, policy.Membership{OrgID: canary(1), Slug: "canary-clinic", Role: policy.Viewer, Status: policy.OrgActive})
	g := policy.Grant{
		ID: canary(2), OrgID: canary(1), Slug: "canary-clinic", PartnerID: s.OrgID, Status: policy.OrgActive,
		Actions: []policy.Action{q.Action}, Resources: []policy.Resource{q.Resource}, Starts: q.Now.Add(-time.Hour), Expires: q.Now.Add(-time.Minute),
	}
	s.Grants = append(s.Grants, g)
	for i := range s.Grants {
		s.Grants[i].Slug = "canary-clinic"
	}
	s.BreakGlass = append(s.BreakGlass, policy.BreakGlass{
		ID: canary(3), OrgID: canary(1), Slug: "canary-clinic", Ticket: "canary-ticket", Status: policy.OrgActive, ApproverID: canary(4),
	})
	return q
}

// stranger makes the subject and its own organization ones that Sunrise has never
// heard of.
func stranger(q policy.Request) policy.Request {
	was := q.Subject.OrgID
	q.Subject.ID = canary(5)
	if was != uuid.Nil && was != sunrise {
		q.Subject.OrgID, q.Subject.OrgSlug = canary(6), "canary-partner"
		for i := range q.Subject.Grants {
			if q.Subject.Grants[i].PartnerID == was {
				q.Subject.Grants[i].PartnerID = canary(6)
			}
		}
	}
	for i, b := range q.Subject.BreakGlass {
		switch b.ApproverID {
		case person:
			q.Subject.BreakGlass[i].ApproverID = canary(5)
		case second:
			q.Subject.BreakGlass[i].ApproverID = canary(4)
		}
	}
	return q
}

var canaries = regexp.MustCompile(`ca4a|canary`)

// Whatever was asked and whoever asked it, what Sunrise hears holds no fact of
// another organization. The policy itself names one, in a rule, a title and a
// reason, as a pilot would.
func TestATenantHearsItsOwnFactsAlone(t *testing.T) {
	t.Parallel()
	g := compile(t, loudPolicies(t))
	heard := 0
	questions := lattice.StandIns()
	for _, c := range denials {
		questions = append(questions, c.q)
	}
	for i, q := range questions {
		if i%20 != 0 && i < len(questions)-len(denials) {
			continue
		}
		q = stranger(planted(q))
		for _, org := range q.Orgs {
			if org == canary(1) {
				continue
			}
			x, err := explain.Explain(t.Context(), g, q, explain.Options{For: explain.Tenant(org), MaxTries: 150})
			if err != nil {
				t.Fatalf("%+v: %v", q, err)
			}
			text, err := json.Marshal(x)
			if err != nil {
				t.Fatal(err)
			}
			all := string(text) + strings.Join(x.Lines(), "\n")
			if said := canaries.FindString(all); said != "" {
				t.Fatalf("%s in %s", said, all)
			}
			if len(x.Rules) > 0 {
				t.Fatalf("it hears the text of the policy: %v", x.Rules)
			}
			heard += len(x.Changes) + len(x.Given)
		}
	}
	if heard < 50 {
		t.Errorf("only %d sentences were heard; silence proves nothing", heard)
	}
}

// loudPolicies are the shipped ones with another clinic's name wherever a policy
// may have one.
func loudPolicies(t *testing.T) fs.FS {
	t.Helper()
	files := fstest.MapFS{}
	for _, name := range []string{"access", "member", "partner", "platform", "roles", "support", "system"} {
		file := "cascade/" + name + ".rego"
		text, err := fs.ReadFile(rego.Files, file)
		if err != nil {
			t.Fatal(err)
		}
		loud := string(text)
		loud = strings.ReplaceAll(loud, "# title: Active", "# title: Active, but for canary-clinic")
		loud = strings.ReplaceAll(loud, `"grant_missing" if`, `"grant_missing_but_canary-clinic" if`)
		loud = strings.ReplaceAll(loud, `"role_lacks_right"`, `"role_lacks_right_at_canary-clinic"`)
		loud = strings.ReplaceAll(loud, "\tgrant.revoked == false", "\tgrant.id != \"canary-grant\"\n\tgrant.revoked == false")
		files[file] = &fstest.MapFile{Data: []byte(loud)}
	}
	text, err := fs.ReadFile(rego.Files, "schema/input.json")
	if err != nil {
		t.Fatal(err)
	}
	files["schema/input.json"] = &fstest.MapFile{Data: text}
	return files
}

// What stood in the way of a partner's attempt is the partner's own affair where
// it is not the clinic's, and the clinic's where it is.
func TestTheSameDenialAsEachHearsIt(t *testing.T) {
	t.Parallel()
	g := compile(t, rego.Files)
	expired := asked(partner(func(g *policy.Grant) { g.Expires = noon.AddDate(0, 0, -2) }), policy.Read, policy.Call)
	noScope := asked(partner(func(*policy.Grant) {}), policy.Read, policy.Call, noScopes)
	tests := map[string]struct {
		q    policy.Request
		to   explain.Audience
		want []string
	}{
		"the clinic, of its own grant": {expired, explain.Tenant(sunrise), []string{
			"denied (grant_inactive): The grant that lists it is not in force.",
			"it would be allowed", "  if " + theGrant + " were not expired (since 2 days)",
		}},
		"the clinic, of the partner's key": {noScope, explain.Tenant(sunrise), []string{
			"denied: What it hung on is not a fact of this organization.",
		}},
		"the partner, of another's grant": {expired, explain.Tenant(bridge), []string{
			"denied: It was about another organization.",
		}},
		"the clinic, of what it let in": {asked(partner(func(*policy.Grant) {}), policy.Read, policy.Call), explain.Tenant(sunrise), []string{
			"allowed (grant): The partner's own organization, or a grant in force, includes it.",
			"  by " + theGrant + " of " + inSunrise + ", which ends 2026-11-30T12:00:00Z (in 7 days) and hides transcript",
		}},
		"the clinic, of support": {asked(support(true, func(*policy.BreakGlass) {}), policy.Read, policy.Call), explain.Tenant(sunrise), []string{
			"allowed (break_glass): A break-glass session is open.",
			"  by " + theSession + " in " + inSunrise + ", which ends 2026-11-23T12:20:00Z (in 20 minutes)",
		}},
	}
	for name, tt := range tests {
		x, err := explain.Explain(t.Context(), g, tt.q, explain.Options{For: tt.to})
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(x.Lines(), "\n"); got != strings.Join(tt.want, "\n") {
			t.Errorf("%s hears\n%s\nwant\n%s", name, got, strings.Join(tt.want, "\n"))
		}
	}
}

func TestWhoHearsNothing(t *testing.T) {
	t.Parallel()
	g := compile(t, rego.Files)
	q := asked(partner(func(*policy.Grant) {}), policy.Read, policy.Call)
	for name, tt := range map[string]struct {
		q    policy.Request
		to   explain.Audience
		want error
	}{
		"nobody":                      {q, explain.Audience{}, explain.ErrNoAudience},
		"no organization":             {q, explain.Tenant(uuid.Nil), explain.ErrNoAudience},
		"one that is not asked":       {q, explain.Tenant(harbor), explain.ErrNotConcerned},
		"the clinic of a moonlighter": {asked(member(policy.Staff), policy.Read, policy.Call, at(harbor)), explain.Tenant(sunrise), explain.ErrNotConcerned},
	} {
		if x, err := explain.Explain(t.Context(), g, tt.q, explain.Options{For: tt.to}); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, %v", name, x, err)
		}
	}
}
