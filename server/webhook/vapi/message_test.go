package vapi_test

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/voxanne/cascade/server/webhook/vapi"
)

// parse reads {"message": {...}} given the inside of the braces.
func parse(tb testing.TB, members string) vapi.Message {
	tb.Helper()
	m, err := vapi.Parse([]byte(`{"message":{` + members + `}}`))
	if err != nil {
		tb.Fatalf("parsing %s: %v", members, err)
	}
	return m
}

func TestParseEnvelope(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 16, 9, 2, 34, 321e6, time.UTC)
	for _, tc := range []struct {
		in, kind, call string
		at             time.Time
		answer         bool
	}{
		{`"type":"hang","call":{"id":"k-1"}`, "hang", "k-1", time.Time{}, false},
		{`"type":"hang","timestamp":1773651754321`, "hang", "", at, false},
		{`"type":"hang","timestamp":1773651754`, "hang", "", at.Truncate(time.Second), false},
		{`"type":"hang","timestamp":"1773651754321"`, "hang", "", at, false},
		{`"type":"hang","timestamp":"2026-03-16T10:02:34.321+01:00"`, "hang", "", at, false},
		{`"type":"hang","timestamp":5`, "hang", "", time.Time{}, false},
		{`"type":"hang","timestamp":{"a":1},"call":[],"customer":7`, "hang", "", time.Time{}, false},
		{`"type":"hang","call":{"id":"two words"}`, "hang", "", time.Time{}, false},
		{`"type":"call.deleted","callId":"k-2"`, "call.deleted", "k-2", time.Time{}, false},
		{`"type":"transcript[transcriptType=\"final\"]"`, "transcript", "", time.Time{}, false},
		{`"type":"assistant.speechStarted"`, "assistant.speechStarted", "", time.Time{}, false},
		{`"type":"of.next.year","call":{"id":"k-3"}`, "of.next.year", "k-3", time.Time{}, false},
		{`"type":"assistant-request","call":{"id":"k-4"}`, "assistant-request", "k-4", time.Time{}, true},
		{`"type":"tool-calls"`, "tool-calls", "", time.Time{}, true},
		{`"type":"knowledge-base-request"`, "knowledge-base-request", "", time.Time{}, true},
	} {
		m := parse(t, tc.in)
		if m.Type != tc.kind || m.CallID != tc.call || !m.At.Equal(tc.at) || m.NeedsAnswer() != tc.answer {
			t.Errorf("%s: got %q %q %v %v", tc.in, m.Type, m.CallID, m.At, m.NeedsAnswer())
		}
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]error{
		``:                                 vapi.ErrMalformed,
		`{"message":`:                      vapi.ErrMalformed,
		`[]`:                               vapi.ErrNotObject,
		`"text"`:                           vapi.ErrNotObject,
		`null`:                             vapi.ErrNotObject,
		`{}`:                               vapi.ErrMissingMessage,
		`{"type":"hang"}`:                  vapi.ErrMissingMessage,
		`{"message":[{"type":"hang"}]}`:    vapi.ErrMissingMessage,
		`{"message":{}}`:                   vapi.ErrMissingType,
		`{"message":{"type":7}}`:           vapi.ErrMissingType,
		`{"message":{"type":""}}`:          vapi.ErrMissingType,
		`{"message":{"type":"two words"}}`: vapi.ErrMissingType,
		`{"message":{"type":"` + strings.Repeat("x", 65) + `"}}`:                                    vapi.ErrMissingType,
		`{"message":{"type":"hang","a":` + strings.Repeat("[", 63) + strings.Repeat("]", 63) + `}}`: vapi.ErrTooDeep,
	} {
		if _, err := vapi.Parse([]byte(in)); !errors.Is(err, want) {
			t.Errorf("%.60s: got %v, want %v", in, err, want)
		}
	}
}

// TestMessageKeepsNoSecret: what is stored and logged is redacted from the
// start, and reads the same as the original.
func TestMessageKeepsNoSecret(t *testing.T) {
	t.Parallel()
	m, err := vapi.Parse(fixture(t, "report.json"))
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(m.Redacted(), []byte(sentinel)) {
		t.Error("a secret is kept")
	}
	if want := redact(t, string(fixture(t, "report.json"))); want != string(m.Redacted()) {
		t.Error("Message.Redacted is not what Redact returns")
	}
	again, err := vapi.Parse(m.Redacted())
	if err != nil {
		t.Fatal(err)
	}
	first, _ := m.Report()
	second, _ := again.Report()
	if diff := cmp.Diff(first, second); diff != "" {
		t.Errorf("read again from what was kept (-first +second):\n%s", diff)
	}

	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("taken", "message", m, "report", first)
	if strings.Contains(log.String(), "Odalys") || !strings.Contains(log.String(), "message.type=end-of-call-report") {
		t.Errorf("logged: %s", log.String())
	}
}

func TestStatus(t *testing.T) {
	t.Parallel()
	m := parse(t, `"type":"status-update","status":"ended","endedReason":"assistant-request-returned-no-assistant",
		"call":{"id":"k-1","type":"inboundPhoneCall","status":"queued"}`)
	got, ok := m.Status()
	want := vapi.StatusChange{
		Call:        vapi.Call{ID: "k-1", Direction: vapi.Inbound},
		Status:      vapi.Ended,
		EndedReason: "assistant-request-returned-no-assistant",
		Outcome:     vapi.Failed,
	}
	if diff := cmp.Diff(want, got); diff != "" || !ok {
		t.Errorf("ok %v (-want +got):\n%s", ok, diff)
	}
	for _, none := range []string{`"type":"hang","status":"ended"`, `"type":"status-update"`, `"type":"status-update","status":{}`} {
		if got, ok := parse(t, none).Status(); ok {
			t.Errorf("%s says %+v", none, got)
		}
	}

	previous := 0
	for _, s := range []vapi.Status{vapi.Scheduled, vapi.Queued, vapi.Ringing, vapi.InProgress, vapi.Forwarding, vapi.Ended} {
		if s.Rank() <= previous {
			t.Errorf("%s does not come after", s)
		}
		previous = s.Rank()
	}
	for _, s := range []vapi.Status{"", "not-found", "deletion-failed", "levitating"} {
		if s.Rank() != 0 {
			t.Errorf("%q has a rank", s)
		}
	}
	if s, _ := parse(t, `"type":"status-update","status":"In_Progress"`).Status(); s.Status != vapi.InProgress {
		t.Errorf("In_Progress is %q", s.Status)
	}
}

func TestClassify(t *testing.T) {
	t.Parallel()
	for reason, want := range map[string]vapi.Outcome{
		"customer-ended-call":                          vapi.Completed,
		" Assistant-Ended-Call ":                       vapi.Completed,
		"assistant-ended-call-with-hangup-task":        vapi.Completed,
		"assistant-ended-callously":                    vapi.Unknown,
		"silence-timed-out":                            vapi.Completed,
		"exceeded-max-duration":                        vapi.Completed,
		"call.in-progress.twilio-completed-call":       vapi.Completed,
		"assistant-forwarded-call":                     vapi.Transferred,
		"call.forwarding.operator-busy":                vapi.Transferred,
		"customer-did-not-answer":                      vapi.Missed,
		"customer-busy":                                vapi.Missed,
		"voicemail":                                    vapi.Voicemail,
		"manually-canceled":                            vapi.Cancelled,
		"scheduled-call-deleted":                       vapi.Cancelled,
		"call.start.error-get-org":                     vapi.Failed,
		"call.in-progress.error-vapifault-worker-died": vapi.Failed,
		"call.in-progress.error-providerfault-openai-500-server-error": vapi.Failed,
		"pipeline-error-openai-llm-failed":                             vapi.Failed,
		"assistant-request-failed":                                     vapi.Failed,
		"":                                                             vapi.Unknown,
		"call.in-progress.something-new":                               vapi.Unknown,
		"completed":                                                    vapi.Unknown,
	} {
		if got := vapi.Classify(reason); got != want {
			t.Errorf("%q is %s, want %s", reason, got, want)
		}
	}
}

func TestLiveMessages(t *testing.T) {
	t.Parallel()
	u, ok := parse(t, `"type":"transcript","role":"user","transcriptType":"final","transcript":" Half past four. ","isFiltered":true`).Utterance()
	if want := (vapi.Utterance{Speaker: vapi.Caller, Text: "Half past four.", Final: true, Filtered: true}); !ok || u != want {
		t.Errorf("transcript: %+v", u)
	}
	if u, ok := parse(t, `"type":"transcript[transcriptType='final']","role":"assistant","transcript":"Yes"`).Utterance(); !ok || !u.Final {
		t.Errorf("final by its type: %+v", u)
	}
	if u, ok := parse(t, `"type":"transcript","role":"assistant","transcriptType":"partial"`).Utterance(); !ok || u.Final {
		t.Errorf("partial: %+v", u)
	}
	if s, ok := parse(t, `"type":"speech-update","status":"started","role":"assistant"`).Speech(); !ok || s != (vapi.Speech{Speaker: vapi.Assistant, Started: true}) {
		t.Errorf("speech-update: %+v", s)
	}
	want := []vapi.Turn{{Speaker: vapi.Assistant, Text: "How can I help?"}, {Speaker: vapi.Caller, Text: "Do you whiten teeth?"}}
	for _, in := range []string{
		`"type":"conversation-update","messages":[{"role":"bot","message":"How can I help?"},{"role":"user","message":"Do you whiten teeth?"}]`,
		`"type":"conversation-update","conversation":[{"role":"system","content":"x"},{"role":"assistant","content":"How can I help?"},{"role":"user","content":"Do you whiten teeth?"}]`,
		`"type":"knowledge-base-request","messages":[{"role":"assistant","content":"How can I help?"},{"role":"user","content":[{"type":"text","text":"Do you whiten"},{"type":"text","text":"teeth?"}]}]`,
	} {
		if diff := cmp.Diff(want, parse(t, in).Conversation()); diff != "" {
			t.Errorf("%.60s (-want +got):\n%s", in, diff)
		}
	}
	if tr, ok := parse(t, `"type":"transfer-update","destination":{"type":"number","number":"+1 202-555-0166"},"toAssistant":{"id":"a-2","name":"Billing"}`).Transfer(); !ok || tr != (vapi.Transfer{Number: "+12025550166", ToAssistant: "a-2"}) {
		t.Errorf("transfer-update: %+v", tr)
	}
	if d, ok := parse(t, `"type":"call.delete.failed","call":{"id":"k-1"}`).Deletion(); !ok || d != (vapi.Deletion{CallID: "k-1"}) {
		t.Errorf("call.delete.failed: %+v", d)
	}
	if d, ok := parse(t, `"type":"call.deleted","call":{"id":"k-1"}`).Deletion(); !ok || !d.Done {
		t.Errorf("call.deleted: %+v", d)
	}
}

// FuzzParse: every reader of every message returns, with values in their
// bounds, and what was kept reads the same.
func FuzzParse(f *testing.F) {
	f.Add(fixture(f, "report-2024.json"))
	for _, kind := range []string{"status-update", "end-of-call-report", "tool-calls", "function-call", "transcript", "speech-update", "transfer-update", "call.deleted", "knowledge-base-request"} {
		f.Add([]byte(`{"message":{"type":"` + kind + `","status":"ended","role":"user","cost":1e2,"durationMs":3,"call":{"id":"k"},"toolCallList":[{"id":"t","function":{"arguments":"{}"}}]}}`))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		m, err := vapi.Parse(body)
		if err != nil {
			if _, ok := errors.AsType[vapi.Refusal](err); !ok {
				t.Fatalf("%v is no Refusal", err)
			}
			return
		}
		if key := vapi.EventKey(m); len(key) > 97 || !strings.HasPrefix(key, m.Type+":") {
			t.Fatalf("key %q", key)
		}
		again, err := vapi.Parse(m.Redacted())
		if err != nil || vapi.EventKey(again) != vapi.EventKey(m) {
			t.Fatalf("kept as %s: %v", m.Redacted(), err)
		}
		if bytes.Contains(m.Redacted(), []byte{0}) || bytes.Contains(m.Redacted(), []byte(`\u0000`)) && !bytes.Contains(m.Redacted(), []byte(`\\u0000`)) {
			t.Fatalf("NUL kept in %s", m.Redacted())
		}
		report, _ := m.Report()
		if report.CostMicros != nil && *report.CostMicros < 0 || report.DurationSeconds != nil && *report.DurationSeconds < 0 {
			t.Fatalf("negative: %+v", report)
		}
		var previous time.Duration
		for _, turn := range report.Turns {
			if turn.Text == "" || turn.Speaker == "" || turn.At < previous {
				t.Fatalf("turns %+v", report.Turns)
			}
			previous = turn.At
		}
		if s := report.Insights.SentimentScore; s != nil && (*s < 0 || *s > 100) {
			t.Fatalf("score %d", *s)
		}
		for _, c := range m.ToolCalls() {
			if c.Malformed != (c.Arguments == nil) || c.ID == "" && c.Name == "" {
				t.Fatalf("tool call %+v", c)
			}
		}
		m.Status()
		m.Utterance()
		m.Speech()
		m.Conversation()
		m.Transfer()
		m.Deletion()
	})
}
