package stage

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/server/auth"
)

// Clinic makes an organization with one call in it, whose caller is named
// "canary-" and the slug.
func (s *Stage) Clinic(t testing.TB, slug string) uuid.UUID {
	t.Helper()
	org, call := NewID(), NewID()
	s.Exec(t, `insert into organizations (id, kind, name, slug, timezone) values ($1, 'clinic', $2, $2, 'Europe/London')`, org, slug)
	s.Exec(t, `insert into call_logs (org_id, id, provider_call_id, direction, status, caller_name, started_at, duration_seconds)
		values ($1, $2, $3, 'inbound', 'completed', 'canary-' || $4, now(), 60)`, org, call, call.String(), slug)
	return org
}

// Member makes a person with a role in the clinics and returns their token.
func (s *Stage) Member(t testing.TB, name, role string, orgs ...uuid.UUID) string {
	t.Helper()
	user := NewID()
	s.Exec(t, `insert into users (id, issuer, subject, email) values ($1, $2, $3, $3 || '@example.com')`, user, IssuerName, name)
	for _, org := range orgs {
		s.Exec(t, `insert into memberships (org_id, id, user_id, role, email) values ($1, $2, $3, $4, 'x@example.com')`, org, NewID(), user, role)
	}
	return s.Token(t, name, nil)
}

// Token signs one in with a second factor for an hour, or with what change
// makes of it; nil changes nothing.
func (s *Stage) Token(t testing.TB, subject string, change func(*auth.TokenRequest)) string {
	t.Helper()
	req := auth.TokenRequest{Subject: subject, Issuer: IssuerName, Audience: Audience, TTL: time.Hour, MFA: true}
	if change != nil {
		change(&req)
	}
	token, err := s.Issuer.Issue(req)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// NewID is a UUIDv7.
func NewID() uuid.UUID { return uuid.Must(uuid.NewV7()) }
