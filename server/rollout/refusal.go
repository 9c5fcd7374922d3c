package rollout

import (
	"github.com/voxanne/cascade/graph/fault"
)

// refusals are what people hear when the database refuses a step, by its code.
//
//nolint:gochecknoglobals // immutable table
var refusals = map[string]string{
	"deployed":        "These policies are deployed, or about to be: withdraw them first.",
	"wrong_state":     "There is no such policy, or from its state there is no way there. The way is: draft, reviewed, shadow, canary, active.",
	"own_work":        "Whoever wrote a policy does not approve it: ask a second person.",
	"judged_before":   "You have judged this review before.",
	"stale_review":    "It was reviewed against policies that no longer run: review it again.",
	"expired":         "Its signature has run out: propose it again.",
	"out_of_turn":     "Something newer was active since it was signed: propose it again.",
	"occupied":        "Another policy is there already: withdraw it, or take it on.",
	"second_approver": "It widens access, or shows what was hidden: somebody other than its author has to approve it first.",
	"not_active":      "There is nothing to go back from: no policy of the database is active, or this server runs another one (try again in a moment).",
	"never_active":    "There is nothing to go back to.",
}

// outcome is the error of a step: of the database, or its refusal.
func outcome(refused string, err error) error {
	if err != nil || refused == "" {
		return err
	}
	said, ok := refusals[refused]
	if !ok {
		return fault.New(fault.Internal, "The database refused a step of a policy.")
	}
	return fault.New(fault.Conflict, "%s", said)
}
