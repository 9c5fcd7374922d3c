package lattice

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/policy"
	"github.com/voxanne/cascade/policy/opa"
	"github.com/voxanne/cascade/policy/review/domain"
)

// Effect is one way in which an answer gives more than another.
type Effect string

// The effects, worst first.
const (
	GainsWidth      Effect = "wide"       // every organization, where it was not before
	GainsAccess     Effect = "allow"      // allowed, where it was denied
	GainsOrg        Effect = "org"        // one more organization
	LosesMask       Effect = "mask"       // a field is shown that was hidden
	LosesObligation Effect = "obligation" // something is no longer done beside the work
)

// effects are all of them, worst first.
func effects() []Effect {
	return []Effect{GainsWidth, GainsAccess, GainsOrg, LosesMask, LosesObligation}
}

// gain is an effect with the fields or obligations that it is about.
type gain struct {
	effect Effect
	what   string // comma-separated
}

// answer is what one policy makes of one cell.
type answer struct {
	claim   policy.Verdict // what the policy says
	decided policy.Verdict // what the envelope leaves of it
	reason  string
	err     error
}

// errNoAnswer means that a policy failed on a question.
var errNoAnswer = errors.New("no answer")

// attempts is how often a policy is asked that has no answer: a busy machine may
// have stopped it in the middle.
const attempts = 3

func ask(ctx context.Context, g *opa.Generation, q policy.Request) answer {
	claim, err := g.Claim(ctx, q)
	for n := 1; err != nil && n < attempts; n++ {
		claim, err = g.Claim(ctx, q)
	}
	if err != nil {
		return answer{reason: policy.ReasonFailed, err: fmt.Errorf("%w: %w", errNoAnswer, err)}
	}
	d := policy.Judge(q, claim, policy.Evidence{})
	return answer{claim: claim, reason: d.Reason(), decided: policy.Verdict{
		Allow: d.Allowed(), Reason: d.Reason(), OrgIDs: d.Orgs(), Wide: d.Wide(), Masks: d.Masks(), Obligations: d.Obligations(),
	}}
}

// gains tells in what after gives more than before does. With fewer orgs an
// answer may rightly hide less, so the masks of before are then those that its
// policy would give for these orgs alone, which only narrows tells.
func gains(before, after policy.Verdict, only func(orgs []uuid.UUID) policy.Verdict) []gain {
	if !after.Allow {
		return nil
	}
	if after.Wide {
		if !before.Allow || !before.Wide {
			return []gain{{effect: GainsWidth}}
		}
	} else if !before.Allow {
		return []gain{{effect: GainsAccess}}
	}
	var found []gain
	if !before.Wide && slices.ContainsFunc(after.OrgIDs, missing(before.OrgIDs)) {
		found = append(found, gain{effect: GainsOrg})
	}
	hidden := before.Masks
	if len(after.OrgIDs) < len(before.OrgIDs) {
		hidden = only(after.OrgIDs).Masks
	}
	var shown []string
	for r, fields := range hidden {
		for _, f := range fields {
			if !slices.Contains(after.Masks[r], f) {
				shown = append(shown, fieldOf(r, f))
			}
		}
	}
	if len(shown) > 0 {
		slices.Sort(shown)
		found = append(found, gain{LosesMask, strings.Join(shown, ",")})
	}
	if dropped := slices.DeleteFunc(slices.Clone(before.Obligations), in(after.Obligations)); len(dropped) > 0 {
		found = append(found, gain{LosesObligation, strings.Join(dropped, ",")})
	}
	return found
}

// oversteps tells what the candidate claims beyond what the envelope allows:
// access that is refused whole, or a field shown that stays hidden.
func oversteps(a answer) []gain {
	if a.claim.Allow && !a.decided.Allow {
		if a.claim.Wide {
			return []gain{{effect: GainsWidth}}
		}
		return []gain{{effect: GainsAccess}}
	}
	return slices.DeleteFunc(gains(a.decided, a.claim, func([]uuid.UUID) policy.Verdict { return a.decided }), func(g gain) bool {
		return g.effect != LosesMask
	})
}

func fieldOf(r policy.Resource, field string) string {
	return strings.ReplaceAll(field, "_", " ") + " of " + domain.Rows(r)
}

func missing[T comparable](from []T) func(T) bool {
	return func(v T) bool { return !slices.Contains(from, v) }
}

func in[T comparable](list []T) func(T) bool {
	return func(v T) bool { return slices.Contains(list, v) }
}
