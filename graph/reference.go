package graph

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent/audit"
	"github.com/voxanne/cascade/policy"
)

// reference is a row that an input names; a nil id names none.
type reference struct {
	resource policy.Resource
	id       *uuid.UUID
}

// foreignKey is SQLSTATE foreign_key_violation.
const foreignKey = "23503"

// dangling turns the refusal of a reference into the NOT_FOUND that an absent
// row gets, and tells the watch what was reached for. The composite foreign key
// refuses: it carries the clinic, so another clinic's row is no row at all.
func (r *Resolver) dangling(ctx context.Context, err error, by need, refs ...reference) error {
	var state interface{ SQLState() string } // an error of the database's
	if !errors.As(err, &state) || state.SQLState() != foreignKey {
		return err
	}
	out := decidedFrom(ctx)
	decision, ok := out.decisions[by]
	if !ok {
		return errors.Join(notFound(), err)
	}
	for _, ref := range refs {
		if ref.id == nil {
			continue
		}
		record := audit.NewRecord(decision, out.request.Origin)
		record.Action, record.Resource = policy.Read, ref.resource
		record.Allow, record.Reason, record.Input = false, policy.ReasonForeignRow, nil
		record.OrgIDs = []uuid.UUID{}
		r.Watch.Report(record, *ref.id)
	}
	return errors.Join(notFound(), err)
}
