package vapi_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/server/provider"
	"github.com/voxanne/cascade/server/provider/fake"
	"github.com/voxanne/cascade/server/vapi"
)

// What a fault says of its request, and whether the request was carried out.
func TestAFaultSaysWhatBecameOfTheRequest(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		fault fake.Fault
		want  provider.Kind
		done  int
	}{
		"500 before":        {fake.Fault{Lost: true, Status: 500}, provider.Unknown, 0},
		"500 after":         {fake.Fault{Status: 500}, provider.Unknown, 1},
		"cut before":        {fake.Fault{Lost: true, Cut: true}, provider.Unknown, 0},
		"cut after":         {fake.Fault{Cut: true}, provider.Unknown, 1},
		"slow before":       {fake.Fault{Lost: true, Hang: true}, provider.Unknown, 0},
		"slow after":        {fake.Fault{Hang: true}, provider.Unknown, 1},
		"redirected":        {fake.Fault{Lost: true, Status: 302}, provider.Unknown, 0},
		"request timeout":   {fake.Fault{Lost: true, Status: 408}, provider.Unknown, 0},
		"too many requests": {fake.Fault{Lost: true, Status: 429, RetryAfter: 7 * time.Second}, provider.RateLimited, 0},
		"forbidden":         {fake.Fault{Lost: true, Status: 403}, provider.Refused, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := startFake(t)
			v := client(t, f.URL, fakeKey, func(c *vapi.Config) { c.HTTP.Timeout = 200 * time.Millisecond })
			f.Faults.Next(http.MethodPost, "/assistant", row.fault)
			_, err := v.CreateAssistant(t.Context(), spec("a"))
			wantKind(t, err, row.want)
			if got := len(f.Assistants()); got != row.done {
				t.Errorf("%d assistants exist, want %d", got, row.done)
			}
			if f.Faults.Seen() != 1 {
				t.Errorf("asked %d times: creating is not to be repeated", f.Faults.Seen())
			}
			if e, ok := errors.AsType[*provider.Error](err); !ok || e.RetryAfter != row.fault.RetryAfter {
				t.Errorf("RetryAfter of %v", err)
			}
		})
	}
}

func TestNothingIsSentToNobody(t *testing.T) {
	t.Parallel()
	f := startFake(t)
	v := client(t, f.URL, fakeKey)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := v.CreateAssistant(ctx, spec("a"))
	wantKind(t, err, provider.Unavailable)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v does not say that its context ended", err)
	}
	_, err = client(t, "http://127.0.0.1:1", fakeKey).CreateAssistant(t.Context(), spec("a"))
	wantKind(t, err, provider.Unavailable)
}

func TestWhatIsSafeIsTriedAgain(t *testing.T) {
	t.Parallel()
	f := startFake(t)
	v := client(t, f.URL, fakeKey, func(c *vapi.Config) { c.HTTP.Wait = func(context.Context, time.Duration) error { return nil } })
	made, err := v.CreateAssistant(t.Context(), spec("a"))
	if err != nil {
		t.Fatal(err)
	}
	before := f.Faults.Seen()
	f.Faults.Next(http.MethodGet, "/assistant", fake.Fault{Cut: true})
	f.Faults.Next(http.MethodGet, "/assistant", fake.Fault{Status: 503})
	if _, err := v.Assistant(t.Context(), made.ID); err != nil {
		t.Error(err)
	}
	if got := f.Faults.Seen() - before; got != 3 {
		t.Errorf("asked %d times, want 3", got)
	}
	// A deletion whose answer was lost finds nothing the second time, which is
	// what was wanted.
	f.Faults.Next(http.MethodDelete, "/assistant", fake.Fault{Cut: true})
	if err := v.DeleteAssistant(t.Context(), made.ID); err != nil || len(f.Assistants()) != 0 {
		t.Errorf("deleting: %v, %d left", err, len(f.Assistants()))
	}
	// Who asks to be left alone is.
	before = f.Faults.Seen()
	f.Faults.Next(http.MethodGet, "/call", fake.Fault{Lost: true, Status: 429, RetryAfter: time.Second})
	_, err = v.Call(t.Context(), uuid.NewString())
	wantKind(t, err, provider.RateLimited)
	if got := f.Faults.Seen() - before; got != 1 {
		t.Errorf("asked %d times, want 1", got)
	}
}

func TestANumberIsImportedOnce(t *testing.T) {
	t.Parallel()
	f := startFake(t)
	v := client(t, f.URL, fakeKey)
	n := vapi.TwilioNumber{Number: "+14155550100", AccountSID: "AC0", APIKey: "SK0", APISecret: "s", Name: "n-1"}
	f.Faults.Next(http.MethodPost, "/phone-number", fake.Fault{Cut: true})
	_, err := v.ImportNumber(t.Context(), n)
	wantKind(t, err, provider.Unknown)
	found, err := v.FindNumbers(t.Context(), "n-1", time.Now().Add(-time.Minute))
	if err != nil || len(found) != 1 || found[0].Number != n.Number {
		t.Fatalf("looked for: %v, %v", found, err)
	}
	_, err = v.ImportNumber(t.Context(), n)
	wantKind(t, err, provider.Refused)
	for range 2 {
		if err := v.DeleteNumber(t.Context(), found[0].ID); err != nil {
			t.Error(err)
		}
	}
	if _, err := v.ImportNumber(t.Context(), n); err != nil {
		t.Error(err)
	}
}

func TestEveryChangedCallIsListedOnce(t *testing.T) {
	t.Parallel()
	f := startFake(t)
	v := client(t, f.URL, fakeKey, func(c *vapi.Config) { c.Page = 4 })
	from := time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC)
	var want []string
	for i := range 50 {
		at := from.Add(time.Duration(i*i) * time.Second) // crowded at first, thin later
		want = append(want, f.PutCall(map[string]any{"updatedAt": at, "status": "ended", "monitor": map[string]any{"controlUrl": "https://control"}}))
	}
	f.PutCall(map[string]any{"updatedAt": from.Add(-time.Millisecond)})
	f.PutCall(map[string]any{"updatedAt": from.Add(time.Hour)})
	var got []string
	for call, err := range v.UpdatedCalls(t.Context(), from, from.Add(time.Hour)) {
		if err != nil {
			t.Fatal(err)
		}
		if call.Status != "ended" || !strings.Contains(string(call.Raw), "controlUrl") {
			t.Errorf("%s lacks what Vapi said", call.ID)
		}
		if strings.Contains(call.String(), "control") {
			t.Error("a call's text tells what controls it")
		}
		got = append(got, call.ID)
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("%d calls listed, want %d", len(got), len(want))
	}
	for range 5 {
		f.PutCall(map[string]any{"updatedAt": from.Add(-time.Hour)})
	}
	var last error
	for _, err := range v.UpdatedCalls(t.Context(), from.Add(-2*time.Hour), from) {
		last = err
	}
	if !errors.Is(last, vapi.ErrCrowded) {
		t.Errorf("five in a millisecond, of which a page holds four: %v", last)
	}
}

func TestWhereARecordingLies(t *testing.T) {
	t.Parallel()
	f := startFake(t)
	v := client(t, f.URL, fakeKey)
	const place = "https://storage.example.com/a.wav?X-Amz-Signature=s"
	id := f.PutCall(map[string]any{"recordings": map[string]string{"stereo": place}})
	got, err := v.RecordingLocation(t.Context(), id, vapi.StereoRecording)
	if err != nil || got != place {
		t.Errorf("%q, %v", got, err)
	}
	_, err = v.RecordingLocation(t.Context(), id, vapi.MonoRecording)
	wantKind(t, err, provider.NotFound)
	_, err = v.RecordingLocation(t.Context(), id, "../x")
	wantKind(t, err, provider.Refused)
	if err := v.DeleteCall(t.Context(), id); err != nil {
		t.Error(err)
	}
	_, err = v.Call(t.Context(), id)
	wantKind(t, err, provider.NotFound)
}

// The fake refuses what Vapi refuses, or it proves nothing.
func TestTheFakeIsStrict(t *testing.T) {
	t.Parallel()
	f := startFake(t)
	for name, body := range map[string]string{
		"unknown field":  `{"name":"a","fistMessage":"b"}`,
		"unknown inside": `{"model":{"provider":"openai","model":"gpt-4o","prompt":"x"}}`,
		"no model":       `{"model":{"provider":"openai"}}`,
		"long":           `{"name":"` + strings.Repeat("x", 41) + `"}`,
		"no address":     `{"server":{"url":"api"}}`,
		"not an object":  `[]`,
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, f.URL+"/assistant", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+fakeKey)
		r.Header.Set("Content-Type", "application/json")
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close()
		if answer.StatusCode != http.StatusBadRequest {
			t.Errorf("%s: %d", name, answer.StatusCode)
		}
	}
}
