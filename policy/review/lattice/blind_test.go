package lattice_test

import (
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/policy"
	"github.com/voxanne/cascade/policy/mutation"
	"github.com/voxanne/cascade/policy/opa"
	"github.com/voxanne/cascade/policy/rego"
	"github.com/voxanne/cascade/policy/review/domain"
	"github.com/voxanne/cascade/policy/review/lattice"
	"github.com/voxanne/cascade/policy/review/mutant"
)

// The lattice is not blind: wherever one of questions drawn at random shows that
// a mutant of the policies gives more than they do, the lattice shows it too,
// among the cells of the same kind, action and row type.
func TestEveryMutantOfThePoliciesThatLoosensIsSeen(t *testing.T) {
	t.Parallel()
	running := compile(t, rego.Files)
	questions := drawn(400)
	before := make([]policy.Verdict, len(questions))
	for i, q := range questions {
		var err error
		if before[i], err = running.Claim(t.Context(), q); err != nil {
			t.Fatal(err)
		}
	}
	type job struct {
		name string
		g    *opa.Generation
	}
	jobs := make(chan job)
	var workers sync.WaitGroup
	var score mutation.Score
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for j := range jobs {
				for i, q := range questions {
					after, err := j.g.Claim(t.Context(), q)
					if err != nil || !more(before[i], after) {
						continue
					}
					score.Add(j.name, seen(t, running, j.g, q))
					break
				}
			}
		})
	}
	for m, g := range mutant.Generations(t.Context(), rego.Files) {
		jobs <- job{m.String(), g}
	}
	close(jobs)
	workers.Wait()
	score.Report(t, "the policies that loosen", 90)
}

// seen reports whether the lattice shows anything wider around q.
func seen(t *testing.T, running, candidate *opa.Generation, q policy.Request) bool {
	l := lattice.Lattice{Kinds: []policy.Kind{q.Subject.Kind}, Actions: []policy.Action{q.Action}, Resources: []policy.Resource{q.Resource}}
	r, err := l.Widen(t.Context(), running, candidate, lattice.Options{Workers: 1})
	if err != nil {
		t.Error(err)
	}
	return len(r.Widened)+len(r.Outside) > 0
}

// more is written apart from what the lattice uses: after gives something that
// before did not.
func more(before, after policy.Verdict) bool {
	switch {
	case !after.Allow:
		return false
	case !before.Allow:
		return true
	case after.Wide != before.Wide:
		return after.Wide
	case len(after.OrgIDs) != len(before.OrgIDs):
		return len(after.OrgIDs) > len(before.OrgIDs)
	}
	hidden := 0
	for r, fields := range before.Masks {
		for _, f := range fields {
			if !slices.Contains(after.Masks[r], f) {
				hidden++
			}
		}
	}
	return hidden > 0 || len(after.Obligations) < len(before.Obligations)
}

// drawn are questions made at random, most of them nearly right, by subjects with
// facts of every kind about two clinics.
func drawn(n int) []policy.Request {
	r := rand.New(rand.NewPCG(7, 7))
	noon := time.Date(2027, 3, 1, 12, 0, 0, 0, time.UTC)
	ids := []uuid.UUID{{15: 1}, {15: 2}, {15: 3}, {15: 4}}
	mostly := func() bool { return r.IntN(8) > 0 }
	status := func() policy.OrgStatus {
		if mostly() {
			return policy.OrgActive
		}
		return policy.OrgSuspended
	}
	around := func(long time.Duration) (time.Time, time.Time) {
		return noon.Add(time.Duration(-r.IntN(2)) * long), noon.Add(time.Duration(r.IntN(5)) * long / 4)
	}
	questions := make([]policy.Request, n)
	for i := range questions {
		q := policy.Request{
			Action: pick(r, domain.Actions()), Resource: pick(r, domain.Resources()), Operation: "Drawn", Now: noon,
			Orgs: ids[:1+r.IntN(2)],
		}
		if mostly() {
			q.Action = pick(r, domain.Actions()[:3])
		}
		if r.IntN(2) == 0 {
			q.Resource = pick(r, []policy.Resource{policy.Call, policy.Recording, policy.AccessGrant, policy.Contact, policy.AuditDecision})
		}
		s := policy.Subject{ID: ids[2], Kind: pick(r, domain.Kinds()), OrgID: pick(r, ids), OrgStatus: status()}
		s.Credential = policy.Credential{Type: pick(r, domain.Credentials()), MFA: mostly()}
		if mostly() {
			s.Credential.Scopes = []string{domain.Scope(q.Action, q.Resource)}
		}
		for _, org := range q.Orgs {
			s.Memberships = append(s.Memberships, policy.Membership{
				OrgID: org, Role: pick(r, domain.Roles()), Status: status(), ViewersSeeTranscripts: r.IntN(2) == 0,
			})
			g := policy.Grant{
				ID: ids[3], OrgID: org, PartnerID: s.OrgID, Status: status(), Revoked: !mostly(),
				Actions: domain.Actions()[:1+r.IntN(4)], Resources: []policy.Resource{q.Resource},
				Masks: map[policy.Resource][]string{q.Resource: q.Resource.Maskable()},
			}
			if !mostly() {
				g.Resources = []policy.Resource{policy.Agent}
			}
			g.Starts, g.Expires = around(time.Hour)
			b := policy.BreakGlass{ID: ids[3], OrgID: org, Status: status(), Approved: mostly(), ApproverID: pick(r, ids), Ended: !mostly()}
			b.Starts, b.Expires = around(time.Hour)
			if org != s.OrgID { // nobody grants to itself; the table says so too
				s.Grants = append(s.Grants, g)
			}
			s.BreakGlass = append(s.BreakGlass, b)
		}
		q.Subject = s
		questions[i] = q
	}
	return questions
}

func pick[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }
