package webhook

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent/rls"
	"github.com/voxanne/cascade/server/webhook/vapi"
)

// fetchWithin is how long after a call's end its recordings are fetched: the
// provider erases them after 14 days.
const fetchWithin = 13 * 24 * time.Hour

// apply does what a kept message means, and returns the call that it changed,
// if any. It takes locks in one order, contact, call, day, so that two messages
// seldom wait for each other, and all it does can be done in any order.
func (b *inbox) apply(ctx context.Context, tx *rls.Tx, t task, m vapi.Message, f *callFacts) (call uuid.UUID, err error) {
	if err := b.applying(ctx, m); err != nil {
		return uuid.Nil, err
	}
	if f == nil {
		return uuid.Nil, nil // kept, and that is all that it means
	}
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

// escalate raises a call once, however it is told. One that does not say how
// urgent it is counts as high.
func (b *inbox) escalate(ctx context.Context, tx *rls.Tx, t task, f *callFacts, call uuid.UUID) error {
	e := f.escalation
	return tx.Exec(ctx, `
		insert into escalations (org_id, id, call_id, tool_call_id, reason, summary, urgency, raised_at, created_at, updated_at)
		values ($1, $2, $3, $4, nullif($5, ''), nullif($6, ''), coalesce(nullif($7, ''), 'high'), $8, $9, $9)
		on conflict (org_id, tool_call_id) where tool_call_id is not null do nothing`,
		[]any{t.org, b.NewID(), call, "report:" + f.ID, e.reason, e.summary, e.urgency, *f.endedAt, t.at}, nil)
}
