package graph

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/99designs/gqlgen/graphql"
	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent"
	"github.com/voxanne/cascade/ent/idempotencykey"
	"github.com/voxanne/cascade/ent/secret"
)

// remembered is what the table keeps of an answer. Answers hold what is shown
// once and what is shown to few, so all of them are sealed, the salt in front:
// no field has to say that it is a secret, and none can forget to.
type remembered struct {
	Sealed []byte `json:"sealed"`
}

const saltSize = sha256.Size

func answerPlace(org, row uuid.UUID) secret.Place {
	return secret.Place{Org: org, Row: row, Column: secret.IdempotencyResponse}
}

// remember keeps the answer with the work, so that they are there together.
func (m mutation) remember(ctx context.Context, c *claim, response *graphql.Response) error {
	sealed, err := sealAt(m.door.Secrets, append(c.salt, response.Data...), answerPlace(m.org, c.id))
	if err != nil {
		return err
	}
	kept, err := json.Marshal(remembered{sealed})
	if err != nil {
		return fmt.Errorf("remembering an answer: %w", err)
	}
	err = ent.FromContext(ctx).IdempotencyKey.Update().Where(idempotencykey.ID(c.id)).SetResponse(kept).Exec(ctx)
	if err != nil {
		return fmt.Errorf("remembering an answer: %w", err)
	}
	return nil
}

// open returns a remembered answer to the byte, and its salt.
func (m mutation) open(row *ent.IdempotencyKey) (salt []byte, data json.RawMessage, err error) {
	var kept remembered
	if err := json.Unmarshal(row.Response, &kept); err != nil {
		return nil, nil, fmt.Errorf("reading a remembered answer: %w", err)
	}
	plain, err := m.door.Secrets.Open(kept.Sealed, answerPlace(row.OrgID, row.ID).Bytes())
	if err != nil {
		return nil, nil, fmt.Errorf("opening a remembered answer: %w", err)
	}
	if len(plain) < saltSize {
		return nil, nil, errors.New("a remembered answer has no salt")
	}
	return plain[:saltSize], plain[saltSize:], nil
}
