package demo

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/voxanne/cascade/server/auth"
)

// found writes who exists and who may come in, in one transaction and as the
// superuser. What is there already stays as it is, but for the hash of the
// partner's key.
func found(ctx context.Context, conn *pgx.Conn, key auth.Key, now time.Time) error {
	return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		var there bool
		if err := tx.QueryRow(ctx, `select exists (select from organizations where slug = $1)`, platformSlug).Scan(&there); err != nil {
			return fmt.Errorf("looking for the demo's organizations: %w", err)
		}
		batch := &pgx.Batch{}
		if !there {
			organizations(batch)
			users(batch)
			grant(batch, now)
		}
		partnerKey(batch, key)
		if err := tx.SendBatch(ctx, batch).Close(); err != nil {
			return fmt.Errorf("founding the demo's organizations: %w", err)
		}
		return nil
	})
}

func organizations(batch *pgx.Batch) {
	const insert = `insert into organizations (id, kind, name, slug, plan, timezone, region, locale, created_at, updated_at)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)`
	for _, c := range clinics() {
		batch.Queue(insert, c.id(), "clinic", c.name, c.slug, c.plan, c.timezone, c.region, c.locale, opened)
	}
	batch.Queue(insert, fixedID("org "+partnerSlug), "partner", "Bridge EHR", partnerSlug, "partner", "UTC", "us", "en-US", opened)
	batch.Queue(insert, fixedID("org "+platformSlug), "platform", "Cascade", platformSlug, "platform", "UTC", "us", "en-US", opened)
}

func users(batch *pgx.Batch) {
	const insert = `insert into users (id, issuer, subject, email, name, platform_kind, created_at)
		values ($1, $2, $3, $4, $5, nullif($6, ''), $7) on conflict do nothing`
	add := func(a account) {
		batch.Queue(insert, a.id(), Issuer, SubjectOf(a.email), a.email, a.name, string(a.kind), opened)
	}
	for _, c := range clinics() {
		for _, m := range c.members() {
			add(m.account)
			batch.Queue(`insert into memberships (org_id, id, user_id, role, email, name, created_at, updated_at)
				values ($1, $2, $3, $4, $5, $6, $7, $7)`,
				c.id(), fixedID("membership "+c.slug+" "+m.email), m.id(), string(m.role), m.email, c.mark(m.name), opened)
		}
	}
	for _, a := range platform() {
		add(a)
	}
}

// grant lets the partner read the calls of one clinic for a year.
func grant(batch *pgx.Batch, now time.Time) {
	c := sunriseDental()
	owner := c.members()[0]
	batch.Queue(`insert into access_grants (org_id, id, partner_id, actions, resources, masks, purpose, starts_at, expires_at, created_by, created_at)
		values ($1, $2, $3, '{read}', '{call}', $4, $5, $6, $7, $8, $6)`,
		c.id(), fixedID("grant "+partnerSlug), fixedID("org "+partnerSlug), grantMasks,
		c.mark("Calls in the patients' records of Bridge EHR"), now, now.AddDate(1, 0, 0), owner.id())
}

func partnerKey(batch *pgx.Batch, key auth.Key) {
	hash := key.Hash()
	batch.Queue(`insert into api_keys (org_id, id, name, public_id, hash, last_four, scopes, created_by, created_at)
		values ($1, $2, 'Call import', $3, $4, $5, $6, $7, $8)
		on conflict (org_id, id) do update set public_id = excluded.public_id, hash = excluded.hash, last_four = excluded.last_four`,
		fixedID("org "+partnerSlug), fixedID("key "+partnerSlug), key.PublicID(), hash[:], key.LastFour(), keyScopes,
		fixedID("user integration@"+partnerSlug+".test"), opened)
}
