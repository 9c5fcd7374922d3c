package webhook

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent/audit"
	"github.com/voxanne/cascade/ent/rls"
	"github.com/voxanne/cascade/server/webhook/vapi"
)

// fetchWithin is how long after a call's end its recordings are fetched: the
// provider erases them after 14 days.
const fetchWithin = 13 * 24 * time.Hour

// effect is what applying a message came to.
type effect struct {
	call    uuid.UUID // that it changed, if any
	answer  any       // where the work itself gives it
	records []audit.Record
	missed  []uuid.UUID
}

// apply does what a kept message means. It takes locks in one order, contact, call, day, so that two messages
// seldom wait for each other, and all it does can be done in any order.
func (b *inbox) apply(ctx context.Context, tx *rls.Tx, t task, m vapi.Message, f *callFacts) (effect, error) {
	if err := b.applying(ctx, m); err != nil {
		return effect{}, err
	}
	switch m.Type {
	case vapi.TypeToolCalls, vapi.TypeFunctionCall:
		return b.serve(ctx, tx, t, m)
	case vapi.TypeCallDeleted, vapi.TypeCallDeleteFailed:
		return b.erased(ctx, tx, t, m)
	}
	if text, ok := heard(m); ok {
		return b.listen(ctx, tx, t, m, text)
	}
	if f == nil {
		return effect{}, nil // kept, and that is all that it means
	}
	call, err := b.applyFacts(ctx, tx, t, f)
	return effect{call: call}, err
}

// applyFacts keeps what a message says about its call.
func (b *inbox) applyFacts(ctx context.Context, tx *rls.Tx, t task, f *callFacts) (call uuid.UUID, err error) {
	var contact *uuid.UUID
	if f.lead.known() {
		if contact, err = b.upsertContact(ctx, tx, t, f.lead); err != nil {
			return uuid.Nil, fmt.Errorf("keeping a contact: %w", err)
		}
	}
	if call, err = b.upsertCall(ctx, tx, t, f, contact); err != nil {
		return uuid.Nil, fmt.Errorf("keeping a call: %w", err)
	}
	if len(f.recordings) > 0 {
		if err := b.queueRecordings(ctx, tx, t, f, call); err != nil {
			return uuid.Nil, fmt.Errorf("queueing recordings: %w", err)
		}
	}
	if f.escalation != nil {
		if err := b.escalate(ctx, tx, t, f, call); err != nil {
			return uuid.Nil, fmt.Errorf("escalating a call: %w", err)
		}
	}
	return call, nil
}

// queueRecordings asks for each recording once. The queue names the provider's
// call and no address: an address is a secret with a short life.
func (b *inbox) queueRecordings(ctx context.Context, tx *rls.Tx, t task, f *callFacts, call uuid.UUID) error {
	ids := make([]uuid.UUID, len(f.recordings))
	for i := range ids {
		ids[i] = b.NewID()
	}
	return tx.Exec(ctx, `
		insert into recording_upload_queue (org_id, id, call_id, source, kind, provider_ref, next_attempt_at, deadline_at,
		                                    created_at, updated_at)
		select $1, r.id, $2, 'vapi', r.kind, $3, $4, $5, $4, $4 from unnest($6::uuid[], $7::text[]) as r(id, kind)
		on conflict (org_id, call_id, kind) do nothing`,
		[]any{t.org, call, f.ID, t.at, f.endedAt.Add(fetchWithin), ids, f.recordings}, nil)
}

// escalate raises a call once, however it is told: while it was on, or now. One that does not say how
// urgent it is counts as high.
func (b *inbox) escalate(ctx context.Context, tx *rls.Tx, t task, f *callFacts, call uuid.UUID) error {
	e := f.escalation
	return tx.Exec(ctx, `
		insert into escalations (org_id, id, call_id, tool_call_id, reason, summary, urgency, raised_at, created_at, updated_at)
		select $1, $2, $3, $4, nullif($5, ''), nullif($6, ''), coalesce(nullif($7, ''), 'high'), $8, $9, $9
		 where not exists (select from escalations e where e.org_id = $1 and e.call_id = $3)
		on conflict (org_id, tool_call_id) where tool_call_id is not null do nothing`,
		[]any{t.org, b.NewID(), call, "report:" + f.ID, e.reason, e.summary, e.urgency, *f.endedAt, t.at}, nil)
}
