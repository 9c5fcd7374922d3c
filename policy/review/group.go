package review

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/policy"
)

// Who is whom a change is about, as their clinic would say.
type Who struct {
	Kind policy.Kind `json:"kind"`
	// Role is a member's in the clinic; empty for one who has none there.
	Role policy.Role `json:"role,omitempty"`
	// Partner is the organization that a key acts for.
	Partner     uuid.UUID `json:"partner,omitzero"`
	PartnerName string    `json:"partner_name,omitempty"`
}

// Group is one change in the words of those it is about, with every decision
// that shows it.
type Group struct {
	Change Change `json:"change"`
	Who    Who    `json:"who"`
	// Clinic is zero where no clinic was asked for; Everywhere tells that it is
	// about every one.
	Clinic     uuid.UUID       `json:"clinic,omitzero"`
	ClinicName string          `json:"clinic_name,omitempty"`
	Everywhere bool            `json:"everywhere,omitempty"`
	Action     policy.Action   `json:"action"`
	Resource   policy.Resource `json:"resource"`
	// Fields are the masks or obligations lost or gained.
	Fields []string `json:"fields,omitempty"`
	// Allowed is whether the candidate allows.
	Allowed bool `json:"allowed"`
	// Before and After are the reasons of the two answers.
	Before string `json:"before"`
	After  string `json:"after"`
	// Count is how many decisions show it.
	Count int64 `json:"count"`
	// Subjects is of how many subjects, to some three percent unless Exact.
	Subjects int64     `json:"subjects"`
	Exact    bool      `json:"exact"`
	First    time.Time `json:"first"`
	Last     time.Time `json:"last"`
	// Example is the id of the first decision.
	Example uuid.UUID `json:"example"`
}

// key is what the decisions of a group have in common.
type key struct {
	change        Change
	who           Who
	clinic        uuid.UUID
	everywhere    bool
	allowed       bool
	action        policy.Action
	resource      policy.Resource
	fields        string
	before, after string
}

// between keeps the fields of a key apart: a policy may write anything but this.
const between = "\x00"

// groups collects differences. It keeps at most limit groups of each change, the
// first that come: a flood of one change hides none of another.
type groups struct {
	limit  int
	kept   map[key]*tally
	held   map[Change]int
	counts map[Change]int64 // of all, kept or not
	unkept map[Change]int64
}

type tally struct {
	count       int64
	subjects    distinct
	first, last time.Time
	example     uuid.UUID
}

func newGroups(limit int) *groups {
	return &groups{
		limit: limit, kept: map[key]*tally{}, held: map[Change]int{},
		counts: map[Change]int64{}, unkept: map[Change]int64{},
	}
}

func (g *groups) add(r Recorded, q policy.Request, d differing) {
	for _, x := range d.differences {
		g.counts[x.change]++
		k := key{
			change: x.change, who: whoIs(q.Subject, x.clinic), clinic: x.clinic,
			everywhere: x.clinic == uuid.Nil && d.wide, allowed: d.allowed, action: q.Action, resource: q.Resource,
			fields: strings.Join(x.fields, between), before: d.before, after: d.after,
		}
		t, ok := g.kept[k]
		if !ok {
			if g.held[x.change] >= g.limit {
				g.unkept[x.change]++
				continue
			}
			t = &tally{first: r.At, last: r.At, example: r.ID}
			g.kept[k] = t
			g.held[x.change]++
		}
		t.count++
		t.subjects.add(q.Subject.ID)
		if r.At.Before(t.first) {
			t.first = r.At
		}
		if r.At.After(t.last) {
			t.last = r.At
		}
	}
}

func whoIs(s policy.Subject, clinic uuid.UUID) Who {
	who := Who{Kind: s.Kind}
	switch s.Kind { //nolint:exhaustive // the others are told apart by nothing
	case policy.Partner:
		who.Partner = s.OrgID
	case policy.Member:
		if i := slices.IndexFunc(s.Memberships, func(m policy.Membership) bool { return m.OrgID == clinic }); i >= 0 {
			who.Role = s.Memberships[i].Role
		}
	}
	return who
}

// list is the groups in the order of a report: by change, then the most frequent
// first, and never in an order of chance.
func (g *groups) list(name func(uuid.UUID) string) []Group {
	out := make([]Group, 0, len(g.kept))
	for k, t := range g.kept {
		x := Group{
			Change: k.change, Who: k.who, Clinic: k.clinic, Everywhere: k.everywhere, Action: k.action, Resource: k.resource,
			Allowed: k.allowed, Before: k.before, After: k.after,
			Count: t.count, First: t.first, Last: t.last, Example: t.example,
		}
		if k.fields != "" {
			x.Fields = strings.Split(k.fields, between)
		}
		x.Subjects, x.Exact = t.subjects.count()
		if name != nil {
			x.ClinicName, x.Who.PartnerName = name(x.Clinic), name(x.Who.Partner)
		}
		out = append(out, x)
	}
	rank := map[Change]int{}
	for i, c := range Changes() {
		rank[c] = i
	}
	slices.SortFunc(out, func(a, b Group) int {
		return cmp.Or(cmp.Compare(rank[a.Change], rank[b.Change]), cmp.Compare(b.Count, a.Count), strings.Compare(a.words(), b.words()))
	})
	return out
}

// words tells groups apart by all that they have in common.
func (g Group) words() string {
	return strings.Join([]string{
		string(g.Who.Kind), string(g.Who.Role), g.Who.Partner.String(), g.Clinic.String(), fmt.Sprint(g.Everywhere, g.Allowed),
		string(g.Resource), string(g.Action), strings.Join(g.Fields, between), g.Before, g.After,
	}, between)
}
