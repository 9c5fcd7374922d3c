package reception

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent/rls"
	"github.com/voxanne/cascade/policy"
	"github.com/voxanne/cascade/server/webhook/vapi"
)

// Call is the call that a message is about, as our own rows and the network say
// it is; nothing in it was said by a caller or a model.
type Call struct {
	Org uuid.UUID
	// ID is our row's; nil when the message names no call.
	ID uuid.UUID
	// Provider and ProviderID name the call at its provider.
	Provider, ProviderID string
	// Contact is whose call it is, where that is known.
	Contact *uuid.UUID
	// Number is the caller's by the network, E.164, or empty where it is withheld.
	Number string
	// Now is when the message is worked on.
	Now time.Time
	// Over: the caller has had an answer, and the call may have ended. Only what
	// is still worth doing is done.
	Over bool
}

// Outcome is what came of the tool calls of a message.
type Outcome struct {
	// Answers are one for each call, in order. They hold health data.
	Answers []Answer
	// Missed are ids of appointments that a model named and that are not the
	// clinic's; Others are the clinic's own, of another contact. Both were answered
	// as if there were no such appointment.
	Missed, Others []uuid.UUID
}

// Answer is what one tool call came to.
type Answer struct {
	ToolCallID string
	// Code is "done" or the stable word of a refusal.
	Code, Say string
}

// Result is the answer as the provider takes it.
func (a Answer) Result() vapi.ToolResult {
	if a.Code == codeDone {
		return vapi.Done(a.ToolCallID, a.Say)
	}
	return vapi.NotDone(a.ToolCallID, a.Code+": "+a.Say)
}

// Config is what a Desk needs; all of it is required.
type Config struct {
	NewID func() uuid.UUID
	Log   *slog.Logger
}

// Desk does what assistants ask for. It is safe for concurrent use.
type Desk struct {
	Config
	zones zones
}

// New makes a Desk.
func New(c Config) *Desk { return &Desk{Config: c} }

// Needs lists the access that these tool calls want, each once. Where it is not
// given, the tool says so and the others are still done.
func Needs(calls []vapi.ToolCall) []Need {
	var needs []Need
	for _, c := range calls {
		t, _ := toolNamed(c.Name)
		for _, n := range t.needs {
			if !slices.Contains(needs, n) {
				needs = append(needs, n)
			}
		}
	}
	return needs
}

// Hold makes messages that touch a clinic's calendars take turns, from here to
// the end of the transaction. It comes before everything else that is locked,
// and does nothing for calls that book nothing.
func (*Desk) Hold(ctx context.Context, tx *rls.Tx, org uuid.UUID, calls []vapi.ToolCall) error {
	books := func(c vapi.ToolCall) bool { t, _ := toolNamed(c.Name); return t.books }
	if !slices.ContainsFunc(calls, books) {
		return nil
	}
	_, err := one(ctx, tx, `select pg_advisory_xact_lock(hashtextextended('booking:' || $1::text, 0)) is null`, []any{org.String()}, new(bool))
	return err
}

// job is one tool call at work.
type job struct {
	*Desk
	tx      *rls.Tx
	call    *Call
	args    arguments
	id      string // names the call and the tool call, for rows that come of it
	outcome *Outcome
}

// permitted reports whether the scope of ctx gives a tool what it needs.
func (t tool) permitted(ctx context.Context, org uuid.UUID) bool {
	scope, err := policy.ScopeFrom(ctx)
	if err != nil {
		return false
	}
	for _, n := range t.needs {
		actions := []policy.Action{n.Action}
		if n.Action == policy.Ingest { // what a scope keeps of it
			actions = []policy.Action{policy.Read, policy.Create, policy.Update}
		}
		for _, a := range actions {
			if !slices.Contains(scope.Orgs(a, n.Resource), org) {
				return false
			}
		}
	}
	return true
}
