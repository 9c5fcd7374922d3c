package review

import (
	"slices"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/policy"
)

// Change is what a candidate does to somebody in a clinic.
type Change string

// The changes. A decision about several clinics may be several of them: one is
// gained while another is lost.
const (
	NewlyAllowed      Change = "newly_allowed"      // denied, and now allowed
	OrgsGained        Change = "orgs_gained"        // allowed elsewhere, and now here too
	MasksLost         Change = "masks_lost"         // fields that were hidden are shown
	ObligationsLost   Change = "obligations_lost"   // what had to be done beside it no longer has
	NewlyDenied       Change = "newly_denied"       // allowed, and now denied
	OrgsLost          Change = "orgs_lost"          // no longer allowed here, still elsewhere
	MasksGained       Change = "masks_gained"       // fields that were shown are hidden
	ObligationsGained Change = "obligations_gained" // more has to be done beside it
	ReasonChanged     Change = "reason_changed"     // the same answer for another reason
)

// Changes lists every change in the order in which reports have them: what
// widens access first, what a reviewer may overlook last.
func Changes() []Change {
	return []Change{
		NewlyAllowed, OrgsGained, MasksLost, ObligationsLost,
		NewlyDenied, OrgsLost, MasksGained, ObligationsGained, ReasonChanged,
	}
}

// Widens reports whether somebody sees or may more than before.
func (c Change) Widens() bool {
	return c == NewlyAllowed || c == OrgsGained || c == MasksLost || c == ObligationsLost
}

// difference is one change that one decision shows.
type difference struct {
	change Change
	clinic uuid.UUID // zero: every clinic, or none
	fields []string  // the masks or obligations it is about
}

// compare lists what becomes of a decision. Nothing is left out that anybody
// would notice: two decisions without a difference allow the same in the same
// clinics with the same fields hidden, for the same reason. In which order the
// clinics come, nobody notices.
func compare(before, after policy.Decision) []difference {
	c := comparison{before: before, after: after}
	if before.Wide() != after.Wide() {
		if after.Wide() {
			c.gains(uuid.Nil)
		} else {
			c.loses(uuid.Nil)
		}
	}
	beforeOrgs, afterOrgs := before.Orgs(), after.Orgs()
	asked := each(before.Request().Orgs)
	var kept []uuid.UUID
	if before.Wide() && after.Wide() {
		kept = append(kept, uuid.Nil)
	}
	for _, org := range asked {
		had := before.Wide() || slices.Contains(beforeOrgs, org)
		has := after.Wide() || slices.Contains(afterOrgs, org)
		switch {
		case had && has:
			kept = append(kept, org)
		case has:
			c.gains(org)
		case had:
			c.loses(org)
		}
	}
	c.hidden(kept)
	if len(c.found) == 0 && before.Reason() != after.Reason() {
		if !before.Allowed() {
			kept = asked
		}
		if len(kept) == 0 {
			kept = []uuid.UUID{uuid.Nil}
		}
		for _, org := range kept {
			c.add(ReasonChanged, org, nil)
		}
	}
	return c.found
}

type comparison struct {
	before, after policy.Decision
	found         []difference
}

func (c *comparison) add(change Change, clinic uuid.UUID, fields []string) {
	c.found = append(c.found, difference{change, clinic, fields})
}

func (c *comparison) gains(org uuid.UUID) {
	if c.before.Allowed() {
		c.add(OrgsGained, org, nil)
	} else {
		c.add(NewlyAllowed, org, nil)
	}
}

func (c *comparison) loses(org uuid.UUID) {
	if c.after.Allowed() {
		c.add(OrgsLost, org, nil)
	} else {
		c.add(NewlyDenied, org, nil)
	}
}

// hidden compares what goes with the answer in the clinics that both give.
func (c *comparison) hidden(kept []uuid.UUID) {
	resource := c.before.Request().Resource
	beforeMasks, afterMasks := fieldsOf(resource, c.before.Masks()), fieldsOf(resource, c.after.Masks())
	for _, side := range []struct {
		change Change
		fields []string
	}{
		{MasksLost, without(beforeMasks, afterMasks)},
		{MasksGained, without(afterMasks, beforeMasks)},
		{ObligationsLost, without(c.before.Obligations(), c.after.Obligations())},
		{ObligationsGained, without(c.after.Obligations(), c.before.Obligations())},
	} {
		if len(side.fields) > 0 {
			for _, org := range kept {
				c.add(side.change, org, side.fields)
			}
		}
	}
}

// fieldsOf names masked fields, those of another row type with its name.
func fieldsOf(asked policy.Resource, masks map[policy.Resource][]string) []string {
	var out []string
	for resource, fields := range masks {
		for _, field := range fields {
			if resource != asked {
				field = string(resource) + "." + field
			}
			out = append(out, field)
		}
	}
	return out
}

// each is list with everything once, in its order.
func each(list []uuid.UUID) []uuid.UUID {
	out := make([]uuid.UUID, 0, len(list))
	for _, x := range list {
		if !slices.Contains(out, x) {
			out = append(out, x)
		}
	}
	return out
}

// without is what of list is not in other, sorted, each once.
func without(list, other []string) []string {
	var out []string
	for _, x := range list {
		if !slices.Contains(other, x) {
			out = append(out, x)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
