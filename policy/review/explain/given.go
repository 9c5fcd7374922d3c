package explain

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/policy"
	"github.com/voxanne/cascade/policy/review/domain"
)

// errNoAnswer is what a tenant hears of a policy that fails: not how.
var errNoAnswer = errors.New("the policy gives no answer to it")

// given names what gave the access: each fact that alone, among all of the
// subject's, is enough for an org; or what it is, where it takes none.
func (e *explainer) given(ctx context.Context, q policy.Request, d policy.Decision) ([]string, error) {
	if d.Wide() {
		return []string{"being one of the platform's " + domain.Subjects(q.Subject.Kind)}, nil
	}
	found := []string{}
	for _, org := range d.Orgs() {
		for _, f := range facts(q, org) {
			alone, err := e.decide(ctx, f.alone)
			if err != nil {
				return nil, err
			}
			if alone.Allowed() {
				found = append(found, f.says)
				if f.none {
					break // it takes no fact, and any would do
				}
			}
		}
	}
	return found, nil
}

// fact is one fact of a subject, and the question as if there were no other.
type fact struct {
	says  string
	none  bool
	alone policy.Request
}

// facts are those about org; the first is that there is none.
func facts(q policy.Request, org uuid.UUID) []fact {
	bare := q
	bare.Orgs = []uuid.UUID{org}
	bare.Subject.Memberships, bare.Subject.Grants, bare.Subject.BreakGlass = nil, nil, nil
	all := []fact{{fmt.Sprintf("organization %s being its own", org), true, bare}}
	for _, m := range q.Subject.Memberships {
		if m.OrgID == org {
			alone := bare
			alone.Subject.Memberships = []policy.Membership{m}
			all = append(all, fact{fmt.Sprintf("the role %s in organization %s", m.Role, org), false, alone})
		}
	}
	for _, g := range q.Subject.Grants {
		if g.OrgID == org {
			alone := bare
			alone.Subject.Grants = []policy.Grant{g}
			words := fmt.Sprintf("grant %s of organization %s, which ends %s", g.ID, org, end(g.Expires, q.Now))
			if hidden := g.Masks[q.Resource]; len(hidden) > 0 {
				words += " and hides " + strings.ReplaceAll(domain.List(hidden), "_", " ")
			}
			all = append(all, fact{words, false, alone})
		}
	}
	for _, b := range q.Subject.BreakGlass {
		if b.OrgID == org {
			alone := bare
			alone.Subject.BreakGlass = []policy.BreakGlass{b}
			all = append(all, fact{fmt.Sprintf("session %s in organization %s, which ends %s", b.ID, org, end(b.Expires, q.Now)), false, alone})
		}
	}
	return all
}

// end is a moment with how far it is.
func end(t, now time.Time) string {
	return fmt.Sprintf("%s (in %s)", t.UTC().Format(time.RFC3339), domain.Span(t.Sub(now)))
}
