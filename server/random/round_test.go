package random_test

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/voxanne/cascade/policy"
	"github.com/voxanne/cascade/server/random"
	"github.com/voxanne/cascade/server/stage"
)

// asker is a subject with what they may see and how often they ask.
type asker struct {
	*stage.Subject
	rights rights
	draw   *random.Generator
	// steady: nobody changes what they may see while the round lasts, so that a
	// question has one answer.
	steady bool
	// writer: some of their changes are permitted, in the clinic of the writers.
	writer bool
	orgs   []string // names for X-Cascade-Org, proven and not
}

// round is one server with a world of its own, and the questions it is asked.
type round struct {
	*stage.Stage
	world   *stage.World
	schema  *ast.Schema
	askers  []*asker // each as often as they are to ask
	seed    uint64
	client  *http.Client
	covered *coverage
	totals  *totals
	unknown sync.Map // uuid.UUID of a row made meanwhile -> *asker who saw it
}

// totals are what all rounds came to.
type totals struct {
	documents, queries, clean, withData, changes, changed, repeated, hidden atomic.Int64
}

// newRound makes a world in which only the second clinic is written to: the
// first is read alone, and the third is nobody's who asks.
func newRound(t testing.TB, seed uint64, covered *coverage, sums *totals) *round {
	t.Helper()
	r := &round{Stage: stage.Prepare(t), schema: schema(), seed: seed, covered: covered, totals: sums}
	r.world = stage.Populate(t, r.Stage)
	owners := r.populate(t)
	r.Start(t)
	r.client = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: workers}}
	t.Cleanup(r.client.CloseIdleConnections)

	values := map[*stage.Clinic]random.Values{}
	for _, clinic := range r.world.Clinics() {
		values[clinic] = harvest(t, r.Stage, r.schema, clinic, owners[clinic])
	}
	for _, s := range r.world.Subjects {
		r.add(t, s, values)
	}
	return r
}

// populate adds to the stage's world what this test needs, and returns an
// owner's credential for each clinic.
func (r *round) populate(t testing.TB) map[*stage.Clinic]string {
	t.Helper()
	a, b, c := r.world.A, r.world.B, r.world.C
	for _, role := range []policy.Role{policy.Admin, policy.Staff} {
		name := string(role) + " B"
		r.world.Subjects = append(r.world.Subjects, &stage.Subject{
			Name: name, Kind: policy.Member, MFA: true, Roles: map[*stage.Clinic]policy.Role{b: role},
			Credential: r.Member(t, strings.ReplaceAll(name, " ", "-"), string(role), b.ID),
		})
	}
	// So many colleagues that those who write here are seldom the ones sent away.
	r.Exec(t, `with made as (insert into users (id, issuer, subject, email) select gen_random_uuid(), 'https://id.example', 'colleague ' || n, 'x@example.com'
			from generate_series(1, 80) n returning id)
		insert into memberships (org_id, id, user_id, role, email) select $1, gen_random_uuid(), id, 'staff', 'x@example.com' from made`, b.ID)
	// What the stage leaves empty because it may be, so that every field can be shown.
	for _, statement := range []string{
		`update api_keys set expires_at = now() + interval '1 day' where org_id = $1`,
		`update escalations set resolved_at = now() where org_id = $1`,
		`update invitations set accepted_at = now() where org_id = $1 and id = (select id from invitations where org_id = $1 order by id limit 1)`,
		`update orphaned_recordings set confirmed_at = now(), delete_after = now() + interval '1 day', deleted_at = now() where org_id = $1`,
		`update failed_recording_uploads set resolved_at = now(), next_retry_at = now() + interval '1 day' where org_id = $1`,
		`update recordings set deleted_at = now() where org_id = $1 and id = (select id from recordings where org_id = $1 order by id limit 1)`,
	} {
		r.Exec(t, statement, a.ID)
	}
	return map[*stage.Clinic]string{
		a: r.world.Subject("owner A").Credential, b: r.world.Subject("owner B").Credential, c: r.Member(t, "owner-c", "owner", c.ID),
	}
}

// often is how many lots each subject has in the draw; who is not named has one.
var often = map[string]int{ //nolint:gochecknoglobals // immutable table
	"owner A": 30, "admin A": 18, "staff A": 8, "viewer A": 8, "staff A and B": 5, "key of A": 4, "key of A, for calls alone": 2,
	"owner B": 24, "admin B": 8, "staff B": 4, "partner of B": 12, "support in B": 5, "security": 3, "auditor": 3, "operator": 2,
}

func (r *round) add(t testing.TB, s *stage.Subject, values map[*stage.Clinic]random.Values) {
	t.Helper()
	who := &asker{Subject: s, rights: rightsOf(s, r.world.B)}
	switch {
	case s.OrgID == r.world.A.ID && !s.Gone:
		who.rights = who.rights.inClinic(r.world.A)
	case s.Kind == policy.Partner:
		who.rights.own, who.rights.empty = words("Organization CallStats RecordingMetrics"), true
	}
	sees := func(c *stage.Clinic) bool { return len(who.rights.types[c]) > 0 }
	who.steady = sees(r.world.A) && !sees(r.world.B)
	who.writer = sees(r.world.B) && s.Kind != policy.Support && s.Name != "staff A and B"
	var own, foreign []random.Values
	for _, c := range r.world.Clinics() {
		v := values[c]
		who.orgs = append(who.orgs, c.Slug)
		if sees(c) {
			own = append(own, v)
			who.orgs = append(who.orgs, slices.Repeat([]string{c.Slug, c.ID.String()}, 8)...)
			continue
		}
		// What a writer of B writes down must not look like a leak of A to B's readers.
		if who.writer {
			v.Words = []string{strings.ToUpper(c.Canary), c.Slug}
		}
		foreign = append(foreign, v)
	}
	if len(own) == 0 {
		own = foreign
	}
	config := random.Config{Schema: r.schema, Own: together(own...), Foreign: together(foreign...), Now: time.Now()}
	config.Own.Named = map[string][]string{
		"partnerSlug": {"distant-" + r.world.B.Slug}, "email": {"ann@example.com", "bo@example.com"}, "language": {"en", "de-CH"}, "locale": {"en-GB"},
		"phone": {"+12025550143", "+12025550144"}, "e164": {"+12025550145", "+12025550146"}, "transferNumber": {"+12025550147"},
		"scopes": {"call:read", "contact:read"}, "country": {"GB"},
	}
	var err error
	if who.draw, err = random.New(config); err != nil {
		t.Fatal(err)
	}
	for range max(1, often[s.Name]) {
		r.askers = append(r.askers, who)
	}
}
