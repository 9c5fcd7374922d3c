package webhook_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/server/webhook"
)

// Whoever is not the clinic's provider, and whatever does not read, leaves
// nothing behind but the record of the attempt.
func TestRefusals(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.config.MaxBody = 1 << 16
	s.open(t)
	open := s.clinic(t, "lantern")
	suspended := s.clinic(t, "dark")
	s.Exec(t, `update organizations set status = 'suspended' where id = $1`, suspended.org)
	unset := s.clinicWith(t, "unset", `null`, sharedSecret)
	odd := s.clinicWith(t, "odd", `{"method":"secret","hedaer":"x"}`, sharedSecret)
	twilio := s.clinic(t, "other-provider")
	s.Exec(t, `update integrations set provider = 'twilio' where org_id = $1`, twilio.org)

	good := fixture(t, "report", "call-1")
	right := http.Header{"X-Vapi-Secret": {sharedSecret}}
	for _, tc := range []struct {
		name       string
		key        string
		header     http.Header
		body       string
		wantStatus int
		wantCode   string
		wantReason string
		wantOrg    uuid.UUID // of the record
	}{
		{"unknown key", "whk_nobody", right, good, 404, "NOT_FOUND", "webhook_unknown_key", uuid.Nil},
		{"malformed key", strings.Repeat("%00", 40), right, good, 404, "NOT_FOUND", "webhook_unknown_key", uuid.Nil},
		{"another provider's key", twilio.key, right, good, 404, "NOT_FOUND", "webhook_unknown_key", uuid.Nil},
		{"wrong secret", open.key, http.Header{"X-Vapi-Secret": {"guess"}}, good, 401, "UNAUTHENTICATED", "bad_signature", open.org},
		{"no secret", open.key, http.Header{}, good, 401, "UNAUTHENTICATED", "missing_signature", open.org},
		{"two secrets", open.key, http.Header{"X-Vapi-Secret": {sharedSecret, "guess"}}, good, 401, "UNAUTHENTICATED", "ambiguous_header", open.org},
		{"wrong secret and malformed", open.key, http.Header{"X-Vapi-Secret": {"guess"}}, "{", 401, "UNAUTHENTICATED", "bad_signature", open.org},
		{"an endpoint without a proof", unset.key, right, good, 401, "UNAUTHENTICATED", "not_configured", unset.org},
		{"a misspelt proof", odd.key, right, good, 401, "UNAUTHENTICATED", "not_configured", odd.org},
		{"suspended clinic", suspended.key, right, good, 403, "FORBIDDEN", "org_not_active", suspended.org},
		{"suspended clinic, wrong secret", suspended.key, http.Header{"X-Vapi-Secret": {"guess"}}, good, 401, "UNAUTHENTICATED", "bad_signature", suspended.org},
		{"no JSON", open.key, right, "mira okonkwo", 400, "BAD_USER_INPUT", "malformed_json", open.org},
		{"empty", open.key, right, "", 400, "BAD_USER_INPUT", "malformed_json", open.org},
		{"a list", open.key, right, "[]", 400, "BAD_USER_INPUT", "not_an_object", open.org},
		{"no message", open.key, right, `{"name":"mira okonkwo"}`, 400, "BAD_USER_INPUT", "missing_message", open.org},
		{"no type", open.key, right, `{"message":{}}`, 400, "BAD_USER_INPUT", "missing_type", open.org},
		{"too deep", open.key, right, strings.Repeat(`{"message":`, 5000) + "1" + strings.Repeat("}", 5000), 400, "BAD_USER_INPUT", "too_deep", open.org},
		{"too large", open.key, right, strings.Repeat("x", 1<<16+1), 413, "TOO_COMPLEX", "", uuid.Nil}, // before anything is asked
	} {
		before := s.count(t, `select count(*) from audit_decisions`)
		got := s.send(t, tc.key, tc.body, tc.header)
		if got.status != tc.wantStatus || got.code() != tc.wantCode || !strings.HasPrefix(got.header.Get("Content-Type"), "application/problem+json") {
			t.Errorf("%s: %d %s", tc.name, got.status, got.body)
		}
		if strings.Contains(strings.ToLower(got.body+s.log.String()), "okonkwo") {
			t.Errorf("%s: the message shows: %s\n%s", tc.name, got.body, s.log)
		}
		record := s.row(t, `select org_id::text, reason, allow, subject_kind, credential_type, resource, action, input is null as unasked
			from (select *, body::jsonb -> 'input' as input from audit_decisions) a order by at desc, id desc limit 1`)
		switch made := s.count(t, `select count(*) from audit_decisions`) - before; {
		case tc.wantReason == "" && made == 0:
		case made != 1:
			t.Errorf("%s: %d records", tc.name, made)
		case record["reason"] != tc.wantReason || record["allow"] != false || record["unasked"] != true ||
			record["credential_type"] != "webhook" || record["resource"] != "webhook_message" || record["action"] != "ingest":
			t.Errorf("%s: recorded as %v", tc.name, record)
		case (tc.wantOrg == uuid.Nil) != (record["org_id"] == nil), tc.wantOrg != uuid.Nil && record["org_id"] != tc.wantOrg.String():
			t.Errorf("%s: recorded for %v", tc.name, record["org_id"])
		case (tc.wantStatus == 401 || tc.wantStatus == 404) != (record["subject_kind"] == "unknown"):
			t.Errorf("%s: recorded as %v", tc.name, record["subject_kind"])
		}
	}
	if n := s.count(t, `select (select count(*) from webhook_inbox) + (select count(*) from call_logs) + (select count(*) from contacts)`); n != 0 {
		t.Errorf("%d rows were kept of what was refused", n)
	}
	if s.feed.told() != 0 {
		t.Error("subscribers were told")
	}
	unknown, malformed := s.send(t, "whk_nobody", good, right), s.send(t, "x", "", http.Header{})
	if unknown.body != malformed.body || unknown.status != malformed.status {
		t.Errorf("addresses are told apart:\n%s\n%s", unknown.body, malformed.body)
	}
	for _, o := range s.seen.all {
		if o.Result != webhook.Refused || o.Reason == "" {
			t.Errorf("counted as %+v", o)
		}
	}
}

// An endpoint may ask for a keyed hash over the body and the time.
func TestSignedMessages(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	now := time.Unix(1790000130, 0)
	s.config.Now = func() time.Time { return now }
	s.open(t)
	c := s.clinicWith(t, "lantern", `{"method":"hmac","payloadFormat":"{url}.{timestamp}.{body}"}`, "signing key")
	body := fixture(t, "report", "call-1")
	sign := func(at time.Time) http.Header {
		stamp := strconv.FormatInt(at.Unix(), 10)
		mac := hmac.New(sha256.New, []byte("signing key"))
		fmt.Fprintf(mac, "https://api.example.test/webhooks/vapi/%s.%s.%s", c.key, stamp, body)
		return http.Header{"X-Signature": {hex.EncodeToString(mac.Sum(nil))}, "X-Timestamp": {stamp}}
	}
	if got := s.send(t, c.key, body, sign(now.Add(-6*time.Minute))); got.status != 401 || !strings.Contains(got.body, "stale_timestamp") {
		t.Errorf("an old message: %d %s", got.status, got.body)
	}
	if got := s.send(t, c.key, body+" ", sign(now)); got.status != 401 {
		t.Errorf("a changed body: %d %s", got.status, got.body)
	}
	if got := s.send(t, c.key, body, sign(now)); got.status != 200 {
		t.Errorf("a right one: %d %s", got.status, got.body)
	}
}

// The provider's secrets, and what listens to or controls a call, are neither
// kept nor logged.
func TestSecretsAreNotKept(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	c := s.clinic(t, "lantern")
	for _, body := range []string{status(t, "ringing", "call-1"), fixture(t, "report", "call-1")} {
		if !strings.Contains(body, "sentinel") {
			t.Fatal("the fixture has no secret")
		}
		s.post(t, c, body)
	}
	var all []string
	for _, table := range []string{"webhook_inbox", "call_logs", "recording_upload_queue", "contacts", "escalations", "audit_decisions"} {
		all = append(all, table, fmt.Sprint(s.rows(t, `select to_jsonb(x)::text as j from `+table+` x`)))
	}
	counted, err := json.Marshal(s.seen.all)
	if err != nil {
		t.Fatal(err)
	}
	all = append(all, "log", s.log.String(), "counts", string(counted))
	for i := 0; i < len(all); i += 2 {
		for _, word := range []string{"sentinel", sharedSecret, c.key} {
			if strings.Contains(all[i+1], word) {
				t.Errorf("%s holds %s", all[i], word)
			}
		}
		if all[i] == "log" || all[i] == "counts" || all[i] == "audit_decisions" {
			for _, word := range []string{"Okonkwo", "5550142001", "jaw"} {
				if strings.Contains(all[i+1], word) {
					t.Errorf("%s holds health data: %s", all[i], word)
				}
			}
		}
	}
	if n := s.count(t, `select count(*) from webhook_inbox where body::text like '%REDACTED%'`); n != 2 {
		t.Errorf("%d messages were redacted, want 2", n)
	}
}

// Two clinics' calls may have the same provider id: each key touches its own,
// also when row-level security is gone.
func TestAForeignKeyTouchesNothing(t *testing.T) {
	t.Parallel()
	for _, walls := range []string{"standing", "row-level security down"} {
		t.Run(walls, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			mine, theirs := s.clinic(t, "lantern"), s.clinic(t, "harbour")
			s.post(t, theirs, status(t, "ringing", "shared-id"))
			if walls != "standing" {
				for _, table := range []string{"webhook_inbox", "call_logs", "contacts", "agents", "phone_numbers", "escalations", "recording_upload_queue"} {
					s.Exec(t, `alter table `+table+` disable row level security`)
				}
			}
			before := s.row(t, `select to_jsonb(c)::text as j from call_logs c where org_id = $1`, theirs.org)
			if got := s.post(t, mine, fixture(t, "report", "shared-id")); got.status != 200 {
				t.Fatalf("%d %s", got.status, got.body)
			}
			after := s.row(t, `select to_jsonb(c)::text as j from call_logs c where org_id = $1`, theirs.org)
			if before["j"] != after["j"] {
				t.Errorf("the other clinic's call changed:\n%v\n%v", before, after)
			}
			own := s.row(t, `select status, agent_id = $2 as agent, phone_number_id = $3 as number from call_logs where org_id = $1`,
				mine.org, mine.agent, mine.number)
			if own["status"] != "transferred" || own["agent"] != true || own["number"] != true {
				t.Errorf("the own call is %v", own)
			}
			if n := s.count(t, `select count(*) from contacts where org_id <> $1`, mine.org); n != 0 {
				t.Errorf("%d contacts of the other clinic", n)
			}
		})
	}
}
