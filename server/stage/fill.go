package stage

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/voxanne/cascade/ent/secret"
)

// kept are tables that the database alone fills: from calls, and with records.
var kept = map[string]bool{"org_daily_stats": true, "audit_decisions": true, "audit_decision_orgs": true} //nolint:gochecknoglobals // an immutable table

// fill writes a clinic, its people and its rows.
func (c *Clinic) fill(ctx context.Context, tx pgx.Tx, keys *secret.Keyset, tables []table) error {
	now := time.Now().UTC().Truncate(time.Second)
	c.ID, c.Rows = c.newID(), map[string][]uuid.UUID{}
	// Limits are not what a stage is about: they are as wide as they go.
	const org = `insert into organizations (id, kind, name, slug, plan, timezone, region, locale, requests_per_minute, cost_per_hour)
		values ($1, $2, $3, $4, 'scale', 'Europe/London', $3, $3, 100000000, 1000000000)`
	if _, err := tx.Exec(ctx, org, c.ID, "clinic", c.Canary, c.Slug); err != nil {
		return fmt.Errorf("making the clinic: %w", err)
	}
	c.distant = NewID()
	if _, err := tx.Exec(ctx, org, c.distant, "partner", "Distant partner", "distant-"+c.Slug); err != nil {
		return fmt.Errorf("making a partner: %w", err)
	}
	for i := range rows {
		user := c.newID()
		_, err := tx.Exec(ctx, `insert into users (id, issuer, subject, email, name) values ($1, $2, $3, $4, $3)`,
			user, IssuerName, fmt.Sprintf("%s colleague %d", c.Canary, i), fmt.Sprintf("%s.colleague%d@example.com", c.Canary, i))
		if err != nil {
			return fmt.Errorf("making a user: %w", err)
		}
		c.users = append(c.users, user)
	}
	for _, t := range tables {
		if kept[t.name] {
			continue
		}
		for i := range rows {
			if t.single && i > 0 {
				break
			}
			id, err := c.insert(ctx, tx, t, i, now)
			if err != nil {
				return err
			}
			c.Rows[t.name] = append(c.Rows[t.name], id)
		}
	}
	if err := c.records(ctx, tx, now); err != nil {
		return err
	}
	return c.secrets(ctx, tx, keys)
}

// insert writes the i-th row of a table.
func (c *Clinic) insert(ctx context.Context, tx pgx.Tx, t table, i int, now time.Time) (uuid.UUID, error) {
	var names, places []string
	var values []any
	var id uuid.UUID
	for _, col := range t.columns {
		v, ok, err := c.value(t, col, i, now)
		if err != nil {
			return id, err
		}
		if !ok {
			continue
		}
		if col.name == "id" {
			id, _ = v.(uuid.UUID)
		}
		values = append(values, v)
		names = append(names, col.name)
		places = append(places, fmt.Sprintf("$%d", len(values)))
	}
	statement := fmt.Sprintf("insert into %s (%s) values (%s)", t.name, strings.Join(names, ", "), strings.Join(places, ", "))
	if _, err := tx.Exec(ctx, statement, values...); err != nil {
		return id, fmt.Errorf("inserting into %s: %w", t.name, err)
	}
	return id, nil
}

// records writes a record about the clinic, and one about several of which it
// is one, in a chain that verifies.
func (c *Clinic) records(ctx context.Context, tx pgx.Tx, now time.Time) error {
	head := make([]byte, sha256.Size)
	var bodies []string
	var hashes [][]byte
	for i := range rows {
		text := fmt.Sprintf("%s record %d", c.Canary, i)
		record := map[string]any{
			"id": c.newID(), "at": now.Add(-time.Duration(i+1) * time.Hour), "request_id": text, "trace_id": text,
			"subject_id": c.users[0], "subject_kind": "member", "credential_type": "jwt", "credential_id": text,
			"action": "read", "resource": "call", "operation": text, "asked_org_ids": []uuid.UUID{c.ID},
			"org_ids": []uuid.UUID{c.ID}, "allow": true, "reason": text, "revision": text,
		}
		if i > 0 {
			record["org_id"] = c.ID
		}
		body, err := json.Marshal(record)
		if err != nil {
			return fmt.Errorf("writing a record down: %w", err)
		}
		sum := sha256.Sum256(append(head, body...))
		bodies, hashes, head = append(bodies, string(body)), append(hashes, sum[:]), sum[:]
	}
	_, err := tx.Exec(ctx, `select app.chain_append($1, 1, $2, $3, $4)`, c.Canary, make([]byte, sha256.Size), bodies, hashes)
	if err != nil {
		return fmt.Errorf("keeping records: %w", err)
	}
	return nil
}

// secrets gives the clinic's webhook and its invitation what proves them.
func (c *Clinic) secrets(ctx context.Context, tx pgx.Tx, keys *secret.Keyset) error {
	key := hex.EncodeToString([]byte(c.Canary + " webhook key"))
	c.Vapi.Path, c.Vapi.Secret = "/webhooks/vapi/"+key, c.Canary+" webhook secret"
	row := c.Rows["integrations"][0] // the first provider listed is Vapi
	seal := func(column string, plain string) ([]byte, error) {
		place := secret.Place{Org: c.ID, Row: row, Column: "integrations." + column}
		sealed, err := keys.Seal([]byte(plain), place.Bytes())
		if err != nil {
			return nil, fmt.Errorf("sealing %s: %w", column, err)
		}
		return sealed, nil
	}
	hook, err := seal("webhook_secret", c.Vapi.Secret)
	if err != nil {
		return err
	}
	credentials, err := seal("credentials", fmt.Sprintf(`{"apiKey": %q}`, c.Canary))
	if err != nil {
		return err
	}
	hash := sha256.Sum256([]byte(key))
	_, err = tx.Exec(ctx, `update integrations set provider = 'vapi', status = 'connected', webhook_key_hash = $3, webhook_secret = $4, credentials = $5
		where org_id = $1 and id = $2`, c.ID, row, hash[:], hook, credentials)
	if err != nil {
		return fmt.Errorf("setting up the webhook: %w", err)
	}
	c.Invitation.Token = c.Canary + " invitation token"
	hash = sha256.Sum256([]byte(c.Invitation.Token))
	err = tx.QueryRow(ctx, `update invitations set token_hash = $3 where org_id = $1 and id = $2 returning email`,
		c.ID, c.Rows["invitations"][0], hash[:]).Scan(&c.Invitation.Email)
	if err != nil {
		return fmt.Errorf("setting up the invitation: %w", err)
	}
	return nil
}

// read finds the rows again, those that the database made itself too. A table
// that is empty is an error.
func (c *Clinic) read(ctx context.Context, tx pgx.Tx, tables []table) error {
	for _, t := range tables {
		id := "id"
		if t.name == "audit_decision_orgs" {
			id = "decision_id"
		}
		found, err := tx.Query(ctx, fmt.Sprintf(`select %[1]s from %[2]s where org_id = $1 order by %[1]s desc`, id, t.name), c.ID)
		if err != nil {
			return fmt.Errorf("reading %s: %w", t.name, err)
		}
		if c.Rows[t.name], err = pgx.CollectRows(found, pgx.RowTo[uuid.UUID]); err != nil {
			return fmt.Errorf("reading %s: %w", t.name, err)
		}
		if len(c.Rows[t.name]) == 0 {
			return fmt.Errorf("%s holds no row of %s", t.name, c.Slug)
		}
	}
	c.Rows["organizations"] = []uuid.UUID{c.ID}
	return nil
}
