package auth

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/voxanne/cascade/policy"
)

// register is a Directory in memory.
type register struct {
	users map[string]policy.Subject // by issuer and subject
	keys  map[string]APIKeyRecord
	down  error
}

func (d *register) User(_ context.Context, issuer, subject string) (policy.Subject, error) {
	if s, ok := d.users[issuer+" "+subject]; ok || d.down != nil {
		return s, d.down
	}
	return policy.Subject{}, ErrUnknownSubject
}

func (d *register) APIKey(_ context.Context, publicID string) (APIKeyRecord, error) {
	if r, ok := d.keys[publicID]; ok || d.down != nil {
		return r, d.down
	}
	return APIKeyRecord{}, ErrUnknownSubject
}

var (
	sunrise = uuid.MustParse("0195a0a0-0000-7000-8000-000000000001")
	harbor  = uuid.MustParse("0195a0a0-0000-7000-8000-000000000002")
	bridge  = uuid.MustParse("0195a0a0-0000-7000-8000-000000000003")
)

func ana() policy.Subject {
	return policy.Subject{
		ID: uuid.MustParse("0195a0a0-0000-7000-8000-0000000000a1"), Kind: policy.Member,
		Memberships: []policy.Membership{{OrgID: sunrise, Slug: "sunrise-dental", Role: policy.Admin, Status: policy.OrgActive}},
	}
}

func ehr() policy.Subject {
	return policy.Subject{
		ID: uuid.MustParse("0195a0a0-0000-7000-8000-0000000000b1"), Kind: policy.Partner, OrgID: bridge, OrgSlug: "bridge-ehr",
		Grants: []policy.Grant{{OrgID: sunrise, Slug: "sunrise-dental", PartnerID: bridge, Status: policy.OrgActive}},
	}
}

func TestAuthenticate(t *testing.T) {
	t.Parallel()
	signing := newSigner(t, "key-1", algES256)
	s := newStage(t, signing)
	token := signing.sign(t, nil, s.claims(map[string]any{"sub": "ana", "aal": "aal2", "app_metadata": map[string]any{"org_id": "sunrise-dental"}}))
	stranger := signing.sign(t, nil, s.claims(map[string]any{"sub": "stranger"}))
	nobody := signing.sign(t, nil, s.claims(map[string]any{"sub": "nobody"}))
	expired := signing.sign(t, nil, s.claims(map[string]any{"sub": "ana", "exp": s.Now().Add(-time.Hour).Unix()}))

	key, ending, ended, revoked, bare, ghost, unknown := newKey(t), newKey(t), newKey(t), newKey(t), newKey(t), newKey(t), newKey(t)
	forged := newKey(t) // in the table under its id, with another key's hash
	dir := &register{
		users: map[string]policy.Subject{testIssuer + " ana": ana(), testIssuer + " nobody": {}},
		keys: map[string]APIKeyRecord{
			key.PublicID():     {Subject: ehr(), Hash: key.Hash(), Scopes: []string{"call:read"}},
			ending.PublicID():  {Subject: ehr(), Hash: ending.Hash(), Expires: s.Now().Add(time.Second), Scopes: []string{"call:read"}},
			ended.PublicID():   {Subject: ehr(), Hash: ended.Hash(), Expires: s.Now()},
			revoked.PublicID(): {Subject: ehr(), Hash: revoked.Hash(), Revoked: true},
			bare.PublicID():    {Subject: ehr(), Hash: bare.Hash()},
			ghost.PublicID():   {Hash: ghost.Hash()},
			forged.PublicID():  {Subject: ehr(), Hash: key.Hash(), Revoked: true},
		},
	}
	a, err := NewAuthenticator(AuthenticatorConfig{Verifier: s.verifier, Directory: dir, Now: s.Now})
	if err != nil {
		t.Fatal(err)
	}
	as := func(subject policy.Subject, c policy.Credential, choice string) Identity {
		subject.Credential = c
		return Identity{Subject: subject, OrgChoice: choice}
	}
	member := as(ana(), policy.Credential{Type: policy.JWT, ID: "token-1", MFA: true, Expires: s.Now().Add(time.Hour)}, "sunrise-dental")
	partner := as(ehr(), policy.Credential{Type: policy.Key, ID: key.PublicID(), Scopes: []string{"call:read"}}, "")

	for _, tt := range []struct {
		name   string
		header http.Header
		want   Identity
		err    error
	}{
		{"a token", bearer(token), member, nil},
		{"a token, shouting", http.Header{"Authorization": {"BEARER   " + token}}, member, nil},
		{"a key", bearer(key.Reveal()), partner, nil},
		{"a key in its own header", http.Header{"X-Api-Key": {key.Reveal()}}, partner, nil},
		{"a key that will end", bearer(ending.Reveal()), as(ehr(), policy.Credential{
			Type: policy.Key, ID: ending.PublicID(), Scopes: []string{"call:read"}, Expires: s.Now().Add(time.Second),
		}, ""), nil},
		{"a key without scopes is narrowed to nothing", bearer(bare.Reveal()), as(ehr(), policy.Credential{
			Type: policy.Key, ID: bare.PublicID(), Scopes: []string{},
		}, ""), nil},

		{"nothing", http.Header{}, Identity{}, ErrNoCredential},
		{"a cookie", http.Header{"Cookie": {"token=" + token}}, Identity{}, ErrNoCredential},
		{"two tokens", http.Header{"Authorization": {"Bearer " + token, "Bearer " + token}}, Identity{}, ErrManyCredentials},
		{"token and key", http.Header{"Authorization": {"Bearer " + token}, "X-Api-Key": {key.Reveal()}}, Identity{}, ErrManyCredentials},
		{"token and empty key", http.Header{"Authorization": {"Bearer " + token}, "X-Api-Key": {""}}, Identity{}, ErrManyCredentials},
		{"two keys", http.Header{"X-Api-Key": {key.Reveal(), key.Reveal()}}, Identity{}, ErrManyCredentials},
		{"a password", http.Header{"Authorization": {"Basic dXNlcjpwYXNz"}}, Identity{}, ErrScheme},
		{"no scheme", http.Header{"Authorization": {token}}, Identity{}, ErrScheme},
		{"no token", http.Header{"Authorization": {"Bearer "}}, Identity{}, ErrScheme},
		{"an empty header", http.Header{"Authorization": {""}}, Identity{}, ErrScheme},
		{"two tokens in one header", http.Header{"Authorization": {"Bearer " + token + ", Bearer " + token}}, Identity{}, ErrScheme},
		{"an endless header", bearer(strings.Repeat("a", 1<<20)), Identity{}, ErrTooLarge},
		{"an endless key", http.Header{"X-Api-Key": {strings.Repeat("a", 1<<20)}}, Identity{}, ErrTooLarge},

		{"an expired token", bearer(expired), Identity{}, ErrExpired},
		{"a stranger's token", bearer(stranger), Identity{}, ErrUnknownSubject},
		{"a directory that answers nobody", bearer(nobody), Identity{}, ErrUnknownSubject},
		{"a token as a key", http.Header{"X-Api-Key": {token}}, Identity{}, ErrAPIKey},
		{"an empty key", http.Header{"X-Api-Key": {""}}, Identity{}, ErrAPIKey},
		{"an unknown key", bearer(unknown.Reveal()), Identity{}, ErrAPIKey},
		{"a mistyped key", bearer(key.Reveal()[:41] + "_"), Identity{}, ErrAPIKey},
		{"another key's hash", bearer(forged.Reveal()), Identity{}, ErrAPIKey},
		{"an ended key", bearer(ended.Reveal()), Identity{}, ErrAPIKeyExpired},
		{"a revoked key", bearer(revoked.Reveal()), Identity{}, ErrAPIKeyRevoked},
		{"a key of nobody", bearer(ghost.Reveal()), Identity{}, ErrUnknownSubject},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/graphql?access_token="+token, http.NoBody)
			r.Header = tt.header
			got, err := a.Authenticate(t.Context(), r)
			if !errors.Is(err, tt.err) {
				t.Fatalf("error %v, want %v", err, tt.err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("identity (-want +got):\n%s", diff)
			}
		})
	}
}

func bearer(raw string) http.Header { return http.Header{"Authorization": {"Bearer " + raw}} }

// A directory that cannot look lets nobody in, and its error is not one that
// a client is told.
func TestAuthenticateWithoutADirectory(t *testing.T) {
	t.Parallel()
	signing := newSigner(t, "key-1", algES256)
	s := newStage(t, signing)
	down := errors.New("connection refused at 10.0.0.7")
	a, err := NewAuthenticator(AuthenticatorConfig{Verifier: s.verifier, Directory: &register{down: down}})
	if err != nil {
		t.Fatal(err)
	}
	for _, raw := range []string{signing.sign(t, nil, s.claims(nil)), newKey(t).Reveal()} {
		id, err := a.AuthenticateToken(t.Context(), raw)
		if !errors.Is(err, down) || Reason(err) != "internal" || id.Subject.Known() {
			t.Errorf("identity %+v, error %v (%s)", id, err, Reason(err))
		}
	}
	if _, err := NewAuthenticator(AuthenticatorConfig{Verifier: s.verifier}); err == nil {
		t.Error("an authenticator without a directory")
	}
	if _, err := NewAuthenticator(AuthenticatorConfig{Directory: &register{}}); err == nil {
		t.Error("an authenticator without a verifier")
	}
}

// A removed member is out at the next request, with a token still in the cache.
func TestMembershipIsLive(t *testing.T) {
	t.Parallel()
	signing := newSigner(t, "key-1", algES256)
	s := newStage(t, signing)
	dir := &register{users: map[string]policy.Subject{testIssuer + " ana": ana()}}
	a, err := NewAuthenticator(AuthenticatorConfig{Verifier: s.verifier, Directory: dir, Now: s.Now})
	if err != nil {
		t.Fatal(err)
	}
	token := signing.sign(t, nil, s.claims(map[string]any{"sub": "ana"}))
	if id, err := a.AuthenticateToken(t.Context(), token); err != nil || len(id.Subject.Proven()) != 1 {
		t.Fatalf("identity %+v, error %v", id, err)
	}
	removed := ana()
	removed.Memberships = nil
	dir.users[testIssuer+" ana"] = removed
	if id, err := a.AuthenticateToken(t.Context(), token); err != nil || len(id.Subject.Proven()) != 0 {
		t.Errorf("a removed member still proves %v (%v)", id.Subject.Proven(), err)
	}
	delete(dir.users, testIssuer+" ana")
	if _, err := a.AuthenticateToken(t.Context(), token); !errors.Is(err, ErrUnknownSubject) {
		t.Errorf("a removed user: %v", err)
	}
}
