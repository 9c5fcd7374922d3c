package graph

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent"
	"github.com/voxanne/cascade/ent/idempotencykey"
	"github.com/voxanne/cascade/graph/fault"
	"github.com/voxanne/cascade/policy"
)

// keyLife is how long an answer is remembered.
const keyLife = 24 * time.Hour

// maxKey is the longest Idempotency-Key, in bytes.
const maxKey = 255

// idempotencyNeeds are the decisions that remembering an answer takes.
var idempotencyNeeds = []need{
	{policy.Create, policy.IdempotencyKey}, {policy.Read, policy.IdempotencyKey}, {policy.Update, policy.IdempotencyKey},
}

// claim takes the request's Idempotency-Key (IETF draft-ietf-httpapi-
// idempotency-key-header) for this transaction. The key's unique index is the
// lock: a second request with it waits here until the first is kept or gone.
// It returns the claimed row; or the remembered answer; or neither when the
// request has no key.
func (m mutation) claim(ctx context.Context) (claimed uuid.UUID, replay *graphql.Response, err error) {
	key := m.out.request.IdempotencyKey
	if key == "" {
		return uuid.Nil, nil, nil
	}
	if len(key) > maxKey {
		return uuid.Nil, nil, fault.New(fault.BadUserInput, "Idempotency-Key may be at most %d bytes.", maxKey)
	}
	oc := graphql.GetOperationContext(ctx)
	print, err := fingerprint(oc)
	if err != nil {
		return uuid.Nil, nil, err
	}
	client := ent.FromContext(ctx)
	principal := m.out.request.Subject.ID
	id := m.door.NewID()
	err = client.IdempotencyKey.Create().SetID(id).SetOrgID(m.org).SetPrincipalID(principal).SetKey(key).
		SetOperation(operationName(oc)).SetFingerprint(print).SetExpiresAt(m.out.now.Add(keyLife)).
		OnConflictColumns(idempotencykey.FieldOrgID, idempotencykey.FieldPrincipalID, idempotencykey.FieldKey).
		DoNothing().Exec(ctx)
	if err == nil {
		return id, nil, nil
	}
	if !errors.Is(err, sql.ErrNoRows) {
		return uuid.Nil, nil, fmt.Errorf("claiming an idempotency key: %w", err)
	}
	row, err := client.IdempotencyKey.Query().
		Where(idempotencykey.PrincipalID(principal), idempotencykey.Key(key)).Only(ctx)
	if err != nil {
		return uuid.Nil, nil, fmt.Errorf("reading an idempotency key: %w", err)
	}
	if string(row.Fingerprint) != string(print) {
		return uuid.Nil, nil, fault.New(fault.Conflict, "This Idempotency-Key was used for another request. Use a new one.")
	}
	return uuid.Nil, &graphql.Response{Data: row.Response, Extensions: map[string]any{"idempotentReplayed": true}}, nil
}

// remember keeps the answer with the work, so that they are there together.
func (m mutation) remember(ctx context.Context, id uuid.UUID, response *graphql.Response) error {
	err := ent.FromContext(ctx).IdempotencyKey.Update().
		Where(idempotencykey.ID(id)).SetResponse(response.Data).Exec(ctx)
	if err != nil {
		return fmt.Errorf("remembering an answer: %w", err)
	}
	return nil
}

// fingerprint tells one request from another: document, operation, variables.
func fingerprint(oc *graphql.OperationContext) ([]byte, error) {
	text, err := json.Marshal([]any{oc.RawQuery, oc.OperationName, oc.Variables})
	if err != nil {
		return nil, fmt.Errorf("taking a fingerprint: %w", err)
	}
	sum := sha256.Sum256(text)
	return sum[:], nil
}
