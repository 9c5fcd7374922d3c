package webhook_test

import (
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/voxanne/cascade/server/webhook"
	"github.com/voxanne/cascade/server/webhook/vapi"
)

// FuzzDelivery: whatever a believed sender posts, over HTTP and into Postgres,
// is refused as its own fault or is kept and applied; it is never our failure,
// never put off for ever, and never another clinic's.
func FuzzDelivery(f *testing.F) {
	fixtures, err := filepath.Glob("testdata/*.json")
	if err != nil || len(fixtures) == 0 {
		f.Fatalf("no fixtures: %v", err)
	}
	for _, path := range fixtures {
		text, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	for _, message := range []string{
		`"type":"end-of-call-report","endedAt":"2099-12-31T23:59:59Z","durationSeconds":604800,"cost":999999999999.999999,"call":{"id":"k"}`,
		`"type":"end-of-call-report","startedAt":"2000-01-01T00:00:00Z","summary":"\u0000\ud800","call":{"id":"k","customer":{"number":"+15550142001","name":"\u0000"}}`,
		`"type":"end-of-call-report","analysis":{"structuredData":{"sentiment":"fine","sentimentScore":1e300,"urgency":"soon","callerEmail":"a@b","escalation":true,"\u0000":1}},"call":{"id":"k"}`,
		`"type":"status-update","status":"ended","endedReason":"\u0000","call":{"id":"k","customer":{"number":"sip:a@b"}}`,
		`"type":"status-update","status":"ringing","call":{"id":7,"assistantId":[],"phoneNumberId":{}}`,
		`"type":"tool-calls","toolCallList":[{"id":"a","function":{"name":"x","arguments":"{\"tenantId\":\"other\"}"}}],"call":{"id":"k"}`,
		`"type":"end-of-call-report","messages":[{"role":"user","message":"hi","secondsFromStart":1e9},{"role":"bot","message":"\u0000","time":1e18}],"call":{"id":"k"}`,
	} {
		f.Add([]byte(`{"message":{` + message + `}}`))
	}
	f.Add([]byte(`{"message":null}`))
	f.Add([]byte("\xff"))

	s := newStage(f)
	mine, theirs := s.clinic(f, "lantern"), s.clinic(f, "harbour")
	f.Fuzz(func(t *testing.T, body []byte) {
		s.seen.mu.Lock()
		s.seen.all = nil
		s.seen.mu.Unlock()
		got := s.post(t, mine, string(body))
		m, unreadable := vapi.Parse(body)
		switch {
		case unreadable != nil:
			if got.status != http.StatusBadRequest || got.code() != "BAD_USER_INPUT" {
				t.Fatalf("%s is answered with %d %s", body, got.status, got.body)
			}
			return
		case got.status != http.StatusOK:
			t.Fatalf("%s is answered with %d %s", body, got.status, got.body)
		}
		s.seen.mu.Lock()
		defer s.seen.mu.Unlock()
		if len(s.seen.all) != 1 || s.seen.all[0].Result != webhook.Applied && s.seen.all[0].Result != webhook.Duplicate {
			t.Fatalf("%s came to %+v", body, s.seen.all)
		}
		if n := s.count(t, `select count(*) from webhook_inbox where org_id = $1 and event_key = $2 and applied_at is not null`,
			mine.org, vapi.EventKey(m)); n != 1 {
			t.Fatalf("%s is kept %d times", body, n)
		}
		if n := s.count(t, `select (select count(*) from webhook_inbox where org_id = $1) + (select count(*) from call_logs where org_id = $1)
			+ (select count(*) from contacts where org_id = $1)`, theirs.org); n != 0 {
			t.Fatalf("%s left %d rows with another clinic", body, n)
		}
	})
}
