package onboarding

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent/audit"
	"github.com/voxanne/cascade/ent/rls"
	"github.com/voxanne/cascade/ent/secret"
	"github.com/voxanne/cascade/policy"
)

// requestTime is how long the database takes a request that we signed.
const requestTime = time.Minute

// Created is a clinic that a form made, now or before.
type Created struct {
	OrgID uuid.UUID
	Slug  string // empty when the same form made it before
}

// Before reports whether the same form made it before, so that nothing was done.
func (c Created) Before() bool { return c.Slug == "" }

// Create makes a clinic of a form, with an invitation for its owner and an
// onboarding that a worker goes on with. The same form of the same address under
// the same key makes it once: sent again, it changes nothing. by is who asks; the
// zero Subject is somebody who signs up. A form that cannot be used is an
// *ErrForm, or several joined.
func (s *Saga) Create(ctx context.Context, by policy.Subject, f Form, key string) (Created, error) {
	f, err := f.clean()
	if err != nil {
		return Created{}, err
	}
	id := s.identity(f, key)
	onboarding, invitation := s.NewID(), s.NewID()
	hidden, err := s.draw()
	if err != nil {
		return Created{}, err
	}
	sealed, err := s.sealed(id, onboarding, hidden)
	if err != nil {
		return Created{}, err
	}
	invitedBy := by.ID
	if invitedBy == uuid.Nil {
		invitedBy = id
	}
	hash := sha256.Sum256([]byte(hidden.Invitation))
	now := s.Now()
	document := map[string]any{
		"id": id, "name": f.Name, "slugs": slugsOf(f.Name, id), "timezone": f.Timezone, "locale": f.Locale,
		"region": strings.ToLower(f.Country), "email": f.Email, "invitation": invitation, "invited_by": invitedBy,
		"token_hash": hex.EncodeToString(hash[:]), "expires_at": now.Add(DefaultInvited), "onboarding": onboarding,
		"secrets": hex.EncodeToString(sealed),
		"request": request{Email: f.Email, Country: f.Country, AreaCode: f.AreaCode},
	}
	out := Created{OrgID: id}
	record := s.record(ctx, by, id, "createOrganization", policy.Create)
	var slug *string
	err = s.platform(ctx, id, record, func(ctx context.Context, tx *rls.Tx) error {
		return s.ask(ctx, tx, "organization.create", `select app.create_organization($1, $2)`, document, &slug)
	})
	if slug != nil {
		out.Slug = *slug
	}
	return out, err
}

// request is what an onboarding keeps of its form.
type request struct {
	Email    string `json:"email"`
	Country  string `json:"country"`
	AreaCode string `json:"areaCode,omitempty"`
}

// identity is the clinic's id: the same for the same form, and nobody's to guess.
func (s *Saga) identity(f Form, key string) uuid.UUID {
	text, err := json.Marshal([]string{strings.ToLower(f.Email), f.Name, key})
	if err != nil { // cannot be: they are strings
		return s.NewID()
	}
	sum := sha256.Sum256([]byte(s.Driver.Key.Prove("organization.id " + string(text))))
	id := uuid.UUID(sum[:16])
	id[6], id[8] = id[6]&0x0f|0x80, id[8]&0x3f|0x80 // version 8 (RFC 9562, 5.8)
	return id
}

// hidden is what an onboarding has to remember and nobody may read.
type hidden struct {
	Invitation string `json:"invitation"`
	VapiKey    string `json:"vapiKey"` // the end of the address that Vapi reports to
	VapiSecret string `json:"vapiSecret"`
	TwilioKey  string `json:"twilioKey"`
}

func (s *Saga) draw() (h hidden, err error) {
	for _, field := range []*string{&h.Invitation, &h.VapiKey, &h.VapiSecret, &h.TwilioKey} {
		b := make([]byte, 32)
		if _, err := io.ReadFull(s.Random, b); err != nil {
			return h, fmt.Errorf("drawing a secret: %w", err)
		}
		digits := new(big.Int).SetBytes(b).Text(62)
		*field = strings.Repeat("0", 43-len(digits)) + digits
	}
	return h, nil
}

func (s *Saga) sealed(org, onboarding uuid.UUID, h hidden) ([]byte, error) {
	plain, err := json.Marshal(h)
	if err != nil {
		return nil, errors.New("writing secrets down") // the cause may quote them
	}
	place := secret.Place{Org: org, Row: onboarding, Column: secret.OnboardingSecrets}
	sealed, err := s.Secrets.Seal(plain, place.Bytes())
	if err != nil {
		return nil, fmt.Errorf("sealing secrets: %w", err)
	}
	return sealed, nil
}

// ask asks a function of the database that wants a proof, and scans its answer.
func (s *Saga) ask(ctx context.Context, tx *rls.Tx, what, statement string, document map[string]any, answer any) error {
	document["e"] = s.Now().Add(requestTime).Unix()
	text, err := json.Marshal(document)
	if err != nil {
		return fmt.Errorf("writing a request down: %w", err)
	}
	_, err = rls.One(ctx, tx, statement, []any{string(text), tx.Prove(what + " " + string(text))}, answer)
	return err
}

// platform runs what the platform does to a clinic, under a scope that reaches
// nothing: the database's own function does the work, and the record of it is
// kept with it.
func (s *Saga) platform(ctx context.Context, org uuid.UUID, record audit.Record, work func(context.Context, *rls.Tx) error) error {
	ctx = policy.WithScope(ctx, policy.Scope{})
	return s.within(ctx, func(tx *rls.Tx) error {
		if err := work(ctx, tx); err != nil {
			return err
		}
		return audit.AppendTx(ctx, tx, org, record)
	})
}

// record is what the platform did to a clinic.
func (s *Saga) record(ctx context.Context, by policy.Subject, org uuid.UUID, operation string, action policy.Action) audit.Record {
	q := policy.Request{
		Subject: by, Action: action, Resource: policy.Organization, Operation: operation, Orgs: []uuid.UUID{org}, Now: s.Now(),
	}
	r := audit.NewRecord(policy.Deny(q, "", policy.Evidence{ID: s.NewID()}), s.Origin(ctx))
	r.Allow, r.Reason, r.OrgIDs = true, "platform", []uuid.UUID{org}
	if by.Kind == "" {
		r.Reason = "sign_up"
	}
	return r
}
