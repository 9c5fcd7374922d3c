package graph

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/99designs/gqlgen/graphql"
	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent"
	"github.com/voxanne/cascade/ent/audit"
	"github.com/voxanne/cascade/ent/rls"
	"github.com/voxanne/cascade/graph/fault"
)

// mutate runs an operation that changes rows: all of it in one transaction,
// with its records. Either everything is kept, or nothing and an error.
func (d *Door) mutate(ctx context.Context, next graphql.OperationHandler, out decided, records []audit.Record) graphql.ResponseHandler {
	if len(out.request.Orgs) != 1 && !out.wide() {
		return refuse(ctx, chooseClinic())
	}
	tx, err := d.Driver.Begin(ctx)
	if err != nil {
		return refuse(ctx, err)
	}
	m := mutation{door: d, tx: tx, out: out, records: records}
	if !out.wide() {
		m.org = out.request.Orgs[0]
	}
	ctx = ent.NewContext(ctx, ent.NewClient(ent.Driver(tx)))
	ctx = context.WithValue(ctx, txKey{}, audit.Tx(tx))
	handler := next(ctx)
	done := false
	return func(ctx context.Context) *graphql.Response {
		if done {
			return nil
		}
		done = true
		response, err := m.run(ctx, handler)
		if err != nil {
			if code := classify(err).Code; code == fault.Internal || code == fault.Unavailable {
				d.Log.ErrorContext(ctx, "a mutation was given up", "error", logged(err))
			}
			return failed(ctx, err)
		}
		return response
	}
}

// mutation is one operation in its transaction.
type mutation struct {
	door    *Door
	tx      *rls.Tx
	org     uuid.UUID // the clinic that it is done in; zero for the platform's own work
	out     decided
	records []audit.Record
}

func (m mutation) run(ctx context.Context, handler graphql.ResponseHandler) (*graphql.Response, error) {
	// After a commit this does nothing; after a panic it frees the connection.
	defer func() {
		if err := m.tx.Rollback(); err != nil {
			m.door.Log.ErrorContext(ctx, "rolling back", "error", err)
		}
	}()
	claimed, replay, err := m.claim(ctx)
	if err != nil {
		return nil, m.abandon(ctx, err)
	}
	if replay != nil {
		return replay, m.abandon(ctx, nil)
	}
	response := handler(ctx)
	if len(response.Errors) > 0 {
		// One field failed, so nothing was done: no answer may say otherwise.
		response.Data = json.RawMessage("null")
		return response, m.abandon(ctx, nil)
	}
	if claimed != nil {
		if err := m.remember(ctx, claimed, response); err != nil {
			return nil, m.abandon(ctx, err)
		}
	}
	if err := m.record(ctx); err != nil {
		return nil, m.abandon(ctx, err)
	}
	if err := m.tx.Commit(); err != nil {
		return nil, fmt.Errorf("keeping a mutation: %w", err)
	}
	return response, nil
}

// record keeps the decisions with the work: in the chain of the clinic that it
// is done in or concerns, else in the platform's.
func (m mutation) record(ctx context.Context) error {
	org := m.org
	if org == uuid.Nil {
		org = *m.out.concerned
	}
	if org == uuid.Nil {
		return audit.AppendPlatformTx(ctx, m.tx, m.records...)
	}
	for i := range m.records {
		// What the platform's people did in a clinic is that clinic's, and not that of
		// another in which they may look around meanwhile.
		if m.records[i].OrgID == nil || m.org == uuid.Nil {
			m.records[i].OrgID = &org
		}
	}
	return audit.AppendTx(ctx, m.tx, org, m.records...)
}

// abandon gives the work up but keeps the records of its decisions.
func (m mutation) abandon(ctx context.Context, cause error) error {
	if err := m.tx.Rollback(); err != nil {
		m.door.Log.ErrorContext(ctx, "rolling back", "error", err)
	}
	if err := m.door.Records.Append(m.records...)(ctx); err != nil {
		return err
	}
	return cause
}

type txKey struct{}

// txFrom returns the transaction of a mutation, for work that is not ent's.
func txFrom(ctx context.Context) audit.Tx {
	tx, _ := ctx.Value(txKey{}).(audit.Tx)
	return tx
}
