package perturb

import (
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/policy"
	"github.com/voxanne/cascade/policy/review/domain"
)

// longest is how long an emergency session may be.
const longest = time.Hour

// sessions changes one field of one emergency session at a time.
func (p *perturber) sessions() {
	now := p.original.Now
	for i, b := range p.original.Subject.BreakGlass {
		if !p.asked(b.OrgID) {
			continue
		}
		name := "session " + b.ID.String()
		change := func(field, says string, set func(*policy.BreakGlass)) {
			p.change(Change{Sort: Fact, Field: fmt.Sprintf("break_glass[%d].%s", i, field), Org: b.OrgID, Says: name + " " + says}, func(q *policy.Request) {
				set(&q.Subject.BreakGlass[i])
			})
		}
		if b.Approved {
			change("approved", "were not approved", func(b *policy.BreakGlass) { b.Approved = false })
		} else {
			// To approve is one act: somebody else does it, and time begins to run.
			change("approved", "were approved by somebody else", func(b *policy.BreakGlass) {
				b.Approved = true
				if b.ApproverID == uuid.Nil || b.ApproverID == p.original.Subject.ID {
					b.ApproverID = somebody
				}
				if b.Starts.Unix() <= 0 {
					b.Starts, b.Expires = now, now.Add(longest/2)
				}
			})
		}
		for _, other := range p.approvers(b) {
			change("approver", other.says, func(b *policy.BreakGlass) { b.ApproverID = other.id })
		}
		if b.Ended {
			change("ended", "had not been ended", func(b *policy.BreakGlass) { b.Ended = false })
		} else {
			change("ended", "had been ended", func(b *policy.BreakGlass) { b.Ended = true })
		}
		if length := b.Expires.Sub(b.Starts); length > longest {
			change("expires", fmt.Sprintf("were no longer than an hour (it is %s)", domain.Span(length)), func(b *policy.BreakGlass) {
				b.Expires = b.Starts.Add(longest)
			})
		}
		p.span(b.Starts, b.Expires, "over", func(field, says string, starts, expires time.Time) {
			// A session that is not over has begun within the hour before its end.
			if b.Expires.Unix() <= now.Unix() && expires.After(now) && expires.Sub(starts) > longest {
				starts, expires = now, now.Add(longest)
			}
			change(field, says, func(b *policy.BreakGlass) { b.Starts, b.Expires = starts, expires })
		})
		change("expires", "were a second longer than an hour", func(b *policy.BreakGlass) { b.Expires = b.Starts.Add(longest + time.Second) })
		for _, s := range others(domain.Statuses(), b.Status) {
			change("status", fmt.Sprintf("were of an organization that is %s (it is %s)", s, b.Status), func(b *policy.BreakGlass) { b.Status = s })
		}
	}
}

// person is an approver with the words for it.
type person struct {
	id   uuid.UUID
	says string
}

// approvers are the other people, or nobody, who may have approved a session.
func (p *perturber) approvers(b policy.BreakGlass) []person {
	user := p.original.Subject.ID
	people := []person{{user, "were approved by the person who uses it"}, {uuid.Nil, "had no approver"}}
	if b.ApproverID == user || b.ApproverID == uuid.Nil { // else it is somebody else already
		people = append(people, person{somebody, "were approved by somebody else"})
	}
	return slices.DeleteFunc(people, func(other person) bool { return other.id == b.ApproverID })
}
