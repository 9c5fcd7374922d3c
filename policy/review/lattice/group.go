package lattice

import (
	"fmt"
	"slices"
	"strings"

	"github.com/voxanne/cascade/policy"
	"github.com/voxanne/cascade/policy/review/domain"
)

// bundle is changes that one sentence tells.
type bundle struct {
	gain       gain
	where      string
	conditions string // what is out of the ordinary in all of them
	who        []string
	actions    []string
	rows       []string
	changes    []change
}

// bundles groups changes: first by who does what with which rows, so that the
// conditions can be read off, then with others that say the same of more rows,
// more actions and more subjects.
func bundles(changes []change) []bundle {
	all := merge(each(changes), func(b bundle) string {
		c := b.changes[0].cell
		return fmt.Sprint(b.gain, c.family.kind, b.where, c.family.dimensions[0].name, b.who, b.actions, b.rows)
	})
	for i := range all {
		all[i].conditions = conditions(all[i].changes)
	}
	all = merge(all, func(b bundle) string { return fmt.Sprint(b.gain, b.where, b.conditions, b.who, b.actions) })
	all = merge(all, func(b bundle) string { return fmt.Sprint(b.gain, b.where, b.conditions, b.who, b.rows) })
	return absorb(merge(all, func(b bundle) string { return fmt.Sprint(b.gain, b.where, b.conditions, b.actions, b.rows) }))
}

// absorb counts what holds at any time, by any operation and whatever facts of
// other kinds there are, with the same thing said plainly.
func absorb(all []bundle) []bundle {
	repeats := func(b, plain bundle) bool {
		return (b.where == moment || b.where == stranger) && b.conditions == "" &&
			plain.where != moment && plain.where != stranger && b.gain == plain.gain &&
			within(b.who, plain.who) && within(b.actions, plain.actions) && within(b.rows, plain.rows)
	}
	var kept []bundle
	for _, b := range all {
		if i := slices.IndexFunc(all, func(plain bundle) bool { return repeats(b, plain) }); i >= 0 {
			all[i].changes = append(slices.Clip(all[i].changes), b.changes...)
		}
	}
	for _, b := range all {
		if !slices.ContainsFunc(all, func(plain bundle) bool { return repeats(b, plain) }) {
			kept = append(kept, b)
		}
	}
	return kept
}

func within(some, all []string) bool { return !slices.ContainsFunc(some, missing(all)) }

// each makes a bundle of every change.
func each(changes []change) []bundle {
	all := make([]bundle, len(changes))
	for i, c := range changes {
		all[i] = bundle{
			gain: c.gain, where: c.cell.family.where, changes: changes[i : i+1 : i+1],
			who:     []string{c.cell.family.who(c.cell.at)},
			actions: []string{string(c.cell.Request.Action)},
			rows:    []string{domain.Rows(c.cell.Request.Resource)},
		}
	}
	return all
}

// merge joins the bundles with the same key, in the order of the first of each.
func merge(all []bundle, key func(bundle) string) []bundle {
	var merged []bundle
	at := map[string]int{}
	for _, b := range all {
		k := key(b)
		i, ok := at[k]
		if !ok {
			at[k] = len(merged)
			merged = append(merged, b)
			continue
		}
		m := &merged[i]
		m.who, m.actions, m.rows = join(m.who, b.who), join(m.actions, b.actions), join(m.rows, b.rows)
		m.changes = append(m.changes, b.changes...)
	}
	return merged
}

func join(a, b []string) []string {
	for _, s := range b {
		if !slices.Contains(a, s) {
			a = append(slices.Clip(a), s)
		}
	}
	return a
}

// conditions tells what is out of the ordinary in every one of some changes of
// one family: a dimension of which no plain value occurs. Of a dimension all of
// whose values are plain, it tells the one that occurs alone.
func conditions(changes []change) string {
	var said []string
	for i, d := range changes[0].cell.family.dimensions {
		if d.name == who {
			continue
		}
		seen := map[uint8]bool{}
		for _, c := range changes {
			seen[c.cell.at[i]] = true
		}
		var odd []string
		plain, allPlain := false, true
		for n, v := range d.values {
			allPlain = allPlain && v.plain
			if seen[uint8(n)] {
				odd = append(odd, v.name)
				plain = plain || v.plain
			}
		}
		switch {
		case allPlain && len(d.values) > 1 && len(odd) == 1, !plain && (len(odd) <= 2 || d.many == ""):
			said = append(said, strings.Join(odd, " or "))
		case !plain:
			said = append(said, d.many)
		}
	}
	return strings.Join(said, ", ")
}

// sentence tells the bundle, without a full stop.
func (b bundle) sentence(s section) string {
	does := fmt.Sprintf("%s %s", domain.List(b.actions), b.table())
	if b.where != "" {
		does += " " + b.where
	}
	says := domain.List(b.who)
	if len(b.who) == len(domain.Roles()) && b.changes[0].cell.family.kind == policy.Member {
		says = "members of any role"
	}
	switch {
	case s == failed:
		says = "there is no answer whether " + says + " may " + does
	case s == outside && b.gain.effect == LosesMask:
		says += " would see the " + b.fields() + " " + b.where + ", did the envelope not hide it"
	case s == outside && b.gain.effect == GainsWidth:
		says += " would " + does + " in every organization, did the envelope not refuse it"
	case s == outside:
		says += " would " + does + ", did the envelope not refuse it"
	default:
		says += b.change(s, does)
	}
	if b.conditions != "" {
		says += ", " + b.conditions
	}
	return says
}

// change tells what is wider or narrower.
func (b bundle) change(s section, does string) string {
	more := s == widened
	switch b.gain.effect {
	case GainsWidth:
		return choose(more, " may now ", " may no longer ") + does + " in every organization"
	case GainsOrg:
		return choose(more, " may now ", " may no longer ") + does + ", in one of them " + choose(more, "more", "less")
	case LosesMask:
		return choose(more, " now see the ", " no longer see the ") + strings.TrimSpace(b.fields()+" "+b.where)
	case LosesObligation:
		return " " + does + choose(more, " without the obligation ", " with the obligation ") + b.gain.what
	case GainsAccess:
	}
	return choose(more, " may now ", " may no longer ") + does
}

// table names the row types.
func (b bundle) table() string {
	if len(b.rows) == len(domain.Resources()) {
		return "rows of every type"
	}
	return domain.Few(b.rows, 3, "row type")
}

// fields names what is no longer hidden.
func (b bundle) fields() string { return domain.List(strings.Split(b.gain.what, ",")) }

func choose(first bool, a, b string) string {
	if first {
		return a
	}
	return b
}
