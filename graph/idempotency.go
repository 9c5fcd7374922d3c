package graph

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
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
// request has no key. Whoever may not keep a key is refused, and nothing is done.
func (m mutation) claim(ctx context.Context) (claimed *claim, replay *graphql.Response, err error) {
	key := m.out.request.IdempotencyKey
	if key == "" {
		return nil, nil, nil
	}
	if len(key) > maxKey {
		return nil, nil, fault.New(fault.BadUserInput, "Idempotency-Key may be at most %d bytes.", maxKey)
	}
	for _, n := range idempotencyNeeds {
		if err := m.out.decisions[n].Err(); err != nil {
			return nil, nil, err
		}
	}
	oc := graphql.GetOperationContext(ctx)
	salt := make([]byte, saltSize)
	if _, err := io.ReadFull(m.door.Random, salt); err != nil {
		return nil, nil, fmt.Errorf("drawing a salt: %w", err)
	}
	mark, err := fingerprint(oc, salt)
	if err != nil {
		return nil, nil, err
	}
	client := ent.FromContext(ctx)
	principal := m.out.request.Subject.ID
	id := m.door.NewID()
	err = client.IdempotencyKey.Create().SetID(id).SetOrgID(m.org).SetPrincipalID(principal).SetKey(key).
		SetOperation(operationName(oc)).SetFingerprint(mark).SetExpiresAt(m.out.now.Add(keyLife)).
		OnConflictColumns(idempotencykey.FieldOrgID, idempotencykey.FieldPrincipalID, idempotencykey.FieldKey).
		DoNothing().Exec(ctx)
	if err == nil {
		return &claim{id: id, salt: salt}, nil, nil
	}
	if !errors.Is(err, sql.ErrNoRows) {
		return nil, nil, fmt.Errorf("claiming an idempotency key: %w", err)
	}
	row, err := client.IdempotencyKey.Query().
		Where(idempotencykey.PrincipalID(principal), idempotencykey.Key(key)).Only(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("reading an idempotency key: %w", err)
	}
	salt, data, err := m.open(row)
	if err != nil {
		return nil, nil, err
	}
	if mark, err = fingerprint(oc, salt); err != nil {
		return nil, nil, err
	}
	if !hmac.Equal(row.Fingerprint, mark) {
		return nil, nil, fault.New(fault.Conflict, "This Idempotency-Key was used for another request. Use a new one.")
	}
	return nil, &graphql.Response{Data: data, Extensions: map[string]any{"idempotentReplayed": true}}, nil
}

// claim is a key that this transaction holds.
type claim struct {
	id   uuid.UUID
	salt []byte
}

// fingerprint tells one request from another: document, operation, variables.
// Without its salt, which is sealed, it cannot be tried on guessed requests.
func fingerprint(oc *graphql.OperationContext, salt []byte) ([]byte, error) {
	text, err := json.Marshal([]any{oc.RawQuery, oc.OperationName, oc.Variables})
	if err != nil {
		return nil, errors.New("taking a fingerprint") // the cause may quote the variables
	}
	mac := hmac.New(sha256.New, salt)
	mac.Write(text)
	return mac.Sum(nil), nil
}
