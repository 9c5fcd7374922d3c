package directory

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"time"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/policy"
	"github.com/voxanne/cascade/server/auth"
)

// key is the answer of app.directory_key.
type key struct {
	ID      uuid.UUID        `json:"id"`
	OrgID   uuid.UUID        `json:"org_id"`
	Slug    string           `json:"slug"`
	Status  policy.OrgStatus `json:"status"`
	Hash    string           `json:"hash"`
	Scopes  []string         `json:"scopes"`
	Expires *time.Time       `json:"expires_at"`
	Revoked *time.Time       `json:"revoked_at"`
	Grants  []struct {
		ID        uuid.UUID                    `json:"id"`
		OrgID     uuid.UUID                    `json:"org_id"`
		PartnerID uuid.UUID                    `json:"partner_id"`
		Slug      string                       `json:"slug"`
		Status    policy.OrgStatus             `json:"status"`
		Actions   []policy.Action              `json:"actions"`
		Resources []policy.Resource            `json:"resources"`
		Masks     map[policy.Resource][]string `json:"masks"`
		Starts    time.Time                    `json:"starts_at"`
		Expires   time.Time                    `json:"expires_at"`
		Revoked   *time.Time                   `json:"revoked_at"`
		OrgFacts
	} `json:"grants"`
	OrgFacts
}

// APIKey implements auth.Directory: the owner of the key with this public id
// and what is kept of the key, or auth.ErrUnknownSubject.
//
// The owner is the key itself, acting for its org: a partner's with the grants
// given to it, or a clinic's for its own rows. Both are of the kind partner,
// and the key's scopes narrow both.
func (d *Directory) APIKey(ctx context.Context, publicID string) (auth.APIKeyRecord, error) {
	var k key
	err := d.ask(ctx, &k, `select app.directory_key($1)`, publicID)
	if errors.Is(err, errAbsent) {
		return auth.APIKeyRecord{}, auth.ErrUnknownSubject
	}
	if err != nil {
		return auth.APIKeyRecord{}, err
	}
	record := auth.APIKeyRecord{
		Subject: policy.Subject{ID: k.ID, Kind: policy.Partner, OrgID: k.OrgID, OrgSlug: k.Slug, OrgStatus: k.Status},
		Expires: orZero(k.Expires), Revoked: k.Revoked != nil, Scopes: k.Scopes,
	}
	hash, err := hex.DecodeString(k.Hash)
	if err != nil || len(hash) != sha256.Size {
		return auth.APIKeyRecord{}, errors.New("reading an API key's hash: not a SHA-256")
	}
	copy(record.Hash[:], hash)
	for _, g := range k.Grants {
		record.Subject.Grants = append(record.Subject.Grants, policy.Grant{
			ID: g.ID, OrgID: g.OrgID, Slug: g.Slug, PartnerID: g.PartnerID, Status: g.Status,
			Actions: g.Actions, Resources: g.Resources, Masks: g.Masks,
			Starts: g.Starts.UTC(), Expires: g.Expires.UTC(), Revoked: g.Revoked != nil,
		})
		note(ctx, g.OrgID, g.OrgFacts)
	}
	note(ctx, k.OrgID, k.OrgFacts)
	return record, nil
}

// KeyUsed notes, in the background, that a key proved itself: at most once a
// minute a key, so that a busy one writes little. A note that is lost is lost.
func (d *Directory) KeyUsed(ctx context.Context, publicID string) {
	now := d.Now()
	if last, ok := d.used.Get(publicID); ok && now.Sub(last) < time.Minute {
		return
	}
	d.used.Add(publicID, now)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	d.notes.Go(func() {
		defer cancel()
		if _, err := d.Pool.Exec(ctx, `select app.directory_key_used($1)`, publicID); err != nil {
			d.Log.WarnContext(ctx, "the use of an API key could not be noted", "error", err)
		}
	})
}
