package webhook

import (
	"context"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent/rls"
)

// upsertCall makes the call or adds to it what this message says: in columns of
// the first kind the message of the highest rank wins and the others fill gaps,
// whichever came first; the rest have rules of their own.
//
// Agent, number and contact are those of this clinic that have the provider's
// ids, or none.
func (b *inbox) upsertCall(ctx context.Context, tx *rls.Tx, t task, f *callFacts, contact *uuid.UUID) (id uuid.UUID, err error) {
	direction, directed := f.direction()
	var reportedAt any
	if f.reported {
		reportedAt = t.at
	}
	_, err = rls.One(ctx, tx, upsertCallStatement, []any{
		t.org, b.NewID(), f.ID, f.AssistantID, f.PhoneNumberID, f.OurNumber, contact, f.CustomerNumber, f.CustomerName,
		direction, directed, f.status, f.rank, f.startedAt, f.sure, f.endedAt, f.duration, f.reason, f.outcome, f.summary,
		f.turns, f.sentiment, f.score, f.sentimentSummary, f.urgency, f.data, f.cost, f.consent, f.recordingState, f.booked,
		reportedAt, t.at,
	}, &id)
	return id, err
}

// rankedColumns are the columns in which the highest rank wins.
var rankedColumns = []string{
	"agent_id", "phone_number_id", "contact_id", "caller_number", "caller_name", "our_number", "ended_at",
	"duration_seconds", "ended_reason", "outcome", "summary", "transcript", "sentiment", "sentiment_score",
	"sentiment_summary", "urgency", "structured_data", "cost_micros",
}

// ranked is the value of a column of the first kind.
func ranked(column string) string {
	return fmt.Sprintf(`case when excluded.status_rank > c.status_rank then coalesce(excluded.%[1]s, c.%[1]s)
		else coalesce(c.%[1]s, excluded.%[1]s) end`, column)
}

// searchable is how people search for a call: name and number in lower case,
// with single spaces.
func searchable(name, number string) string {
	return fmt.Sprintf(`lower(btrim(regexp_replace(concat_ws(' ', %s, %s), '\s+', ' ', 'g')))`, name, number)
}

// upsertCallStatement is made once; it never changes.
var upsertCallStatement = makeUpsertCall()

func makeUpsertCall() string {
	var set strings.Builder
	for _, column := range rankedColumns {
		fmt.Fprintf(&set, "%s = %s,\n", column, ranked(column))
	}
	return `
	insert into call_logs as c (org_id, id, provider, provider_call_id, agent_id, phone_number_id, our_number, contact_id,
		caller_number, caller_name, direction, status, status_rank, started_at, ended_at, duration_seconds, ended_reason,
		outcome, summary, transcript, sentiment, sentiment_score, sentiment_summary, urgency, structured_data, cost_micros,
		recording_consent, recording_state, appointment_booked, search, reported_at, created_at, updated_at)
	values ($1, $2, 'vapi', $3,
		(select a.id from agents a where a.org_id = $1 and a.provider_assistant_id = nullif($4, '')),
		(select p.id from phone_numbers p where p.org_id = $1 and (p.provider_number_id = nullif($5, '') or p.e164 = nullif($6, ''))
		  order by p.provider_number_id is distinct from nullif($5, ''), p.id limit 1),
		nullif($6, ''),
		coalesce($7::uuid, (select k.id from contacts k where k.org_id = $1 and k.phone = nullif($8, ''))),
		nullif($8, ''), nullif($9, ''), $10, $12, $13, $14, $16, $17, nullif($18, ''), nullif($19, ''), nullif($20, ''), $21,
		nullif($22, ''), $23, nullif($24, ''), nullif($25, ''), $26, $27, $28, $29, $30,
		` + searchable("nullif($9, '')", "nullif($8, '')") + `, $31, $32, $32)
	on conflict (org_id, provider_call_id) do update set
		` + set.String() + `
		search = ` + searchable(ranked("caller_name"), ranked("caller_number")) + `,
		-- A direction that a message says wins over one that was taken for granted.
		direction = case when $11::boolean then excluded.direction else c.direction end,
		status = case when excluded.status_rank > c.status_rank then excluded.status else c.status end,
		status_rank = greatest(c.status_rank, excluded.status_rank),
		-- The report knows when the call began; until then it began with its first sign.
		started_at = case when $15::boolean then excluded.started_at
			when c.reported_at is not null then c.started_at
			else least(c.started_at, excluded.started_at) end,
		recording_consent = case when excluded.recording_consent = 'unknown' then c.recording_consent else excluded.recording_consent end,
		recording_state = case when c.recording_state in ('stored', 'failed') or excluded.recording_state = 'none'
			then c.recording_state else excluded.recording_state end,
		appointment_booked = c.appointment_booked or excluded.appointment_booked,
		reported_at = coalesce(c.reported_at, excluded.reported_at),
		updated_at = greatest(c.updated_at, excluded.updated_at)
	returning c.id`
}
