package main

import (
	"net/http"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

const newestCalls = `select c.id, c.status, c.direction, c.caller_name, c.caller_number, c.started_at, c.duration_seconds, a.name
	from call_logs c left join agents a on a.org_id = c.org_id and a.id = c.agent_id
	where c.org_id = $1 and not c.is_test
	order by c.started_at desc, c.id desc limit $2`

// calls are the newest 20 with the names of their agents.
func (f *floor) calls(r *http.Request, org uuid.UUID, to []byte) ([]byte, error) {
	to = append(to, `{"calls":[`...)
	err := f.ask(r.Context(), org, newest(org, 20, &to))
	return append(to, `]}`...), err
}

// newest appends so many calls to a list.
func newest(org uuid.UUID, n int, to *[]byte) question {
	return question{newestCalls, []any{org, n}, func(rows pgx.Rows) error {
		var id uuid.UUID
		var status, direction string
		var name, number, agent *string
		var started time.Time
		var seconds *int
		first := true
		_, err := pgx.ForEachRow(rows, []any{&id, &status, &direction, &name, &number, &started, &seconds, &agent}, func() error {
			b := *to
			if !first {
				b = append(b, ',')
			}
			first = false
			b = appendText(append(b, `{"id":`...), id.String())
			b = appendText(append(b, `,"status":`...), status)
			b = appendText(append(b, `,"direction":`...), direction)
			b = appendOptional(append(b, `,"callerName":`...), name)
			b = appendOptional(append(b, `,"callerNumber":`...), number)
			b = appendTime(append(b, `,"startedAt":`...), started)
			b = appendNumber(append(b, `,"durationSeconds":`...), seconds)
			b = appendOptional(append(b, `,"agent":{"name":`...), agent)
			*to = append(b, `}}`...)
			return nil
		})
		return err
	}}
}

// call is one call with its transcript.
func (f *floor) call(r *http.Request, org uuid.UUID, to []byte) ([]byte, error) {
	id, err := uuid.Parse(r.PathValue("id"))
	if err != nil {
		return nil, errAbsent
	}
	const query = `select status, direction, caller_name, started_at, duration_seconds, transcript
		from call_logs where org_id = $1 and id = $2`
	err = f.ask(r.Context(), org, question{query, []any{org, id}, func(rows pgx.Rows) error {
		var status, direction string
		var name *string
		var started time.Time
		var seconds *int
		var transcript []byte
		tag, err := pgx.ForEachRow(rows, []any{&status, &direction, &name, &started, &seconds, &transcript}, func() error {
			to = appendText(append(to, `{"id":`...), id.String())
			to = appendText(append(to, `,"status":`...), status)
			to = appendText(append(to, `,"direction":`...), direction)
			to = appendOptional(append(to, `,"callerName":`...), name)
			to = appendTime(append(to, `,"startedAt":`...), started)
			to = appendNumber(append(to, `,"durationSeconds":`...), seconds)
			to = append(append(append(to, `,"transcript":`...), transcript...), '}')
			return nil
		})
		if err == nil && tag.RowsAffected() == 0 {
			return errAbsent
		}
		return err
	}})
	return to, err
}
