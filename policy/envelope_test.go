package policy_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/voxanne/cascade/policy"
)

var (
	noon    = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	person  = uuid.MustParse("018f0000-0000-7000-8000-000000000001")
	second  = uuid.MustParse("018f0000-0000-7000-8000-000000000002")
	sunrise = uuid.MustParse("018f0000-0000-7000-8000-00000000000a")
	harbor  = uuid.MustParse("018f0000-0000-7000-8000-00000000000b")
	bridge  = uuid.MustParse("018f0000-0000-7000-8000-0000000000ff")
)

// member is of one clinic, Sunrise, unless changed.
func member(changes ...func(*policy.Membership)) policy.Subject {
	m := policy.Membership{OrgID: sunrise, Slug: "sunrise-dental", Role: policy.Staff, Status: policy.OrgActive}
	for _, change := range changes {
		change(&m)
	}
	return policy.Subject{ID: person, Kind: policy.Member, Memberships: []policy.Membership{m}}
}

func role(r policy.Role) func(*policy.Membership) {
	return func(m *policy.Membership) { m.Role = r }
}

func shown(m *policy.Membership) { m.ViewersSeeTranscripts = true }

// partner is Bridge, to which Sunrise granted reading its calls.
func partner(changes ...func(*policy.Grant)) policy.Subject {
	g := policy.Grant{
		OrgID: sunrise, Slug: "sunrise-dental", PartnerID: bridge, Status: policy.OrgActive,
		Actions: []policy.Action{policy.Read}, Resources: []policy.Resource{policy.Call},
		Starts: noon.Add(-time.Hour), Expires: noon.Add(time.Hour),
	}
	for _, change := range changes {
		change(&g)
	}
	return policy.Subject{
		ID: person, Kind: policy.Partner, OrgID: bridge, OrgSlug: "bridge-ehr", OrgStatus: policy.OrgActive,
		Grants: []policy.Grant{g},
	}
}

// support has an open session with Sunrise.
func support(changes ...func(*policy.BreakGlass)) policy.Subject {
	b := policy.BreakGlass{
		OrgID: sunrise, Slug: "sunrise-dental", Approved: true, ApproverID: second, Status: policy.OrgActive,
		Starts: noon.Add(-30 * time.Minute), Expires: noon.Add(30 * time.Minute),
	}
	for _, change := range changes {
		change(&b)
	}
	return policy.Subject{ID: person, Kind: policy.Support, BreakGlass: []policy.BreakGlass{b}}
}

// system may read Sunrise's calls.
func system() policy.Subject {
	return policy.Subject{
		ID: person, Kind: policy.System, OrgID: sunrise, OrgStatus: policy.OrgActive,
		Credential: policy.Credential{Type: policy.Job, Scopes: []string{"call:read"}},
	}
}

func with(s policy.Subject, change func(*policy.Subject)) policy.Subject {
	change(&s)
	return s
}

// Whatever the policy says, these facts reach Sunrise's calls, and those do not.
func TestFactsProveAnOrg(t *testing.T) {
	t.Parallel()
	read := policy.Request{Action: policy.Read, Resource: policy.Call}
	update := policy.Request{Action: policy.Update, Resource: policy.Call}
	recording := policy.Request{Action: policy.Read, Resource: policy.Recording}
	for name, test := range map[string]struct {
		subject policy.Subject
		ask     policy.Request
		proved  bool
	}{
		"staff":                           {member(), read, true},
		"staff, to change":                {member(), update, true},
		"admin":                           {member(role(policy.Admin)), update, true},
		"owner":                           {member(role(policy.Owner)), update, true},
		"viewer":                          {member(role(policy.Viewer)), read, true},
		"viewer, to change":               {member(role(policy.Viewer)), update, false},
		"viewer, recordings":              {member(role(policy.Viewer)), recording, false},
		"viewer, recordings shown":        {member(role(policy.Viewer), shown), recording, true},
		"viewer, to change what is shown": {member(role(policy.Viewer), shown), update, false},
		"no role":                         {member(role("")), read, false},
		"unheard-of role":                 {member(role("root")), read, false},
		"of another clinic":               {member(func(m *policy.Membership) { m.OrgID = harbor }), read, false},
		"of a suspended clinic":           {member(func(m *policy.Membership) { m.Status = policy.OrgSuspended }), read, false},
		"of a closed clinic":              {member(func(m *policy.Membership) { m.Status = policy.OrgClosed }), read, false},
		"of a clinic without status":      {member(func(m *policy.Membership) { m.Status = "" }), read, false},
		"of nothing":                      {policy.Subject{ID: person, Kind: policy.Member}, read, false},
		"member with a partner's grant": {
			with(partner(), func(s *policy.Subject) { s.Kind = policy.Member }), read, false,
		},

		"partner":                        {partner(), read, true},
		"partner, to change":             {partner(), update, false},
		"partner, another row type":      {partner(), recording, false},
		"suspended partner":              {with(partner(), func(s *policy.Subject) { s.OrgStatus = policy.OrgSuspended }), read, false},
		"another partner's grant":        {partner(func(g *policy.Grant) { g.PartnerID = harbor }), read, false},
		"grant of another clinic":        {partner(func(g *policy.Grant) { g.OrgID = harbor }), read, false},
		"grant of a suspended clinic":    {partner(func(g *policy.Grant) { g.Status = policy.OrgSuspended }), read, false},
		"revoked grant":                  {partner(func(g *policy.Grant) { g.Revoked = true }), read, false},
		"grant that ends now":            {partner(func(g *policy.Grant) { g.Expires = noon }), read, false},
		"grant that begins now":          {partner(func(g *policy.Grant) { g.Starts = noon }), read, true},
		"grant that begins in a moment":  {partner(func(g *policy.Grant) { g.Starts = noon.Add(1) }), read, true},
		"grant that begins in a second":  {partner(func(g *policy.Grant) { g.Starts = noon.Add(time.Second) }), read, false},
		"grant that ends in a moment":    {partner(func(g *policy.Grant) { g.Expires = noon.Add(time.Second - 1) }), read, false},
		"grant without end":              {partner(func(g *policy.Grant) { g.Expires = time.Time{} }), read, false},
		"partner in its own org":         {with(partner(), func(s *policy.Subject) { s.OrgID = sunrise; s.Grants = nil }), read, true},
		"partner with a member's rights": {with(member(), func(s *policy.Subject) { s.Kind, s.OrgStatus = policy.Partner, policy.OrgActive }), read, false},

		"support":                        {support(), read, true},
		"support, to change":             {support(), update, false},
		"support, without session":       {policy.Subject{ID: person, Kind: policy.Support}, read, false},
		"session elsewhere":              {support(func(b *policy.BreakGlass) { b.OrgID = harbor }), read, false},
		"session not approved":           {support(func(b *policy.BreakGlass) { b.Approved = false }), read, false},
		"session approved by nobody":     {support(func(b *policy.BreakGlass) { b.ApproverID = uuid.Nil }), read, false},
		"session approved by oneself":    {support(func(b *policy.BreakGlass) { b.ApproverID = person }), read, false},
		"session ended":                  {support(func(b *policy.BreakGlass) { b.Ended = true }), read, false},
		"session over":                   {support(func(b *policy.BreakGlass) { b.Expires = noon }), read, false},
		"session not begun":              {support(func(b *policy.BreakGlass) { b.Starts = noon.Add(time.Second) }), read, false},
		"session of more than an hour":   {support(func(b *policy.BreakGlass) { b.Expires = b.Starts.Add(time.Hour + time.Second) }), read, false},
		"session with a suspended org":   {support(func(b *policy.BreakGlass) { b.Status = policy.OrgSuspended }), read, false},
		"support with a member's rights": {with(member(), func(s *policy.Subject) { s.Kind = policy.Support }), read, false},

		"system":                       {system(), read, true},
		"system, beside its task":      {system(), update, false},
		"system, another row type":     {system(), recording, false},
		"system of another clinic":     {with(system(), func(s *policy.Subject) { s.OrgID = harbor }), read, false},
		"system of a closed clinic":    {with(system(), func(s *policy.Subject) { s.OrgStatus = policy.OrgClosed }), read, false},
		"system without task":          {with(system(), func(s *policy.Subject) { s.Credential.Scopes = nil }), read, false},
		"security":                     {policy.Subject{ID: person, Kind: policy.Security}, read, false},
		"auditor":                      {policy.Subject{ID: person, Kind: policy.Auditor}, read, false},
		"operator":                     {policy.Subject{ID: person, Kind: policy.Operator}, read, false},
		"a kind nobody knows":          {with(member(), func(s *policy.Subject) { s.Kind = "root" }), read, false},
		"a kind left out":              {with(member(), func(s *policy.Subject) { s.Kind = "" }), read, false},
		"nobody in particular":         {with(member(), func(s *policy.Subject) { s.ID = uuid.Nil }), read, false},
		"nobody":                       {policy.Subject{}, read, false},
		"a row type that nobody knows": {member(), policy.Request{Action: policy.Read, Resource: "users"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			q := test.ask
			q.Subject, q.Orgs, q.Now = test.subject, []uuid.UUID{sunrise}, noon
			d := policy.Judge(q, policy.Verdict{Allow: true, Reason: "yes", OrgIDs: q.Orgs}, policy.Evidence{})
			if d.Allowed() != test.proved {
				t.Errorf("allowed %v: %s", d.Allowed(), d.Reason())
			}
			if !test.proved && (d.Reason() != policy.ReasonEnvelope || len(d.Orgs()) > 0 || d.Err() == nil) {
				t.Errorf("refused with %q, orgs %v, error %v", d.Reason(), d.Orgs(), d.Err())
			}
		})
	}
}

// A verdict that oversteps anywhere is refused whole.
func TestVerdictsThatOverstep(t *testing.T) {
	t.Parallel()
	two := member()
	two.Memberships = append(two.Memberships, policy.Membership{OrgID: harbor, Role: policy.Staff, Status: policy.OrgActive})
	both := []uuid.UUID{sunrise, harbor}
	auditor := policy.Subject{ID: person, Kind: policy.Auditor}
	security := policy.Subject{ID: person, Kind: policy.Security}
	wide := policy.Verdict{Allow: true, Wide: true}
	for name, test := range map[string]struct {
		ask     policy.Request
		verdict policy.Verdict
		allowed bool
	}{
		"both of its clinics": {policy.Request{Subject: two, Orgs: both}, policy.Verdict{Allow: true, OrgIDs: both}, true},
		"a clinic not asked for": {
			policy.Request{Subject: two, Orgs: both[:1]}, policy.Verdict{Allow: true, OrgIDs: both}, false,
		},
		"one proved, one not": {policy.Request{Subject: member(), Orgs: both}, policy.Verdict{Allow: true, OrgIDs: both}, false},
		"no clinic":           {policy.Request{Subject: two, Orgs: both}, policy.Verdict{Allow: true}, false},
		"the clinic of nobody": {
			policy.Request{
				Subject: policy.Subject{ID: person, Kind: policy.Partner, OrgStatus: policy.OrgActive},
				Orgs:    []uuid.UUID{uuid.Nil},
			},
			policy.Verdict{Allow: true, OrgIDs: []uuid.UUID{uuid.Nil}},
			false,
		},
		"a mask nobody knows": {
			policy.Request{Subject: two, Orgs: both},
			policy.Verdict{Allow: true, OrgIDs: both, Masks: map[policy.Resource][]string{policy.Call: {"transcripts"}}},
			false,
		},
		"a mask on a row type nobody knows": {
			policy.Request{Subject: two, Orgs: both},
			policy.Verdict{Allow: true, OrgIDs: both, Masks: map[policy.Resource][]string{"users": {"email"}}},
			false,
		},
		"a grant with a mask nobody knows": {
			policy.Request{Orgs: both[:1], Subject: partner(func(g *policy.Grant) {
				g.Masks = map[policy.Resource][]string{policy.Call: {"transcripts"}}
			})},
			policy.Verdict{Allow: true, OrgIDs: both[:1]},
			false,
		},
		"wide for an auditor":         {policy.Request{Subject: auditor, Resource: policy.AuditDecision}, wide, true},
		"wide over health data":       {policy.Request{Subject: auditor, Resource: policy.Call}, wide, false},
		"wide to change":              {policy.Request{Subject: auditor, Resource: policy.AuditDecision, Action: policy.Update}, wide, false},
		"wide to ship a policy":       {policy.Request{Subject: security, Resource: policy.PolicyRevision, Action: policy.Update}, wide, true},
		"wide to ship, for others":    {policy.Request{Subject: auditor, Resource: policy.PolicyRevision, Action: policy.Update}, wide, false},
		"wide to delete a policy":     {policy.Request{Subject: security, Resource: policy.PolicyRevision, Action: policy.Delete}, wide, false},
		"wide to ask for a session":   {policy.Request{Subject: support(), Resource: policy.BreakGlassSession, Action: policy.Create}, wide, true},
		"wide to list sessions":       {policy.Request{Subject: support(), Resource: policy.BreakGlassSession}, wide, false},
		"wide to approve for oneself": {policy.Request{Subject: security, Resource: policy.BreakGlassSession, Action: policy.Create}, wide, false},
		"wide for a member":           {policy.Request{Subject: two, Resource: policy.AuditDecision}, wide, false},
		"wide for support":            {policy.Request{Subject: support(), Resource: policy.Organization}, wide, false},
		"wide for another's row type": {policy.Request{Subject: policy.Subject{ID: person, Kind: policy.Operator}, Resource: policy.AuditDecision}, wide, false},
		"wide and named": {
			policy.Request{Subject: auditor, Resource: policy.AuditDecision, Orgs: both},
			policy.Verdict{Allow: true, Wide: true, OrgIDs: both},
			false,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			q := test.ask
			if q.Resource == "" {
				q.Resource = policy.Call
			}
			if q.Action == "" {
				q.Action = policy.Read
			}
			q.Now = noon
			d := policy.Judge(q, test.verdict, policy.Evidence{})
			if d.Allowed() != test.allowed || (!test.allowed && (d.Wide() || len(d.Orgs()) > 0 || d.Reason() != policy.ReasonEnvelope)) {
				t.Errorf("allowed %v, wide %v, orgs %v: %s", d.Allowed(), d.Wide(), d.Orgs(), d.Reason())
			}
		})
	}
}

// The policy may add masks. It cannot take away what the facts bring with them.
func TestMasksNeverFewerThanTheFloor(t *testing.T) {
	t.Parallel()
	viewer := member(role(policy.Viewer))
	granted := partner(func(g *policy.Grant) {
		g.Masks = map[policy.Resource][]string{policy.Call: {"transcript", "caller_name"}, policy.Contact: {"phone"}}
	})
	spent := granted
	spent.Grants = append(spent.Grants[:1:1], spent.Grants[0])
	spent.Grants[1].Revoked = true
	spent.Grants[1].Masks = map[policy.Resource][]string{policy.Call: {"summary"}}
	type masks = map[policy.Resource][]string
	for name, test := range map[string]struct {
		subject  policy.Subject
		resource policy.Resource
		said     masks
		want     masks
	}{
		"staff":                          {member(), policy.Call, nil, masks{}},
		"staff, masked by the policy":    {member(), policy.Call, masks{policy.Call: {"summary"}}, masks{policy.Call: {"summary"}}},
		"another row type masked":        {member(), policy.Call, masks{policy.Contact: {"phone"}}, masks{policy.Contact: {"phone"}}},
		"viewer":                         {viewer, policy.Call, nil, masks{policy.Call: {"structured_data", "transcript"}}},
		"viewer, and the policy as well": {viewer, policy.Call, masks{policy.Call: {"transcript", "summary"}}, masks{policy.Call: {"structured_data", "summary", "transcript"}}},
		"viewer of contacts":             {viewer, policy.Contact, nil, masks{}},
		"viewer, shown":                  {member(role(policy.Viewer), shown), policy.Call, nil, masks{}},
		"grant":                          {granted, policy.Call, nil, masks{policy.Call: {"caller_name", "transcript"}}},
		"grant, and the policy as well":  {granted, policy.Call, masks{policy.Call: {"summary"}}, masks{policy.Call: {"caller_name", "summary", "transcript"}}},
		"a grant that no longer counts":  {spent, policy.Call, nil, masks{policy.Call: {"caller_name", "transcript"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			q := policy.Request{Subject: test.subject, Action: policy.Read, Resource: test.resource, Orgs: []uuid.UUID{sunrise}, Now: noon}
			d := policy.Judge(q, policy.Verdict{Allow: true, OrgIDs: q.Orgs, Masks: test.said}, policy.Evidence{})
			if !d.Allowed() {
				t.Fatal(d.Reason())
			}
			if diff := cmp.Diff(test.want, d.Masks()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A decision says what it answers, and how it came to be.
func TestADecisionCarriesItsEvidence(t *testing.T) {
	t.Parallel()
	q := policy.Request{Subject: member(), Action: policy.Read, Resource: policy.Call, Orgs: []uuid.UUID{sunrise}, Now: noon, Operation: "Calls"}
	e := policy.Evidence{ID: second, Revision: "r1", Input: []byte(`{}`)}
	for name, d := range map[string]policy.Decision{
		"allowed":     policy.Judge(q, policy.Verdict{Allow: true, Reason: "why", OrgIDs: q.Orgs, Obligations: []string{"tell"}}, e),
		"denied":      policy.Judge(q, policy.Verdict{Reason: "why", OrgIDs: q.Orgs, Wide: true, Obligations: []string{"tell"}}, e),
		"never asked": policy.Deny(q, "why", e),
	} {
		if d.ID() != e.ID || d.Revision() != e.Revision || string(d.Input()) != string(e.Input) || d.Reason() != "why" || d.Request().Operation != "Calls" {
			t.Errorf("%s: %+v", name, d)
		}
		if name == "allowed" {
			if d.Err() != nil || !cmp.Equal(d.Orgs(), q.Orgs) || !cmp.Equal(d.Obligations(), []string{"tell"}) {
				t.Errorf("%s: %+v", name, d)
			}
			continue
		}
		if d.Allowed() || d.Wide() || len(d.Orgs()) > 0 || d.Err() == nil || d.Err().Error() != "read call denied: why" {
			t.Errorf("%s: %+v, %v", name, d, d.Err())
		}
	}
}

func TestTheZeroDecisionDenies(t *testing.T) {
	t.Parallel()
	var d policy.Decision
	if d.Allowed() || d.Wide() || len(d.Orgs()) > 0 || d.Err() == nil {
		t.Errorf("%+v", d)
	}
}
