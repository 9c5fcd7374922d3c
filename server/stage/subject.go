package stage

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/voxanne/cascade/policy"
	"github.com/voxanne/cascade/server/auth"
)

// people makes everybody who asks.
type people struct {
	ctx   context.Context //nolint:containedctx // the life of one call of Populate
	tx    pgx.Tx
	t     testing.TB
	stage *Stage
	world *World
	now   time.Time
}

// everybody is the list: one subject of each kind, role and state of access.
func (p people) everybody() {
	a, b := p.world.A, p.world.B
	for _, role := range []policy.Role{policy.Owner, policy.Admin, policy.Staff, policy.Viewer} {
		p.member(string(role)+" A", map[*Clinic]policy.Role{a: role})
	}
	p.member("staff A and B", map[*Clinic]policy.Role{a: policy.Staff, b: policy.Staff})
	p.member("owner B", map[*Clinic]policy.Role{b: policy.Owner})

	all := []string{"read", "create", "update", "delete"}
	some := Grant{
		From: b, Active: true, Actions: []string{"read", "update"}, Resources: []string{"call", "contact", "appointment"},
		Masks: map[string][]string{"call": {"transcript", "caller_name"}, "contact": {"notes"}},
	}
	p.partner("partner of B", some, 24*time.Hour, false)
	over := Grant{From: b, Actions: all, Resources: []string{"call", "contact", "appointment"}}
	p.partner("partner once of B, expired", over, -time.Hour, false)
	p.partner("partner once of B, revoked", over, 24*time.Hour, true)
	p.key("key of A", a.ID, everyScope(), nil)
	p.key("key of A, for calls alone", a.ID, []string{"call:read"}, nil)
	p.key("key of A, revoked", a.ID, everyScope(), &p.now).Gone = true

	p.platform("support", policy.Support, nil, false)
	p.platform("support in B", policy.Support, b, true)
	p.platform("support in B, not approved", policy.Support, b, false)
	p.platform("security", policy.Security, nil, false)
	p.platform("auditor", policy.Auditor, nil, false)
	p.platform("operator", policy.Operator, nil, false)

	removed := p.member("removed from A", map[*Clinic]policy.Role{a: policy.Owner})
	p.exec(`delete from memberships where user_id = $1`, removed.ID)
	removed.Roles = nil
	stranger := p.add(&Subject{Name: "stranger", Gone: true, MFA: true})
	stranger.Credential = p.stage.Token(p.t, "stranger", nil)
	p.add(&Subject{Name: "nobody", Gone: true})
}

func (p people) add(s *Subject) *Subject {
	p.world.Subjects = append(p.world.Subjects, s)
	return s
}

func (p people) exec(statement string, args ...any) {
	p.t.Helper()
	if _, err := p.tx.Exec(p.ctx, statement, args...); err != nil {
		p.t.Fatalf("%s: %v", statement, err)
	}
}

// login makes a person who can sign in.
func (p people) login(name string, kind policy.Kind) *Subject {
	p.t.Helper()
	subject := slugOf(name)
	s := p.add(&Subject{Name: name, Kind: kind, ID: NewID(), MFA: true})
	var staff *policy.Kind
	if kind != policy.Member {
		staff = &kind
	}
	p.exec(`insert into users (id, issuer, subject, email, name, platform_kind) values ($1, $2, $3, $3 || '@example.com', $3, $4)`,
		s.ID, IssuerName, subject, staff)
	s.Credential = p.stage.Token(p.t, subject, func(r *auth.TokenRequest) { r.Email = subject + "@example.com" })
	return s
}

func (p people) member(name string, roles map[*Clinic]policy.Role) *Subject {
	p.t.Helper()
	s := p.login(name, policy.Member)
	s.Roles = roles
	for c, role := range roles {
		p.exec(`insert into memberships (org_id, id, user_id, role, email, name) values ($1, $2, $3, $4, $5, $5)`,
			c.ID, c.newID(), s.ID, string(role), c.Canary+" "+name)
	}
	return s
}

// platform makes one of the staff, with an emergency session if in is not nil.
func (p people) platform(name string, kind policy.Kind, in *Clinic, open bool) {
	p.t.Helper()
	s := p.login(name, kind)
	if in == nil {
		return
	}
	p.exec(`insert into break_glass_sessions (org_id, id, user_id, reason, ticket, minutes) values ($1, $2, $3, $4, $4, 60)`,
		in.ID, in.newID(), s.ID, in.Canary+" "+name)
	if open {
		s.Session = in
		p.exec(`update break_glass_sessions set approved_by = $2, starts_at = $3, expires_at = $3::timestamptz + interval '1 hour' where user_id = $1`,
			s.ID, in.users[0], p.now.Add(-time.Minute))
	}
}

// partner makes an organization with a key, and a grant that ends in lasts.
func (p people) partner(name string, g Grant, lasts time.Duration, revoked bool) {
	p.t.Helper()
	org, slug := NewID(), slugOf(name)
	p.exec(`insert into organizations (id, kind, name, slug, plan, requests_per_minute, cost_per_hour) values ($1, 'partner', $2, $3, 'partner', 100000000, 1000000000)`,
		org, name, slug)
	masks, err := json.Marshal(g.Masks)
	if err != nil {
		p.t.Fatal(err)
	}
	if g.Masks == nil {
		masks = []byte(`{}`)
	}
	var ended *time.Time
	if revoked {
		ended = &p.now
	}
	p.exec(`insert into access_grants (org_id, id, partner_id, actions, resources, masks, purpose, starts_at, expires_at, revoked_at, created_by)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`, g.From.ID, g.From.newID(), org, g.Actions, g.Resources, string(masks),
		g.From.Canary+" "+name, p.now.Add(-48*time.Hour), p.now.Add(lasts), ended, g.From.users[0])
	s := p.key(name, org, everyScope(), nil)
	s.Grants, s.OrgSlug = []Grant{g}, slug
}

// key makes an API key of an organization.
func (p people) key(name string, org uuid.UUID, scopes []string, revoked *time.Time) *Subject {
	p.t.Helper()
	key, err := auth.NewKey(rand.Reader, true)
	if err != nil {
		p.t.Fatal(err)
	}
	s := p.add(&Subject{Name: name, Kind: policy.Partner, ID: NewID(), OrgID: org, Scopes: scopes, Credential: key.Reveal()})
	hash := key.Hash()
	word := name
	for _, c := range p.world.Clinics() {
		if c.ID == org {
			word, s.ID, s.OrgSlug = c.Canary+" "+name, c.newID(), c.Slug
		}
	}
	p.exec(`insert into api_keys (org_id, id, name, public_id, hash, last_four, scopes, created_by, revoked_at, last_used_at)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, now() + interval '1 day')`, // used of late, so that using it writes nothing
		org, s.ID, word, key.PublicID(), hash[:], key.LastFour(), scopes, NewID(), revoked)
	return s
}

// slugOf is a name as an address has it.
func slugOf(name string) string {
	return strings.NewReplacer(" ", "-", ",", "").Replace(strings.ToLower(name))
}

// everyScope is every row type with every action.
func everyScope() []string {
	var scopes []string
	for _, r := range policy.Resources() {
		for _, a := range []policy.Action{policy.Read, policy.Create, policy.Update, policy.Delete} {
			scopes = append(scopes, string(r)+":"+string(a))
		}
	}
	slices.Sort(scopes)
	return scopes
}
