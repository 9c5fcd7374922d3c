package demo

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/voxanne/cascade/policy"
	"github.com/voxanne/cascade/server/auth"
)

// World is who there is, for those who want to try things out.
type World struct {
	Clinics  []Clinic
	Partner  Partner
	Platform []Person
}

// Clinic is a clinic with its people, and what its assistant is set up with.
type Clinic struct {
	ID      uuid.UUID
	Slug    string
	Name    string
	Members []Person
	Vapi    Vapi
}

// Partner is the partner organization and its key.
type Partner struct {
	ID     uuid.UUID
	Slug   string
	APIKey auth.Key
}

// Person is somebody who logs in with a token of the development issuer.
type Person struct {
	Email   string
	Subject string      // the sub of the token
	Role    policy.Role // in the clinic; empty for the platform's own people
	Kind    policy.Kind // of the platform's own people; empty for the others
}

// MFA reports whether the person logs in with two factors: owners, and the
// platform's own people.
func (p Person) MFA() bool { return p.Role == policy.Owner || p.Kind != "" }

// readWorld reads who there is now: people may have joined and left since the
// demo was seeded. Members come by rank, and last those of several clinics.
func readWorld(ctx context.Context, conn *pgx.Conn, secrets credentials) (*World, error) {
	w := &World{Partner: Partner{ID: fixedID("org " + partnerSlug), Slug: partnerSlug}}
	var err error
	if w.Partner.APIKey, err = secrets.apiKey(); err != nil {
		return nil, err
	}
	for _, c := range clinics() {
		out := Clinic{ID: c.id(), Slug: c.slug}
		if out.Vapi, err = secrets.vapi(c.slug); err != nil {
			return nil, err
		}
		if err := conn.QueryRow(ctx, `select name from organizations where id = $1`, c.id()).Scan(&out.Name); err != nil {
			return nil, fmt.Errorf("reading %s: %w", c.slug, err)
		}
		out.Members, err = people(ctx, conn, `
			select u.email, u.subject, m.role, '' from memberships m join users u on u.id = m.user_id
			 where m.org_id = $1 and u.issuer = $2
			 order by (select count(*) from memberships o where o.user_id = m.user_id),
			          array_position('{owner,admin,staff,viewer}', m.role), u.email`, c.id(), Issuer)
		if err != nil {
			return nil, err
		}
		w.Clinics = append(w.Clinics, out)
	}
	w.Platform, err = people(ctx, conn, `
		select email, subject, '', platform_kind from users where platform_kind is not null and issuer = $1
		 order by array_position('{support,security,auditor,operator}', platform_kind), email`, Issuer)
	return w, err
}

func people(ctx context.Context, conn *pgx.Conn, query string, args ...any) ([]Person, error) {
	rows, err := conn.Query(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("reading the people: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Person])
	if err != nil {
		return nil, fmt.Errorf("reading the people: %w", err)
	}
	return list, nil
}
