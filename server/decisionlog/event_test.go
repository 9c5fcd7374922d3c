package decisionlog

import (
	"bytes"
	"encoding/json"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent/audit"
	"github.com/voxanne/cascade/policy"
)

// The event of a record, field by field, as testdata/event.json has it. A test
// beside the engine reads the same file into OPA's own struct.
func TestAnEventIsAsWritten(t *testing.T) {
	t.Parallel()
	id := func(n byte) uuid.UUID { return uuid.UUID{15: n} }
	who, org, rows := id(2), id(3), 7
	record := audit.Record{
		ID: id(1), OrgID: &org, At: time.Date(2026, 11, 23, 12, 0, 0, 123000000, time.UTC), RequestID: "req", TraceID: "0af7651916cd43dd8448eb211c80319c",
		SubjectID: &who, SubjectKind: policy.Partner, CredentialType: policy.Key, CredentialID: "ck_1", Action: policy.Read, Resource: policy.Call,
		Operation: "Calls", AskedOrgIDs: []uuid.UUID{org, id(4)}, OrgIDs: []uuid.UUID{org}, Allow: true, Reason: "grant",
		Masks: map[policy.Resource][]string{policy.Call: {"transcript"}}, Rows: &rows, Revision: "9f86d081", Input: json.RawMessage(`{"action":"read","now":1763899200}`),
	}
	body, err := json.Marshal(record)
	if err != nil {
		t.Fatal(err)
	}
	text, err := row{Chain: "node:x", Seq: 42, PrevHash: []byte{0xab}, Hash: []byte{0xcd}, Body: string(body)}.event(map[string]string{"app": "cascade"})
	if err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	if err := json.Indent(&got, text, "", "  "); err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile("testdata/event.json")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(bytes.TrimSpace(want)), got.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if _, err := (row{Body: "{"}).event(nil); err == nil {
		t.Error("a record that does not read is no event")
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	const date = "Mon, 23 Nov 2026 12:00:00 GMT"
	for value, want := range map[string]time.Duration{
		"": 0, "7": 7 * time.Second, "-7": 0, "soon": 0, "86400": mostPause, "Mon, 23 Nov 2026 12:00:30 GMT": 30 * time.Second,
		"Mon, 23 Nov 2026 11:00:00 GMT": 0, "Tue, 24 Nov 2026 12:00:00 GMT": mostPause,
	} {
		if got := retryAfter(value, date); got != want {
			t.Errorf("%q: %s, want %s", value, got, want)
		}
	}
	if got := retryAfter("Mon, 23 Nov 2026 12:00:30 GMT", ""); got != 0 {
		t.Errorf("a date without a date: %s", got)
	}
}
