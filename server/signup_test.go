package server_test

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket/wsjson"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/voxanne/cascade/ent/secret"
	"github.com/voxanne/cascade/policy"
	"github.com/voxanne/cascade/server"
	"github.com/voxanne/cascade/server/provider/fake"
	"github.com/voxanne/cascade/server/twilio/twiliofake"
	"github.com/voxanne/cascade/server/vapi/vapifake"
)

// taking is a stage that takes in clinics, with the providers' fakes.
type taking struct {
	*stage
	voice   *vapifake.Fake
	sells   *twiliofake.Fake
	letters string // the directory that they are written to
}

func newTaking(t *testing.T) *taking {
	t.Helper()
	s := &taking{stage: prepare(t), letters: t.TempDir()}
	sid, secrets := "AC"+strings.Repeat("2", 32), t.TempDir()
	var err error
	if s.sells, err = twiliofake.Start(t.Context(), twiliofake.Config{AccountSID: sid, AuthToken: "token"}); err != nil {
		t.Fatal(err)
	}
	if s.voice, err = vapifake.Start(t.Context(), vapifake.Config{Key: "key", Owns: s.sells.Owns}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(s.sells.Close(), s.voice.Close()); err != nil {
			t.Error(err)
		}
	})
	c := server.Onboarding{
		TwilioAccountSID: sid, TwilioURL: s.sells.URL, VapiURL: s.voice.URL, MailURL: "file://" + s.letters,
		VapiKeyFile: filepath.Join(secrets, "vapi"), TwilioTokenFile: filepath.Join(secrets, "twilio"),
	}
	for file, text := range map[string]string{c.VapiKeyFile: "key\n", c.TwilioTokenFile: "token\n"} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s.config.Onboarding = c
	if s.config.PublicURL == "" {
		s.config.PublicURL = "http://cascade.localhost"
	}
	s.start(t)
	return s
}

const formJSON = "Content-Type: application/json"

func (s *taking) sent(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(s.letters, "*.eml"))
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// From a form to a number that is answered; what there is to say goes to the
// address on the form alone.
func TestSigningUp(t *testing.T) {
	t.Parallel()
	s := newTaking(t)
	began := time.Now()
	// Limits are kept in a Redis that other runs use too: an address of this one's.
	domain := newID().String() + ".example"
	first := s.do(t, http.MethodPost, "/signup", `{"name": "Lantern Dental", "email": "owner@`+domain+`", "areaCode": "415"}`, formJSON)
	if first.Status != http.StatusAccepted {
		t.Fatalf("%d %s", first.Status, first.Body)
	}
	eventually(t, "the owner is written to", func() bool { return len(s.sent(t)) == 1 })
	// The same again, and another clinic of an address that is known: nobody can
	// tell any of them apart.
	again := s.do(t, http.MethodPost, "/signup", `{"name": "Lantern Dental", "email": "Owner@`+domain+`", "areaCode": "415"}`, formJSON)
	form := s.do(t, http.MethodPost, "/signup", url.Values{"name": {"Second"}, "email": {"owner@" + domain}}.Encode(), "Content-Type: application/x-www-form-urlencoded")
	fourth := s.do(t, http.MethodPost, "/signup", `{"name": "Fourth", "email": "owner@`+domain+`"}`, formJSON)
	for name, got := range map[string]answer{"again": again, "form": form, "past its limit": fourth} {
		if got.Status != first.Status || got.Body != first.Body {
			t.Errorf("%s: %d %s", name, got.Status, got.Body)
		}
	}
	if n := s.count(t, `select count(*) from organizations where name in ('Lantern Dental', 'Second', 'Fourth')`); n != 2 {
		t.Errorf("%d clinics, want 2: one form is one clinic, and an address has three forms an hour", n)
	}
	if s.sells.Bought() != 0 || len(s.voice.Assistants()) != 0 {
		t.Error("something was made for a clinic that nobody has verified")
	}

	org := s.only(t, `select id from organizations where slug = 'lantern-dental'`)
	operator := policy.Subject{ID: newID(), Kind: policy.Operator}
	if err := s.App.Onboarding().Verify(t.Context(), operator, org, 500); err != nil {
		t.Fatal(err)
	}
	eventually(t, "its number is answered", func() bool {
		return s.count(t, `select count(*) from onboardings where org_id = $1 and status = 'ready'`, org) == 1
	})
	t.Logf("from the form to ready: %v", time.Since(began).Round(time.Millisecond))

	// The owner comes in with the letter's link, and sees how it went.
	text, err := os.ReadFile(s.sent(t)[0])
	if err != nil {
		t.Fatal(err)
	}
	letter := strings.ReplaceAll(strings.ReplaceAll(string(text), "=\r\n", ""), "=3D", "=")
	_, token, found := strings.Cut(letter, "#invitation=")
	token, _, _ = strings.Cut(token, "\r\n")
	if !found {
		// Of two letters the other one came first.
		t.Fatalf("no link in the letter: %s", letter)
	}
	hash := sha256.Sum256([]byte(strings.TrimSpace(token)))
	if n := s.count(t, `select count(*) from invitations where token_hash = $1 and role = 'owner'`, hash[:]); n != 1 {
		t.Errorf("%d invitations of the letter's token", n)
	}
	owner := s.member(t, "owner", "owner", org)
	got := s.ask(t, `{ onboarding { status failure } onboardingSteps { nodes { name status } } phoneNumbers { nodes { e164 status } } }`, bearer(owner))
	for _, want := range []string{`"READY"`, `"answer"`, `"+14155550000"`, `"ACTIVE"`} {
		if !strings.Contains(got.Body, want) {
			t.Errorf("no %s in %s", want, got.Body)
		}
	}
	for _, secret := range []string{domain, strings.TrimSpace(token), "Lantern"} {
		if strings.Contains(s.log.String(), secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
	// The call that comes in is answered by the clinic's own assistant.
	number := s.voice.Numbers()[0]
	hook, ok := number["server"].(map[string]any)
	if !ok {
		t.Fatalf("%v", number)
	}
	path, ok := hook["url"].(string)
	if !ok {
		t.Fatal("no address")
	}
	path = path[strings.Index(path, "/webhooks/"):]
	answered := s.do(t, http.MethodPost, path, `{"message": {"type": "assistant-request", "call": {"id": "7f9c2b1e-52a5-4d6e-9a3f-0c1d2e3f4a5b", "type": "inboundPhoneCall"}}}`,
		formJSON, "X-Vapi-Secret: "+hook["secret"].(string)) //nolint:errcheck,forcetypeassert // a test
	id, _ := s.voice.Assistants()[0]["id"].(string)
	if answered.Status != http.StatusOK || !strings.Contains(answered.Body, id) {
		t.Errorf("who answers: %d %s", answered.Status, answered.Body)
	}
}

// only is the one id that a query finds, past every wall.
func (s *taking) only(t *testing.T, query string) (id uuid.UUID) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), s.SuperDSN)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	if err := conn.QueryRow(t.Context(), query).Scan(&id); err != nil {
		t.Fatal(err)
	}
	return id
}

func TestASignUpThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	s := newTaking(t)
	for _, tc := range []struct {
		name, body, media string
		status            int
		fields            []string
	}{
		{"nothing", `{}`, formJSON, 400, []string{"name", "email"}},
		{"no address", `{"name": "A", "email": "nobody"}`, formJSON, 400, []string{"email"}},
		{"who it is", `{"name": "A", "email": "a@b.example", "role": "operator"}`, formJSON, 400, nil},
		{"not JSON", `name=A`, formJSON, 400, nil},
		{"not a form", `<a/>`, "Content-Type: text/xml", 415, nil},
		{"too large", `{"name": "` + strings.Repeat("x", 5000) + `"}`, formJSON, 413, nil},
	} {
		got := s.do(t, http.MethodPost, "/signup", tc.body, tc.media)
		var p struct {
			Code, RequestID string
			Errors          []struct{ Field string }
		}
		if err := json.Unmarshal([]byte(got.Body), &p); err != nil {
			t.Fatalf("%s: %s", tc.name, got.Body)
		}
		var fields []string
		for _, e := range p.Errors {
			fields = append(fields, e.Field)
		}
		if got.Status != tc.status || got.Header.Get("Content-Type") != "application/problem+json" || p.RequestID == "" || strings.Join(fields, " ") != strings.Join(tc.fields, " ") {
			t.Errorf("%s: %d %s", tc.name, got.Status, got.Body)
		}
	}
	page := s.do(t, http.MethodGet, "/signup", "")
	if page.Status != http.StatusOK || !strings.Contains(page.Body, "<form") || strings.Contains(page.Body, "script") ||
		!strings.HasPrefix(page.Header.Get("Content-Security-Policy"), "default-src 'none'; base-uri 'none'; form-action 'self'") {
		t.Errorf("%d %v %s", page.Status, page.Header, page.Body)
	}
	// An address that asks again and again is turned away before anything is done.
	limited := false
	for range 12 {
		limited = limited || s.do(t, http.MethodPost, "/signup", `{}`, formJSON).Status == http.StatusTooManyRequests
	}
	if !limited {
		t.Error("one address may sign up for ever")
	}
	if n := s.count(t, `select count(*) from onboardings`); n != 0 {
		t.Errorf("%d clinics were made", n)
	}
}

// Suspending a clinic stops its people, its partners' keys, its calls and what
// is done for it in the background, and loses nothing; resuming restores it.
func TestASuspendedClinicStopsAndLosesNothing(t *testing.T) {
	t.Parallel()
	s := newTaking(t)
	ctx := t.Context()
	sunrise := s.clinic(t, "sunrise")
	nurse, key := s.member(t, "nurse", "staff", sunrise), s.partner(t, sunrise)
	integration, hash := newID(), sha256.Sum256([]byte("whk_sunrise"))
	sealed, err := s.keys.Seal([]byte("shared"), secret.Place{Org: sunrise, Row: integration, Column: secret.IntegrationWebhookSecret}.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	s.Exec(t, `insert into integrations (org_id, id, provider, status, webhook_key_hash, webhook_auth, webhook_secret)
		values ($1, $2, 'vapi', 'connected', $3, '{"method":"secret"}', $4)`, sunrise, integration, hash[:], sealed)
	s.Exec(t, `insert into onboardings (org_id, id, verified_at, spend_limit_minor) values ($1, $2, now(), 500)`, sunrise, newID())
	agent := newID()
	s.Exec(t, `insert into agents (org_id, id, name, role, provider_assistant_id, system_prompt) values ($1, $2, 'Ada', 'inbound', 'asst-ada', 'x')`, sunrise, agent)
	s.Exec(t, `insert into inbound_agent_config (org_id, id, agent_id) values ($1, $2, $3)`, sunrise, newID(), agent)
	s.voice.Faults.Choose(func(*http.Request) fake.Fault { return fake.Fault{Lost: true, Status: http.StatusServiceUnavailable} })
	const ring = `{"message": {"type": "assistant-request", "call": {"id": "7f9c2b1e-52a5-4d6e-9a3f-0c1d2e3f4a5b", "type": "inboundPhoneCall"}}}`
	// Whoever calls a clinic that is suspended hears that nobody can take the call.
	call := func() bool {
		return !strings.Contains(s.do(t, http.MethodPost, "/webhooks/vapi/whk_sunrise", ring, formJSON, "X-Vapi-Secret: shared").Body, `"error"`)
	}
	served := func() (people, partners, ringing bool) {
		return strings.Contains(s.ask(t, calls, bearer(nurse)).Body, "canary-sunrise"),
			strings.Contains(s.ask(t, calls, bearer(key)).Body, "canary-sunrise"), call()
	}
	if people, partners, calls := served(); !people || !partners || !calls {
		t.Fatalf("before: %v %v %v", people, partners, calls)
	}
	conn := s.dial(t, nil, map[string]any{"Authorization": "Bearer " + nurse})
	if _, err := next(ctx, conn); err != nil {
		t.Fatal(err)
	}
	err = wsjson.Write(ctx, conn, message{ID: "1", Type: "subscribe", Payload: map[string]string{"query": `subscription { callChanged { call { status } } }`}})
	if err != nil {
		t.Fatal(err)
	}
	const kept = `select count(*) from (select id from call_logs where org_id = $1 union all select id from memberships where org_id = $1
		union all select id from access_grants where org_id = $1 union all select id from integrations where org_id = $1) x`
	rows := s.count(t, kept, sunrise)

	operator := policy.Subject{ID: newID(), Kind: policy.Operator}
	began := time.Now()
	before, err := s.App.Onboarding().SetStatus(ctx, operator, sunrise, policy.OrgSuspended)
	if err != nil || before != policy.OrgActive {
		t.Fatalf("%s, %v", before, err)
	}
	if people, partners, calls := served(); people || partners || calls {
		t.Errorf("suspended: %v %v %v", people, partners, calls)
	}
	// A stream that nothing happens on ends by itself, within five seconds; a slow
	// machine is given twice that.
	bounded, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	if end, err := next(bounded, conn); err != nil || !strings.Contains(end, "FORBIDDEN") {
		t.Errorf("the stream goes on: %s %v", end, err)
	}
	t.Logf("everything had stopped after %v", time.Since(began).Round(time.Millisecond))
	if done, err := s.App.Onboarding().Advance(ctx, sunrise); done || err != nil {
		t.Errorf("its onboarding went on: %v, %v", done, err)
	}
	if n := s.count(t, `select count(*) from app.due_onboardings(10)`); n != 0 {
		t.Error("its onboarding is due")
	}
	if n := s.count(t, kept, sunrise); n < rows {
		t.Errorf("%d rows of %d are left", n, rows)
	}
	if before, err := s.App.Onboarding().SetStatus(ctx, operator, sunrise, policy.OrgActive); err != nil || before != policy.OrgSuspended {
		t.Fatalf("%s, %v", before, err)
	}
	if people, partners, calls := served(); !people || !partners || !calls {
		t.Errorf("resumed: %v %v %v", people, partners, calls)
	}
	if n := s.count(t, `select count(*) from audit_decisions where org_id = $1 and operation like 'setOrganizationStatus %'`, sunrise); n != 2 {
		t.Errorf("%d records of it", n)
	}
	if _, err := s.App.Onboarding().SetStatus(ctx, operator, newID(), policy.OrgSuspended); err == nil {
		t.Error("nobody was suspended")
	}
}
