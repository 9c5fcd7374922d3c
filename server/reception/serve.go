package reception

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/voxanne/cascade/ent/rls"
	"github.com/voxanne/cascade/server/webhook/vapi"
)

// Do does what the tool calls of one message ask for, each by itself: one that
// fails leaves nothing behind and keeps no other from being done. fallback is the
// id of a call that came without one. An error means that the transaction can
// keep nothing, and the message may be tried again.
func (d *Desk) Do(ctx context.Context, tx *rls.Tx, call Call, calls []vapi.ToolCall, fallback string) (Outcome, error) {
	var out Outcome
	for _, c := range calls {
		answer, err := d.once(ctx, tx, &call, c, fallback, &out)
		if err != nil {
			return Outcome{}, err
		}
		out.Answers = append(out.Answers, answer)
	}
	return out, nil
}

// Recall gives the answers that these tool calls had before.
func (d *Desk) Recall(ctx context.Context, tx *rls.Tx, call Call, calls []vapi.ToolCall, fallback string) (Outcome, error) {
	var out Outcome
	for _, c := range calls {
		answer, err := d.recall(ctx, tx, &call, c, fallback)
		if err != nil {
			return Outcome{}, err
		}
		out.Answers = append(out.Answers, answer)
	}
	return out, nil
}

// once claims a tool call for this transaction, does it, and keeps its answer
// beside it. Whoever comes second waits for the first to commit, and then has
// its answer.
func (d *Desk) once(ctx context.Context, tx *rls.Tx, call *Call, c vapi.ToolCall, fallback string, out *Outcome) (Answer, error) {
	key := keyOf(c, fallback)
	id := d.NewID()
	mine, err := one(ctx, tx, `
		insert into tool_calls (org_id, id, provider, provider_call_id, tool_call_id, name, created_at)
		values ($1, $2, $3, $4, $5, $6, $7)
		on conflict (org_id, provider, provider_call_id, tool_call_id) do nothing returning id`,
		[]any{call.Org, id, call.Provider, call.ProviderID, key, c.Name, call.Now}, &id)
	if err != nil {
		return Answer{}, fmt.Errorf("claiming a tool call: %w", err)
	}
	if !mine {
		return d.recall(ctx, tx, call, c, fallback)
	}
	answer, contact := Answer{ToolCallID: c.ID, Code: codeDone}, call.Contact
	err = tx.Try(ctx, func() (err error) {
		answer.Say, err = d.work(ctx, tx, call, c, key, out)
		return err
	})
	if err != nil {
		call.Contact = contact // one that was made is gone again
	}
	if refusal, ok := asRefusal(err); ok {
		answer.Code, answer.Say = refusal.Code, refusal.Say
	} else if err != nil {
		if fatal(ctx, err) {
			return Answer{}, fmt.Errorf("doing a tool call: %w", err)
		}
		d.Log.ErrorContext(ctx, "a tool failed", "tool", c.Name, "call_id", call.ProviderID, "class", classOf(err))
		answer.Code, answer.Say = codeFailed, sayFailed
	}
	err = tx.Exec(ctx, `update tool_calls set code = $3, answer = $4 where org_id = $1 and id = $2`,
		[]any{call.Org, id, answer.Code, answer.Say}, nil)
	if err != nil {
		return Answer{}, fmt.Errorf("keeping a tool's answer: %w", err)
	}
	return answer, nil
}

// recall is the answer that a tool call had. One that was never taken up was not
// done, and whoever asked was told so.
func (d *Desk) recall(ctx context.Context, tx *rls.Tx, call *Call, c vapi.ToolCall, fallback string) (Answer, error) {
	answer := Answer{ToolCallID: c.ID, Code: codeFailed, Say: sayFailed}
	_, err := one(ctx, tx, `
		select code, answer from tool_calls
		 where org_id = $1 and provider = $2 and provider_call_id = $3 and tool_call_id = $4 and code is not null`,
		[]any{call.Org, call.Provider, call.ProviderID, keyOf(c, fallback)}, &answer.Code, &answer.Say)
	if err != nil {
		return Answer{}, fmt.Errorf("reading a tool's answer: %w", err)
	}
	return answer, nil
}

// work does one tool call.
func (d *Desk) work(ctx context.Context, tx *rls.Tx, call *Call, c vapi.ToolCall, key string, out *Outcome) (string, error) {
	t, ok := toolNamed(c.Name)
	switch {
	case !ok:
		return "", refuse("unknown_tool", "This cannot be done over the phone. Please offer that a member of staff calls back.")
	case call.Over && !t.late:
		return "", refuse(codeLate, sayFailed)
	case !t.permitted(ctx, call.Org):
		return "", refuse(codeDenied, sayFailed)
	}
	args, err := decode(t.params, c)
	if err != nil {
		return "", err
	}
	return t.work(ctx, &job{Desk: d, tx: tx, call: call, args: args, id: call.ProviderID + "/" + key, outcome: out})
}

// keyOf names a tool call within its call.
func keyOf(c vapi.ToolCall, fallback string) string {
	if c.ID == "" {
		return fallback + "/" + c.Name
	}
	return c.ID
}

// fatal reports whether err is of the transaction rather than of one tool:
// another was in its way, its time is over, or its connection is.
func fatal(ctx context.Context, err error) bool {
	state, ok := errors.AsType[*pgconn.PgError](err)
	if ok {
		return state.Code == "40001" || state.Code == "40P01" || state.Code[:2] == "57"
	}
	return ctx.Err() != nil || errors.Is(err, rls.ErrTxDone) || pgconn.Timeout(err)
}

// classOf is what a log may hold of an error: Postgres quotes values.
func classOf(err error) string {
	if state, ok := errors.AsType[*pgconn.PgError](err); ok {
		return "sql:" + state.Code
	}
	return "internal"
}
