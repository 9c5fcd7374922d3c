package webhook

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent/audit"
	"github.com/voxanne/cascade/ent/rls"
	"github.com/voxanne/cascade/policy"
	"github.com/voxanne/cascade/server/reception"
	"github.com/voxanne/cascade/server/webhook/vapi"
)

// reasonOthersRow is for a row of the clinic's own that is not the caller's.
const reasonOthersRow = "not_the_callers"

// serve does what the tool calls of a message ask for.
func (b *inbox) serve(ctx context.Context, tx *rls.Tx, t task, m vapi.Message) (effect, error) {
	calls := m.ToolCalls()
	if err := b.desk.Hold(ctx, tx, t.org, calls); err != nil {
		return effect{}, fmt.Errorf("taking a turn at the calendars: %w", err)
	}
	call, err := b.openCall(ctx, tx, t, m)
	if err != nil {
		return effect{}, err
	}
	out, err := b.desk.Do(ctx, tx, call, calls, vapi.EventKey(m))
	if err != nil {
		return effect{}, err
	}
	done := effect{call: call.ID, answer: replyOf(m, out), missed: out.Missed}
	for range out.Others {
		q := t.request(needOf(ingest, policy.Appointment), m.Type)
		done.records = append(done.records, audit.NewRecord(policy.Deny(q, reasonOthersRow, policy.Evidence{ID: b.NewID()}), t.origin))
	}
	return done, nil
}

// recall gives the answers that the tool calls of a message had.
func (b *inbox) recall(ctx context.Context, tx *rls.Tx, t task, m vapi.Message) (any, error) {
	call := reception.Call{Org: t.org, Provider: providerVapi, ProviderID: m.CallID}
	out, err := b.desk.Recall(ctx, tx, call, m.ToolCalls(), vapi.EventKey(m))
	if err != nil {
		return nil, err
	}
	return replyOf(m, out), nil
}

// replyOf is the answer as the message's type wants it.
func replyOf(m vapi.Message, out reception.Outcome) any {
	results := make([]vapi.ToolResult, len(out.Answers))
	for i, a := range out.Answers {
		results[i] = a.Result()
	}
	if m.Type != vapi.TypeFunctionCall {
		return vapi.ToolReply(results...)
	}
	if len(results) == 0 {
		return vapi.FunctionReply(sayUnavailable)
	}
	if results[0].Result != nil {
		return vapi.FunctionReply(*results[0].Result)
	}
	return vapi.FunctionReply(results[0].Error)
}

// openCall finds the call that a message is about, or makes it: nothing says
// that its first status comes first.
func (b *inbox) openCall(ctx context.Context, tx *rls.Tx, t task, m vapi.Message) (reception.Call, error) {
	c := reception.Call{Org: t.org, Provider: providerVapi, ProviderID: m.CallID, Now: t.at, Over: t.late}
	if m.CallID == "" {
		return c, nil
	}
	const query = `select id, contact_id, coalesce(caller_number, '') from call_logs where org_id = $1 and provider_call_id = $2`
	args, dest := []any{t.org, m.CallID}, []any{&c.ID, &c.Contact, &c.Number}
	found, err := rls.One(ctx, tx, query, args, dest...)
	if err != nil {
		return c, fmt.Errorf("finding a call: %w", err)
	}
	if found {
		return c, nil
	}
	f := &callFacts{
		Call: m.Call(), rank: int16(vapi.InProgress.Rank()), status: "in_progress", //nolint:gosec // one digit
		startedAt: firstOf(m.Call().CreatedAt, m.At, t.received), consent: "unknown", recordingState: "none",
	}
	if _, err := b.upsertCall(ctx, tx, t, f, nil); err != nil {
		return c, fmt.Errorf("keeping a call: %w", err)
	}
	if _, err := rls.One(ctx, tx, query, args, dest...); err != nil {
		return c, fmt.Errorf("finding a call: %w", err)
	}
	return c, nil
}

// heard is what the caller said last in a message that comes while the call is
// on; ok is false for every other message.
func heard(m vapi.Message) (text string, ok bool) {
	if m.CallID == "" {
		return "", false
	}
	if u, spoken := m.Utterance(); spoken {
		return u.Text, u.Final && u.Speaker == vapi.Caller && u.Text != ""
	}
	if m.Type != vapi.TypeConversationUpdate {
		return "", false
	}
	text = lastSaid(m)
	return text, text != ""
}

// lastSaid is what the caller said last in a conversation.
func lastSaid(m vapi.Message) string {
	turns := m.Conversation()
	for _, turn := range slices.Backward(turns) {
		if turn.Speaker == vapi.Caller {
			return turn.Text
		}
	}
	return ""
}

// listen calls in a person when the caller's words ask for one. What that takes
// is decided only then: most words are no emergency.
func (b *inbox) listen(ctx context.Context, tx *rls.Tx, t task, m vapi.Message, text string) (effect, error) {
	alarm, err := b.desk.Listen(ctx, tx, t.org, text)
	if err != nil || alarm == nil {
		return effect{}, err
	}
	needs := append(slices.Clone(callNeeds), need{policy.Read, policy.Organization}, need{ingest, policy.Escalation})
	v := b.decide(ctx, t, m.Type, needs...)
	if err := v.denied(len(needs)); err != nil {
		return effect{}, errors.Join(err, b.record(ctx, v.records...)) // the message's own transaction keeps nothing
	}
	ctx = policy.WithScope(ctx, v.scope(t))
	call, err := b.openCall(ctx, tx, t, m)
	if err != nil {
		return effect{}, err
	}
	raised, err := b.desk.Raise(ctx, tx, call, *alarm)
	if err != nil || !raised {
		return effect{records: v.records}, err
	}
	return effect{call: call.ID, records: v.records}, nil
}

// erased notes on a call whether the provider erased its copy. A call that is
// not known here is not made for it.
func (b *inbox) erased(ctx context.Context, tx *rls.Tx, t task, m vapi.Message) (effect, error) {
	d, ok := m.Deletion()
	if !ok {
		return effect{}, nil
	}
	column := "provider_erasure_failed_at"
	if d.Done {
		column = "provider_erased_at"
	}
	var call uuid.UUID
	_, err := rls.One(ctx, tx, `update call_logs set `+column+` = coalesce(`+column+`, $3), updated_at = greatest(updated_at, $4)
		where org_id = $1 and provider_call_id = $2 returning id`, []any{t.org, d.CallID, firstOf(m.At, t.received), t.at}, &call)
	if err != nil {
		return effect{}, fmt.Errorf("noting an erasure: %w", err)
	}
	return effect{call: call}, nil
}
