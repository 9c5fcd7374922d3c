package review_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/voxanne/cascade/policy"
	"github.com/voxanne/cascade/policy/review"
)

// read collects what a reader yields: records, lines that are none, and the error
// that ended it.
func read(from io.Reader) (records []review.Recorded, bad []error, broken error) {
	for r, err := range review.ReadRecords(from) {
		switch {
		case err == nil:
			records = append(records, r)
		case errors.Is(err, review.ErrRecord):
			bad = append(bad, err)
		default:
			broken = err
		}
	}
	return records, bad, broken
}

// What the audit wrote is read back whole, plain and gzipped.
func TestRecordsAreReadBack(t *testing.T) {
	t.Parallel()
	recorded := &log{t: t, by: shipped(t)}
	recorded.ask(member(1, policy.Viewer, policy.Call, sunrise))
	recorded.ask(partner(2, policy.Recording, sunrise))
	var plain, zipped bytes.Buffer
	to := gzip.NewWriter(&zipped)
	for _, r := range recorded.records {
		text, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range []io.Writer{&plain, to} {
			if _, err := w.Write(append(text, '\n')); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := to.Close(); err != nil {
		t.Fatal(err)
	}
	for form, text := range map[string][]byte{"plain": plain.Bytes(), "gzip": zipped.Bytes(), "twice": append(zipped.Bytes(), zipped.Bytes()...)} {
		got, bad, err := read(iotest.OneByteReader(bytes.NewReader(text)))
		if err != nil || len(bad) > 0 {
			t.Fatalf("%s: %v %v", form, bad, err)
		}
		want := recorded.records
		if form == "twice" {
			want = append(want, want...)
		}
		if diff := cmp.Diff(want, got, cmp.Transformer("text", func(r json.RawMessage) string { return string(r) }), cmp.Transformer("none", orNone)); diff != "" {
			t.Errorf("%s: %s", form, diff)
		}
	}
}

// orNone makes no ids of an empty list: JSON tells no difference.
func orNone(ids []uuid.UUID) []string {
	out := []string{}
	for _, id := range ids {
		out = append(out, id.String())
	}
	return out
}

// An event of OPA's decision log says the same as the record that it was made of.
func TestEventsAreRead(t *testing.T) {
	t.Parallel()
	running := shipped(t)
	recorded := &log{t: t, by: running}
	recorded.ask(member(1, policy.Viewer, policy.Call, sunrise))
	r := recorded.records[0]
	event := map[string]any{
		"decision_id": r.ID, "timestamp": r.At, "path": "cascade/access/decision", "input": r.Input,
		"bundles": map[string]any{"cascade": map[string]any{"revision": r.Revision}},
		"result":  map[string]any{"allow": r.Allow, "reason": r.Reason, "org_ids": r.OrgIDs, "wide": r.Wide, "masks": r.Masks, "obligations": []string{}},
		"labels":  map[string]any{"id": "node"},
	}
	bare, err := json.Marshal(event)
	if err != nil {
		t.Fatal(err)
	}
	event["custom"], event["bundles"] = map[string]any{
		"revision": r.Revision, "subject_id": r.SubjectID, "subject_kind": r.SubjectKind, "action": r.Action, "resource": r.Resource,
		"operation": r.Operation, "asked_org_ids": r.AskedOrgIDs,
	}, nil
	full, err := json.Marshal(event)
	if err != nil {
		t.Fatal(err)
	}
	for form, text := range map[string][]byte{"bare": bare, "full": full} {
		got, err := review.ParseRecord(text)
		if err != nil {
			t.Fatalf("%s: %v", form, err)
		}
		if diff := cmp.Diff(r, got, cmp.Transformer("text", func(r json.RawMessage) string { return string(r) }), cmp.Transformer("none", orNone)); diff != "" {
			t.Errorf("%s: %s", form, diff)
		}
		report := replay(t, review.ReplayConfig{Running: running, Candidate: running, Records: each([]review.Recorded{got})})
		if report.Replayed != 1 || !report.Same() {
			t.Errorf("%s: %+v", form, report)
		}
	}
}

// A line that is no record is named, and those around it are read.
func TestALineThatIsNoRecord(t *testing.T) {
	t.Parallel()
	const good = `{"id":"018f0000-0000-7000-8000-000000000001","at":"2026-11-23T12:00:00Z","action":"read","resource":"call"}`
	for name, line := range map[string]string{
		"no JSON":            `{`,
		"no object":          `[]`,
		"nothing in it":      `{}`,
		"no id":              `{"at":"2026-11-23T12:00:00Z","action":"read","resource":"call"}`,
		"no time":            `{"id":"018f0000-0000-7000-8000-000000000001","action":"read","resource":"call"}`,
		"no question":        `{"id":"018f0000-0000-7000-8000-000000000001","at":"2026-11-23T12:00:00Z"}`,
		"an id of a sort":    `{"id":"1","at":"2026-11-23T12:00:00Z","action":"read","resource":"call"}`,
		"an event of none":   `{"decision_id":"018f0000-0000-7000-8000-000000000001","timestamp":"2026-11-23T12:00:00Z","input":[]}`,
		"too long":           `{"id":"` + strings.Repeat("x", 2<<20) + `"}`,
		"too long by spaces": strings.Repeat(" ", 2<<20) + good,
	} {
		records, bad, err := read(strings.NewReader(good + "\n\n" + line + "\n" + good))
		if err != nil || len(records) != 2 || len(bad) != 1 {
			t.Errorf("%s: %d records, %v, %v", name, len(records), bad, err)
			continue
		}
		if !strings.HasPrefix(bad[0].Error(), "line 3: ") {
			t.Errorf("%s: %v", name, bad[0])
		}
	}
	var zipped bytes.Buffer
	to := gzip.NewWriter(&zipped)
	_, _ = io.WriteString(to, strings.Repeat(good+"\n", 100))
	_ = to.Close()
	if records, _, err := read(bytes.NewReader(zipped.Bytes()[:zipped.Len()-9])); err == nil {
		t.Errorf("a file that was cut off was read: %d records", len(records))
	}
	lost := errors.New("the disk is gone")
	if _, _, err := read(io.MultiReader(strings.NewReader(good+"\n"), iotest.ErrReader(lost))); !errors.Is(err, lost) {
		t.Errorf("%v", err)
	}
}

// Whatever a file holds, it is read to its end: nothing panics, and what is
// yielded as a record is one.
func FuzzReadRecords(f *testing.F) {
	f.Add([]byte(`{"id":"018f0000-0000-7000-8000-000000000001","at":"2026-11-23T12:00:00Z","action":"read","resource":"call"}` + "\n{}\n"))
	f.Add([]byte(`{"decision_id":"018f0000-0000-7000-8000-000000000001","timestamp":"2026-11-23T12:00:00Z","input":{"action":"read","resource":"call","orgs":[],"subject":{}}}`))
	f.Add([]byte("\x1f\x8b\x08\x00"))
	f.Add([]byte("\n\n"))
	running := shipped(f)
	f.Fuzz(func(t *testing.T, text []byte) {
		records, bad, _ := read(bytes.NewReader(text))
		if lines := bytes.Count(text, []byte("\n")) + 1; len(text) > 0 && text[0] != 0x1f && len(records)+len(bad) > lines {
			t.Errorf("%d records of %d lines", len(records)+len(bad), lines)
		}
		for _, r := range records {
			if r.ID == uuid.Nil || r.At.IsZero() || r.Action == "" || r.Resource == "" {
				t.Errorf("%+v", r)
			}
		}
		report, err := review.Replay(t.Context(), review.ReplayConfig{Running: running, Candidate: running, Records: each(records)})
		if err != nil || report.Differing != 0 || report.Records != int64(len(records)) {
			t.Errorf("%v: %+v", err, report)
		}
	})
}
