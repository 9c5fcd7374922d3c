package directory_test

import (
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/voxanne/cascade/ent/rls"
	"github.com/voxanne/cascade/migrations/dbtest"
	"github.com/voxanne/cascade/policy"
	"github.com/voxanne/cascade/server/auth"
	"github.com/voxanne/cascade/server/directory"
)

const issuer = "https://id.example/auth/v1"

// town is a database with a few people and organizations in it.
type town struct {
	*dbtest.DB
	*directory.Directory
	app *pgxpool.Pool
}

func newTown(t testing.TB) town {
	t.Helper()
	db := dbtest.Open(t)
	pool := db.Pool(t, 4)
	d := directory.New(directory.Config{Pool: pool, Log: slog.New(slog.DiscardHandler)})
	t.Cleanup(d.Close)
	return town{db, d, pool}
}

func newID() uuid.UUID { return uuid.Must(uuid.NewV7()) }

func (w town) org(t testing.TB, kind, slug, plan string) uuid.UUID {
	t.Helper()
	id := newID()
	w.Exec(t, `insert into organizations (id, kind, name, slug, plan, timezone) values ($1, $2, $3, $3, $4, 'Europe/London')`, id, kind, slug, plan)
	return id
}

func (w town) user(t testing.TB, subject string, kind any) uuid.UUID {
	t.Helper()
	id := newID()
	w.Exec(t, `insert into users (id, issuer, subject, email, platform_kind) values ($1, $2, $3, $3 || '@example.com', $4)`, id, issuer, subject, kind)
	return id
}

func (w town) join(t testing.TB, org, user uuid.UUID, role policy.Role) {
	t.Helper()
	w.Exec(t, `insert into memberships (org_id, id, user_id, role, email) values ($1, $2, $3, $4, 'x@example.com')`, org, newID(), user, string(role))
}

// A nurse of two clinics is what the rows say, at every look-up anew.
func TestAMemberIsReadLive(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	harbor, sunrise := w.org(t, "clinic", "harbor", "growth"), w.org(t, "clinic", "sunrise", "starter")
	nurse := w.user(t, "nurse", nil)
	w.join(t, harbor, nurse, policy.Viewer)
	w.join(t, sunrise, nurse, policy.Staff)
	w.Exec(t, `update organizations set viewers_see_transcripts = true, requests_per_minute = 77 where id = $1`, harbor)

	ctx, facts := directory.WithFacts(t.Context())
	got, err := w.User(ctx, issuer, "nurse")
	if err != nil {
		t.Fatal(err)
	}
	want := policy.Subject{ID: nurse, Kind: policy.Member, Memberships: []policy.Membership{
		{OrgID: harbor, Slug: "harbor", Role: policy.Viewer, Status: policy.OrgActive, ViewersSeeTranscripts: true},
		{OrgID: sunrise, Slug: "sunrise", Role: policy.Staff, Status: policy.OrgActive},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("subject (-want +got):\n%s", diff)
	}
	requests := 77
	wantFacts := directory.Facts{
		harbor:  {Plan: "growth", Timezone: "Europe/London", RequestsPerMinute: &requests},
		sunrise: {Plan: "starter", Timezone: "Europe/London"},
	}
	if diff := cmp.Diff(wantFacts, facts); diff != "" {
		t.Errorf("facts (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[uuid.UUID]string{harbor: "Europe/London", sunrise: "Europe/London"}, facts.Zones()); diff != "" {
		t.Errorf("zones (-want +got):\n%s", diff)
	}

	w.Exec(t, `delete from memberships where org_id = $1`, harbor)
	w.Exec(t, `update organizations set status = 'suspended', plan = 'scale' where id = $1`, sunrise)
	ctx, facts = directory.WithFacts(t.Context())
	if got, err = w.User(ctx, issuer, "nurse"); err != nil {
		t.Fatal(err)
	}
	if len(got.Memberships) != 1 || got.Memberships[0].Status != policy.OrgSuspended || facts[sunrise].Plan != "scale" {
		t.Errorf("after the change: %+v, %+v", got, facts)
	}
}

func TestPlatformStaffAreTheirKindAlone(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	clinic := w.org(t, "clinic", "sunrise", "starter")
	helper, second := w.user(t, "helper", "support"), w.user(t, "second", "security")
	w.join(t, clinic, helper, policy.Owner)
	session := newID()
	starts := time.Now().UTC().Truncate(time.Microsecond)
	w.Exec(t, `insert into break_glass_sessions (org_id, id, user_id, reason, ticket, minutes, approved_by, starts_at, expires_at)
		values ($1, $2, $3, 'the calls do not arrive', 'T-1', 30, $4, $5, $6)`,
		clinic, session, helper, second, starts, starts.Add(30*time.Minute))
	got, err := w.User(t.Context(), issuer, "helper")
	if err != nil {
		t.Fatal(err)
	}
	want := policy.Subject{ID: helper, Kind: policy.Support, BreakGlass: []policy.BreakGlass{{
		ID: session, OrgID: clinic, Slug: "sunrise", Approved: true, ApproverID: second, Ticket: "T-1",
		Starts: starts, Expires: starts.Add(30 * time.Minute), Status: policy.OrgActive,
	}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A partner's key brings its grants; the hash, and not the id, is the proof.
func TestAKeyBringsItsOrgAndGrants(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	clinic, partner := w.org(t, "clinic", "sunrise", "starter"), w.org(t, "partner", "bridge-ehr", "partner")
	key, err := auth.NewKey(rand.Reader, true)
	if err != nil {
		t.Fatal(err)
	}
	hash := key.Hash()
	id, grant := newID(), newID()
	w.Exec(t, `insert into api_keys (org_id, id, name, public_id, hash, last_four, scopes, created_by)
		values ($1, $2, 'sync', $3, $4, $5, '{call:read}', $6)`, partner, id, key.PublicID(), hash[:], key.LastFour(), newID())
	starts := time.Now().UTC().Truncate(time.Microsecond)
	w.Exec(t, `insert into access_grants (org_id, id, partner_id, actions, resources, masks, purpose, starts_at, expires_at, created_by)
		values ($1, $2, $3, '{read}', '{call}', '{"call": ["transcript"]}', 'sync', $4, $5, $6)`,
		clinic, grant, partner, starts, starts.Add(time.Hour), newID())

	ctx, facts := directory.WithFacts(t.Context())
	got, err := w.APIKey(ctx, key.PublicID())
	if err != nil {
		t.Fatal(err)
	}
	want := auth.APIKeyRecord{
		Hash: hash, Scopes: []string{"call:read"},
		Subject: policy.Subject{
			ID: id, Kind: policy.Partner, OrgID: partner, OrgSlug: "bridge-ehr", OrgStatus: policy.OrgActive,
			Grants: []policy.Grant{{
				ID: grant, OrgID: clinic, Slug: "sunrise", PartnerID: partner, Actions: []policy.Action{policy.Read},
				Resources: []policy.Resource{policy.Call}, Masks: map[policy.Resource][]string{policy.Call: {"transcript"}},
				Starts: starts, Expires: starts.Add(time.Hour), Status: policy.OrgActive,
			}},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if facts[partner].Plan != "partner" || facts[clinic].Timezone != "Europe/London" || len(facts) != 2 {
		t.Errorf("facts: %+v", facts)
	}

	w.Exec(t, `update access_grants set revoked_at = now() where id = $1`, grant)
	w.Exec(t, `update api_keys set revoked_at = now(), expires_at = now() where id = $1`, id)
	if got, err = w.APIKey(t.Context(), key.PublicID()); err != nil || !got.Revoked || got.Expires.IsZero() || !got.Subject.Grants[0].Revoked {
		t.Errorf("after revoking: %+v, %v", got, err)
	}
	w.KeyUsed(t.Context(), key.PublicID())
	w.Close()
	w.Exec(t, `do $$ begin if not exists (select from api_keys where last_used_at is not null) then raise 'not noted'; end if; end $$`)
}

func TestAWebhookIsFoundByItsKey(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	clinic, id := w.org(t, "clinic", "sunrise", "starter"), newID()
	hash := sha256.Sum256([]byte("the key in the address"))
	secret := []byte(strings.Repeat("sealed ", 30)) // longer than one line of base64
	w.Exec(t, `insert into integrations (org_id, id, provider, webhook_key_hash, webhook_auth, webhook_secret)
		values ($1, $2, 'vapi', $3, '{"method": "hmac"}', $4)`, clinic, id, hash[:], secret)
	got, err := w.Webhook(t.Context(), hash)
	if err != nil {
		t.Fatal(err)
	}
	want := directory.WebhookTarget{
		OrgID: clinic, IntegrationID: id, Provider: "vapi", Slug: "sunrise", Status: policy.OrgActive,
		Plan: "starter", Timezone: "Europe/London", Auth: []byte(`{"method": "hmac"}`), Secret: secret,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// accept accepts in a transaction of its own, under a scope that reaches nothing.
func (w town) accept(t *testing.T, a directory.Acceptance) (directory.Joined, error) {
	t.Helper()
	ctx := policy.WithScope(t.Context(), policy.Scope{})
	tx, err := rls.New(rls.Config{Pool: w.app, Key: w.Key}).Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	joined, err := directory.AcceptInvitation(ctx, tx, a)
	if commit := tx.Commit(); commit != nil {
		t.Fatal(commit)
	}
	return joined, err
}

// An invitation opens once, for the address it was sent to.
func TestAnInvitationOpensOnce(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	clinic := w.org(t, "clinic", "sunrise", "starter")
	token := sha256.Sum256([]byte("the token in the e-mail"))
	w.Exec(t, `insert into invitations (org_id, id, email, role, token_hash, invited_by, expires_at)
		values ($1, $2, 'Dana@Example.com', 'staff', $3, $4, now() + interval '1 day')`, clinic, newID(), token[:], newID())
	dana := directory.Acceptance{
		TokenHash: token, Issuer: issuer, Subject: "dana", Email: "dana@example.com", UserID: newID(), MembershipID: newID(),
	}
	thief := dana
	thief.Subject, thief.Email = "thief", "thief@example.com"
	if _, err := w.accept(t, thief); !errors.Is(err, directory.ErrInvitation) {
		t.Errorf("somebody else's: %v", err)
	}
	joined, err := w.accept(t, dana)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(directory.Joined{OrgID: clinic, UserID: dana.UserID, Role: policy.Staff}, joined); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if _, err := w.accept(t, dana); !errors.Is(err, directory.ErrInvitation) {
		t.Errorf("again: %v", err)
	}
	if s, err := w.User(t.Context(), issuer, "dana"); err != nil || len(s.Memberships) != 1 {
		t.Errorf("joined: %+v, %v", s, err)
	}
}

func TestNobodyIsUnknown(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	if _, err := w.User(t.Context(), issuer, "nobody"); !errors.Is(err, auth.ErrUnknownSubject) {
		t.Errorf("user: %v", err)
	}
	if _, err := w.APIKey(t.Context(), "nokey"); !errors.Is(err, auth.ErrUnknownSubject) {
		t.Errorf("key: %v", err)
	}
	if _, err := w.Webhook(t.Context(), [32]byte{}); !errors.Is(err, auth.ErrUnknownSubject) {
		t.Errorf("webhook: %v", err)
	}
	w.Directory.Pool.Close()
	if _, err := w.User(t.Context(), issuer, "nobody"); err == nil || errors.Is(err, auth.ErrUnknownSubject) {
		t.Errorf("without a database: %v", err)
	}
}

func BenchmarkUser(b *testing.B) {
	w := newTown(b)
	nurse := w.user(b, "nurse", nil)
	w.join(b, w.org(b, "clinic", "harbor", "growth"), nurse, policy.Viewer)
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			if _, err := w.User(b.Context(), issuer, "nurse"); err != nil {
				b.Error(err)
			}
		}
	})
}
