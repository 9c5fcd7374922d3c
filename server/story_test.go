package server_test

import (
	"crypto/rand"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/voxanne/cascade/server/auth"
)

// A nurse signs in and sees the calls of the clinic, and what it cost.
func TestAMemberIsServed(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	sunrise := s.clinic(t, "sunrise")
	s.clinic(t, "harbor")
	nurse := s.member(t, "nurse", "staff", sunrise)
	got := s.ask(t, calls, bearer(nurse), "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
	if got.Status != http.StatusOK || !strings.Contains(got.Body, "canary-sunrise") || strings.Contains(got.Body, "canary-harbor") {
		t.Fatalf("%d %s", got.Status, got.Body)
	}
	if cost, ok := got.Extensions["cost"].(map[string]any); !ok || cost["requested"] == nil || cost["remaining"] == nil || cost["resetAt"] == nil {
		t.Errorf("cost: %v", got.Extensions)
	}
	for name, want := range map[string]string{
		"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
		"Cross-Origin-Resource-Policy": "same-origin", "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
	} {
		if got.Header.Get(name) != want {
			t.Errorf("%s = %q", name, got.Header.Get(name))
		}
	}
	for _, name := range []string{"RateLimit", "RateLimit-Policy", "X-Request-Id", "Content-Security-Policy"} {
		if got.Header.Get(name) == "" {
			t.Errorf("no %s", name)
		}
	}
	id := got.Header.Get("X-Request-Id")
	if n := s.count(t, `select count(*) from audit_decisions where request_id = $1 and trace_id = '0af7651916cd43dd8448eb211c80319c' and allow`, id); n == 0 {
		t.Error("no record under the ids of the request")
	}
	eventually(t, "the request's line in the log", func() bool { return strings.Contains(s.log.String(), id) })
	for line := range strings.Lines(s.log.String()) {
		if strings.Contains(line, id) && (!strings.Contains(line, `"orgs":1`) || !strings.Contains(line, `"status":200`) || strings.Contains(line, "canary")) {
			t.Errorf("log: %s", line)
		}
	}
}

// Whatever proves nobody is 401 in GraphQL's own form, with its reason.
func TestBadCredentialsAreRefused(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	good := s.member(t, "nurse", "staff", s.clinic(t, "sunrise"))
	head, _, _ := strings.Cut(good, ".")
	none := "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0" + strings.TrimPrefix(good, head)
	key, err := auth.NewKey(rand.Reader, true)
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name, reason string
		headers      []string
	}{
		{"no token", "credential_missing", nil},
		{"another scheme", "scheme_unsupported", []string{"Authorization: Basic eDp5"}},
		{"two credentials", "credential_ambiguous", []string{bearer(good), "X-API-Key: x"}},
		{"garbage", "token_malformed", []string{bearer("garbage")}},
		{"alg none", "token_algorithm", []string{bearer(none)}},
		{"a signature changed", "token_signature", []string{bearer(good[:len(good)-6] + "AAAAAA")}},
		{"expired", "token_expired", []string{bearer(s.old(t))}},
		{"another audience", "token_audience", []string{bearer(s.token(t, "nurse", func(r *auth.TokenRequest) { r.Audience = "others" }))}},
		{"another issuer", "token_issuer", []string{bearer(s.token(t, "nurse", func(r *auth.TokenRequest) { r.Issuer = "https://evil.example" }))}},
		{"nobody we know", "subject_unknown", []string{bearer(s.token(t, "stranger", func(*auth.TokenRequest) {}))}},
		{"an unknown key", "api_key_invalid", []string{"X-API-Key: " + key.Reveal()}},
	} {
		got := s.ask(t, calls, tc.headers...)
		challenge := got.Header.Get("WWW-Authenticate")
		if got.Status != http.StatusUnauthorized || !got.is("UNAUTHENTICATED", tc.reason) || !strings.HasPrefix(challenge, "Bearer realm=") {
			t.Errorf("%s: %d %s %q", tc.name, got.Status, got.Body, challenge)
		}
		if strings.Contains(challenge, "invalid_token") == (tc.reason == "credential_missing") {
			t.Errorf("%s: challenge %q", tc.name, challenge)
		}
	}
	if n := s.count(t, `select count(*) from audit_decisions`); n != 0 {
		t.Errorf("%d decisions were made for nobody", n)
	}
}

// old is a token that was good yesterday.
func (s *stage) old(t *testing.T) string {
	t.Helper()
	past := *s.issuer
	past.Now = func() time.Time { return time.Now().Add(-24 * time.Hour) }
	token, err := past.Issue(auth.TokenRequest{Subject: "nurse", Issuer: issuerName, Audience: audience, TTL: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// Nobody names their own clinic: one that is there and one that is not are
// refused alike, and both are on record.
func TestAnOrgIsChosenAmongTheProven(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	sunrise, harbor, third := s.clinic(t, "sunrise"), s.clinic(t, "harbor"), s.clinic(t, "third")
	nurse := s.member(t, "nurse", "staff", sunrise, third)
	for _, choice := range []string{"sunrise", sunrise.String()} {
		got := s.ask(t, calls, bearer(nurse), "X-Cascade-Org: "+choice)
		if !strings.Contains(got.Body, "canary-sunrise") || strings.Contains(got.Body, "canary-third") {
			t.Errorf("choosing %s: %s", choice, got.Body)
		}
	}
	if got := s.ask(t, calls, bearer(nurse), "Host: third.api.example.com"); !strings.Contains(got.Body, "canary-third") || strings.Contains(got.Body, "canary-sunrise") {
		t.Errorf("by host: %s", got.Body)
	}
	var bodies []string
	absent := uuid.New()
	for _, choice := range []string{"harbor", "no-such-clinic", harbor.String(), absent.String()} {
		got := s.ask(t, calls, bearer(nurse), "X-Cascade-Org: "+choice)
		if got.Status != http.StatusForbidden || !got.is("FORBIDDEN", "org_not_proven") {
			t.Errorf("%s: %d %s", choice, got.Status, got.Body)
		}
		bodies = append(bodies, strings.ReplaceAll(got.Body, got.Header.Get("X-Request-Id"), "ID"))
		if n := s.count(t, `select count(*) from audit_decisions where request_id = $1 and not allow and reason = 'org_not_proven'
			and operation like '%' || $2`, got.Header.Get("X-Request-Id"), choice); n != 1 {
			t.Errorf("%s: %d records", choice, n)
		}
	}
	for _, b := range bodies[1:] {
		if diff := cmp.Diff(bodies[0], b); diff != "" {
			t.Errorf("the answers differ:\n%s", diff)
		}
	}
	// The clinic that was named by its id sees who tried.
	if n := s.count(t, `select count(*) from audit_decisions where org_id = $1`, harbor); n != 1 {
		t.Errorf("the clinic sees %d attempts", n)
	}
	got := s.ask(t, calls, bearer(nurse), "X-Cascade-Org: sunrise", "Host: third.api.example.com")
	if got.Status != http.StatusBadRequest || !got.is("BAD_USER_INPUT", "org_choice_conflict") {
		t.Errorf("two choices: %d %s", got.Status, got.Body)
	}
}

// A suspended clinic is not served, and neither is who was removed: at the very
// next request.
func TestChangesCountAtTheNextRequest(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	sunrise := s.clinic(t, "sunrise")
	nurse := s.member(t, "nurse", "staff", sunrise)
	if got := s.ask(t, calls, bearer(nurse)); len(got.Errors) > 0 {
		t.Fatal(got.Body)
	}
	s.Exec(t, `update organizations set status = 'suspended' where id = $1`, sunrise)
	if got := s.ask(t, calls, bearer(nurse)); !got.is("FORBIDDEN", "") || strings.Contains(got.Body, "canary") {
		t.Errorf("suspended: %s", got.Body)
	}
	s.Exec(t, `update organizations set status = 'active' where id = $1`, sunrise)
	if got := s.ask(t, calls, bearer(nurse)); len(got.Errors) > 0 {
		t.Fatal(got.Body)
	}
	s.Exec(t, `delete from memberships`)
	if got := s.ask(t, calls, bearer(nurse)); !got.is("FORBIDDEN", "") || strings.Contains(got.Body, "canary") {
		t.Errorf("removed: %s", got.Body)
	}
}

// A partner with a grant reads what it lists, with its key.
func TestAPartnerComesWithAKey(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	sunrise := s.clinic(t, "sunrise")
	s.clinic(t, "harbor")
	key := s.partner(t, sunrise)
	for _, header := range []string{"X-API-Key: " + key, bearer(key)} {
		got := s.ask(t, calls, header)
		if !strings.Contains(got.Body, "canary-sunrise") || strings.Contains(got.Body, "canary-harbor") {
			t.Errorf("%s", got.Body)
		}
	}
	eventually(t, "the key's use is noted", func() bool {
		return s.count(t, `select count(*) from api_keys where last_used_at is not null`) == 1
	})
	s.Exec(t, `update access_grants set revoked_at = now()`)
	if got := s.ask(t, calls, bearer(key)); strings.Contains(got.Body, "canary") {
		t.Errorf("after the grant: %s", got.Body)
	}
	s.Exec(t, `update api_keys set revoked_at = now()`)
	if got := s.ask(t, calls, bearer(key)); !got.is("UNAUTHENTICATED", "api_key_revoked") {
		t.Errorf("after the key: %s", got.Body)
	}
}

// partner makes one with a key, and a grant for calls from the clinic.
func (s *stage) partner(t *testing.T, clinic uuid.UUID) string {
	t.Helper()
	key, err := auth.NewKey(rand.Reader, true)
	if err != nil {
		t.Fatal(err)
	}
	org, hash := newID(), key.Hash()
	s.Exec(t, `insert into organizations (id, kind, name, slug, plan) values ($1, 'partner', 'Bridge', 'bridge-ehr', 'partner')`, org)
	s.Exec(t, `insert into api_keys (org_id, id, name, public_id, hash, last_four, scopes, created_by)
		values ($1, $2, 'sync', $3, $4, $5, '{call:read}', $2)`, org, newID(), key.PublicID(), hash[:], key.LastFour())
	s.Exec(t, `insert into access_grants (org_id, id, partner_id, actions, resources, masks, purpose, expires_at, created_by)
		values ($1, $2, $3, '{read}', '{call}', '{}', 'sync', now() + interval '1 hour', $2)`, clinic, newID(), org)
	return key.Reveal()
}

// A limit is the clinic's own, says where it stands, and follows the plan.
func TestABusyClinicIsHeldToItsPlan(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	sunrise, harbor := s.clinic(t, "sunrise"), s.clinic(t, "harbor")
	busy, calm := s.member(t, "busy", "staff", sunrise), s.member(t, "calm", "staff", harbor)
	s.Exec(t, `update organizations set requests_per_minute = 2 where id = $1`, sunrise)
	var got answer
	for range 3 {
		got = s.ask(t, calls, bearer(busy))
	}
	if got.Status != http.StatusTooManyRequests || !got.is("RATE_LIMITED", "") || got.Header.Get("Retry-After") == "" ||
		!strings.Contains(got.Header.Get("RateLimit"), "r=0") || got.Errors[0].Extensions["retryAfter"] == nil {
		t.Errorf("%d %s %v", got.Status, got.Body, got.Header)
	}
	if got := s.ask(t, calls, bearer(calm)); len(got.Errors) > 0 {
		t.Errorf("the other clinic: %s", got.Body)
	}
	s.Exec(t, `update organizations set requests_per_minute = 1000 where id = $1`, sunrise)
	if got := s.ask(t, calls, bearer(busy)); len(got.Errors) > 0 {
		t.Errorf("after the change: %s", got.Body)
	}
}

// One address that asks too much is refused before anyone asks who it is.
func TestAnAddressIsHeldToItsLimit(t *testing.T) {
	t.Parallel()
	s := prepare(t)
	s.config.AddressLimit = 8 // two at once
	s.start(t)
	var got answer
	for range 3 {
		got = s.ask(t, calls)
	}
	if got.Status != http.StatusTooManyRequests || !strings.Contains(got.Body, `"code":"RATE_LIMITED"`) || got.Header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("%d %s", got.Status, got.Body)
	}
	if got := s.do(t, http.MethodGet, "/healthz", ""); got.Status != http.StatusOK {
		t.Errorf("a probe: %d", got.Status)
	}
}
