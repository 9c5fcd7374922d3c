package review

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/policy"
)

// drawn makes questions and answers to them at random.
type drawn struct{ *rand.Rand }

func (d drawn) some(words ...string) []string {
	return slices.DeleteFunc(slices.Clone(words), func(string) bool { return d.IntN(2) == 0 })
}

// question is of an owner of three clinics, or of an auditor.
func (d drawn) question() policy.Request {
	orgs := []uuid.UUID{{1}, {2}, {3}}
	q := policy.Request{
		Subject: policy.Subject{ID: uuid.UUID{9}, Kind: policy.Member},
		Action:  policy.Read, Resource: policy.Call, Orgs: orgs[:d.IntN(4)], Now: time.Unix(1, 0),
	}
	for _, org := range orgs {
		q.Subject.Memberships = append(q.Subject.Memberships, policy.Membership{OrgID: org, Role: policy.Owner, Status: policy.OrgActive})
	}
	if d.IntN(4) == 0 {
		q.Subject.Kind, q.Resource = policy.Auditor, policy.AuditDecision
	}
	return q
}

func (d drawn) answer(q policy.Request) policy.Decision {
	v := policy.Verdict{Allow: d.IntN(4) > 0, Reason: []string{"one", "other"}[d.IntN(2)]}
	if q.Resource == policy.AuditDecision {
		v.Wide = true
	} else {
		v.OrgIDs = slices.DeleteFunc(slices.Clone(q.Orgs), func(uuid.UUID) bool { return d.IntN(3) == 0 })
		v.Masks = map[policy.Resource][]string{policy.Call: d.some("summary", "outcome"), policy.Contact: d.some("notes")}
		v.Obligations = d.some("show_clinic")
	}
	d.Shuffle(len(v.OrgIDs), func(i, j int) { v.OrgIDs[i], v.OrgIDs[j] = v.OrgIDs[j], v.OrgIDs[i] })
	return policy.Judge(q, v, policy.Evidence{})
}

// felt is all of a decision that anybody notices, written down: the model that
// compare is held to.
func felt(d policy.Decision) string {
	var words []string
	if d.Allowed() {
		words = append(words, "allowed")
	}
	if d.Wide() {
		words = append(words, "everywhere")
	}
	for _, org := range d.Orgs() {
		words = append(words, "in "+org.String())
	}
	for resource, fields := range d.Masks() {
		for _, field := range fields {
			words = append(words, "without "+string(resource)+"."+field)
		}
	}
	words = append(words, d.Obligations()...)
	words = append(words, "because "+d.Reason())
	slices.Sort(words)
	return strings.Join(words, "; ")
}

// Two decisions without a difference are the same to everybody, and those with
// one are not, whatever two policies answer to one question.
func TestNoDifferenceIsOverlooked(t *testing.T) {
	t.Parallel()
	d := drawn{rand.New(rand.NewPCG(7, 7))}
	seen := map[Change]int{}
	same := 0
	for range 20_000 {
		q := d.question()
		before, after := d.answer(q), d.answer(q)
		differences := compare(before, after)
		if (len(differences) == 0) != (felt(before) == felt(after)) {
			t.Fatalf("%v between\n%s\n%s", differences, felt(before), felt(after))
		}
		if len(differences) == 0 {
			same++
		}
		widens := false
		for _, x := range differences {
			seen[x.change]++
			widens = widens || x.change.Widens()
		}
		if widens != wider(before, after) {
			t.Fatalf("widens %v: %v between\n%s\n%s", widens, differences, felt(before), felt(after))
		}
	}
	for _, change := range Changes() {
		if seen[change] < 50 {
			t.Errorf("%s was seen %d times; the draw proves nothing", change, seen[change])
		}
	}
	if same < 500 {
		t.Errorf("%d were the same", same)
	}
}

// wider says in another way whether somebody has more: a clinic more, or less
// hidden or asked of them in a clinic that they keep.
func wider(before, after policy.Decision) bool {
	if after.Wide() && !before.Wide() {
		return true
	}
	keeps := after.Wide() && before.Wide()
	for _, org := range after.Orgs() {
		if !slices.Contains(before.Orgs(), org) {
			return true
		}
		keeps = true
	}
	if !keeps {
		return false
	}
	hidden := func(d policy.Decision) map[string]bool {
		out := map[string]bool{}
		for resource, fields := range d.Masks() {
			for _, field := range fields {
				out[string(resource)+field] = true
			}
		}
		for _, o := range d.Obligations() {
			out[o] = true
		}
		return out
	}
	still := hidden(after)
	for field := range hidden(before) {
		if !still[field] {
			return true
		}
	}
	return false
}

// Up to 64 are counted exactly; beyond, to some percent.
func TestDistinct(t *testing.T) {
	t.Parallel()
	var d distinct
	if n, sure := d.count(); n != 0 || !sure {
		t.Errorf("%d of none", n)
	}
	for n := 1; n <= 50_000; n++ {
		id := uuid.UUID{6: 0x70, 12: byte(n >> 24), 13: byte(n >> 16), 14: byte(n >> 8), 15: byte(n)} // alike, as ids are
		d.add(id)
		d.add(id)
		switch n {
		case 1, 63, 64:
			if got, sure := d.count(); got != int64(n) || !sure {
				t.Errorf("%d of %d", got, n)
			}
		case 65, 1_000, 3_000, 20_000, 50_000:
			got, sure := d.count()
			if miss := float64(got-int64(n)) / float64(n); sure || miss < -0.1 || miss > 0.1 {
				t.Errorf("%d of %d (sure: %v)", got, n, sure)
			}
		}
	}
	if len(d.ids) != 0 || len(d.registers) != 1024 {
		t.Errorf("%d ids and %d registers are kept", len(d.ids), len(d.registers))
	}
}
