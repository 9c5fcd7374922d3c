package onboarding_test

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/voxanne/cascade/ent/audit"
	"github.com/voxanne/cascade/ent/rls"
	"github.com/voxanne/cascade/ent/secret"
	"github.com/voxanne/cascade/migrations/dbtest"
	"github.com/voxanne/cascade/policy"
	"github.com/voxanne/cascade/policy/opa"
	"github.com/voxanne/cascade/policy/rego"
	"github.com/voxanne/cascade/server/mail"
	"github.com/voxanne/cascade/server/onboarding"
	"github.com/voxanne/cascade/server/provider"
	"github.com/voxanne/cascade/server/twilio"
	"github.com/voxanne/cascade/server/twilio/twiliofake"
	"github.com/voxanne/cascade/server/vapi"
	"github.com/voxanne/cascade/server/vapi/vapifake"
)

const (
	vapiKey     = "vapi-key"
	twilioToken = "twilio0token"
)

var twilioSID = "AC" + strings.Repeat("1", 32)

// stage is everything that a clinic is onboarded with, the providers' fakes
// included. Its eye looks past every wall.
type stage struct {
	db     *dbtest.DB
	config onboarding.Config
	saga   *onboarding.Saga
	voice  *vapifake.Fake
	sells  *twiliofake.Fake
	eye    *pgxpool.Pool
	keys   *secret.Keyset

	mu      sync.Mutex
	ahead   time.Duration // of the clock
	spend   error
	letters []mail.Letter
}

func newStage(t *testing.T) *stage {
	t.Helper()
	ctx := t.Context()
	s := &stage{db: dbtest.Open(t)}
	pool := s.db.Pool(t, 8)
	engine, err := opa.New(ctx, rego.Files, opa.Config{Budget: 5 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	if s.keys, err = secret.Create(filepath.Join(t.TempDir(), "keyset.json")); err != nil {
		t.Fatal(err)
	}
	if s.eye, err = pgxpool.New(ctx, s.db.SuperDSN); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.eye.Close)
	if s.sells, err = twiliofake.Start(ctx, twiliofake.Config{AccountSID: twilioSID, AuthToken: twilioToken, Numbers: 2000}); err != nil {
		t.Fatal(err)
	}
	if s.voice, err = vapifake.Start(ctx, vapifake.Config{Key: vapiKey, Owns: s.sells.Owns}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(s.sells.Close(), s.voice.Close()); err != nil {
			t.Error(err)
		}
	})
	quick := func(base string) provider.Config {
		return provider.Config{
			Base: base, Timeout: 2 * time.Second, Wait: func(ctx context.Context, _ time.Duration) error { return ctx.Err() },
		}
	}
	voice, err := vapi.New(vapi.Config{Key: vapiKey, HTTP: quick(s.voice.URL)})
	if err != nil {
		t.Fatal(err)
	}
	carrier, err := twilio.New(twilio.Config{AccountSID: twilioSID, AuthToken: twilioToken, HTTP: quick(s.sells.URL)})
	if err != nil {
		t.Fatal(err)
	}
	records := audit.NewWriter(pool, s.db.Key, uuid.New())
	t.Cleanup(records.Close)
	s.config = onboarding.Config{
		Policies: engine, Driver: rls.New(rls.Config{Pool: pool, Key: s.db.Key}), Records: records, Secrets: s.keys,
		Voice: voice, Carrier: carrier, Mail: s, Spend: s.mayspend, Log: slog.New(slog.DiscardHandler), Now: s.now,
		NewID: func() uuid.UUID { return uuid.Must(uuid.NewV7()) }, Random: rand.Reader, PublicURL: "https://cascade.example",
	}
	s.saga = s.process(t)
	return s
}

// process is a program that onboards: several share the stage's database.
func (s *stage) process(t *testing.T) *onboarding.Saga {
	t.Helper()
	saga, err := onboarding.New(s.config)
	if err != nil {
		t.Fatal(err)
	}
	return saga
}

func (s *stage) now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return time.Now().Add(s.ahead)
}

// later lets every lease and every pause end.
func (s *stage) later() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ahead += time.Hour
}

func (s *stage) mayspend() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.spend
}

// Send keeps a letter.
func (s *stage) Send(_ context.Context, l mail.Letter) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.letters = append(s.letters, l)
	return nil
}

var operator = policy.Subject{ID: uuid.MustParse("0198d2a0-0000-7000-8000-000000000001"), Kind: policy.Operator}

// clinic makes one that may spend.
func (s *stage) clinic(t *testing.T, name string) uuid.UUID {
	t.Helper()
	made, err := s.saga.Create(t.Context(), operator, onboarding.Form{Name: name, Email: "owner@" + onboarding.SlugOf(name) + ".example", AreaCode: "415"}, "")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.saga.Verify(t.Context(), operator, made.OrgID, 5_00); err != nil {
		t.Fatal(err)
	}
	return made.OrgID
}

// drive advances until the end, letting time pass whenever the onboarding waits.
func (s *stage) drive(t *testing.T, org uuid.UUID) (status string) {
	t.Helper()
	for range 60 {
		done, err := s.saga.Advance(t.Context(), org)
		if err != nil {
			t.Fatalf("advancing: %v", err)
		}
		if done {
			return s.text(t, `select status from onboardings where org_id = $1`, org)
		}
		s.later()
	}
	t.Fatalf("it does not end: %s", s.text(t, `select status || ' ' || coalesce(waits_for, '') || ' ' || coalesce((select string_agg(name || ' ' || status || ' ' || coalesce(last_error, ''), ', ' order by place) from onboarding_steps n where n.org_id = o.org_id), '') from onboardings o where org_id = $1`, org))
	return ""
}

func (s *stage) text(t *testing.T, query string, args ...any) string {
	t.Helper()
	var out string
	if err := s.eye.QueryRow(t.Context(), query, args...).Scan(&out); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return out
}

// inventory is what is paid for or left behind at the providers, against what
// the rows say: the two are the same, or something is an orphan.
func (s *stage) inventory(t *testing.T) (wrong []string) {
	t.Helper()
	outside := map[string]int{}
	for _, a := range s.sells.Accounts() {
		if a.Status != "closed" {
			outside["account "+a.SID]++
		}
	}
	for _, n := range s.sells.Numbers() {
		outside["number "+n.Number]++
	}
	for _, k := range s.sells.Keys() {
		outside["key "+k.SID]++
	}
	for _, a := range s.voice.Assistants() {
		id, _ := a["id"].(string)
		outside["assistant "+id]++
	}
	for _, n := range s.voice.Numbers() {
		id, _ := n["id"].(string)
		outside["answered "+id]++
	}
	rows, err := s.eye.Query(t.Context(), `
		select 'account ' || (result ->> 'account') from onboarding_steps where name = 'account' and status = 'done'
		union all select 'key ' || (result ->> 'key') from onboarding_steps where name = 'key' and status = 'done'
		union all select 'number ' || e164 from phone_numbers where status <> 'released'
		union all select 'answered ' || provider_number_id from phone_numbers where status = 'active'
		union all select 'assistant ' || provider_assistant_id from agents where provider_assistant_id is not null`)
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		outside[name]--
	}
	if rows.Err() != nil {
		t.Fatal(rows.Err())
	}
	for name, n := range outside {
		if n != 0 {
			wrong = append(wrong, name)
		}
	}
	return wrong
}
