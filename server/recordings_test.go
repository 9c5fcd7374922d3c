package server_test

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/server/recording"
)

// locator says that every recording lies at one place.
type locator string

// RecordingLocation implements recording.Locator.
func (l locator) RecordingLocation(context.Context, string, string) (string, error) {
	return string(l), nil
}

// A recording that waits is brought in by the running server and heard through
// it by whoever may; and no trace of its link is left.
func TestARecordingIsBroughtInAndHeard(t *testing.T) {
	t.Parallel()
	sound := append([]byte("RIFF....WAVE"), bytes.Repeat([]byte("x"), 100_000)...)
	provider := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "audio/wav")
		_, _ = w.Write(sound)
	}))
	defer provider.Close()
	s := prepare(t)
	s.Deps.LoopbackRecordings = true
	s.Deps.Locators = func(context.Context, uuid.UUID, string) (recording.Locator, error) { return locator(provider.URL), nil }
	s.start(t)
	org, other := s.clinic(t, "sunrise"), s.clinic(t, "harbor")
	staff, viewer, foreigner := s.member(t, "staff", "staff", org), s.member(t, "viewer", "viewer", org), s.member(t, "foreigner", "owner", other)
	s.Exec(t, `insert into recording_upload_queue (org_id, id, call_id, source, kind, provider_ref, next_attempt_at, deadline_at)
		select org_id, gen_random_uuid(), id, 'vapi', 'stereo', 'p', now(), now() + interval '1 day' from call_logs where org_id = $1 limit 1`, org)
	eventually(t, "the recording is stored", func() bool { return s.count(t, `select count(*) from recordings where bytes = $1`, len(sound)) == 1 })
	list := s.ask(t, `{ recordings(first: 1) { nodes { id } } }`, bearer(staff)).Body
	_, id, _ := strings.Cut(list, `"id":"`)
	id, _, _ = strings.Cut(id, `"`)
	document := `{ recordingPlayback(id: "` + id + `") { url expiresAt } }`
	link := func(token string) string {
		body := s.ask(t, document, bearer(token)).Body
		_, after, ok := strings.Cut(body, `"url":"https://api.example.com`)
		if !ok {
			return ""
		}
		path, _, _ := strings.Cut(after, `"`)
		return path
	}
	path := link(staff)
	heard := s.do(t, http.MethodGet, path, "")
	if heard.Status != http.StatusOK || heard.Body != string(sound) || heard.Header.Get("Referrer-Policy") != "no-referrer" || heard.Header.Get("Cache-Control") != "no-store" ||
		heard.Header.Get("Content-Type") != "audio/wav" || heard.Header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("%d, %d bytes, %v", heard.Status, len(heard.Body), heard.Header)
	}
	if part := s.do(t, http.MethodGet, path, "", "Range: bytes=0-3"); part.Status != http.StatusPartialContent || part.Body != "RIFF" {
		t.Errorf("a range: %d %q", part.Status, part.Body)
	}
	for name, token := range map[string]string{"a viewer": viewer, "a foreigner": foreigner} {
		if got := link(token); got != "" {
			t.Errorf("%s was given %s", name, got)
		}
	}
	s.Exec(t, `update organizations set viewers_see_transcripts = true where id = $1`, org)
	if got := s.do(t, http.MethodGet, link(viewer), ""); got.Status != http.StatusOK {
		t.Errorf("a viewer whom the clinic shows it: %d", got.Status)
	}
	s.Exec(t, `update organizations set status = 'suspended' where id = $1`, org)
	closed, nothing := s.do(t, http.MethodGet, path, ""), s.do(t, http.MethodGet, "/recordings/nothing", "")
	if closed.Status != http.StatusNotFound || nothing.Status != http.StatusNotFound {
		t.Errorf("of a suspended clinic: %d %s", closed.Status, closed.Body)
	}
	if strings.ReplaceAll(closed.Body, closed.Header.Get("X-Request-Id"), "") != strings.ReplaceAll(nothing.Body, nothing.Header.Get("X-Request-Id"), "") {
		t.Errorf("closed and absent differ: %s, %s", closed.Body, nothing.Body)
	}
	metrics := s.do(t, http.MethodGet, "/metrics", "").Body
	for _, want := range []string{`cascade_recordings_total{class="",result="stored"} 1`, "cascade_recording_bytes_total 100012"} {
		if !strings.Contains(metrics, want) {
			t.Errorf("the metrics lack %s", want)
		}
	}
	if token := strings.TrimPrefix(path, "/recordings/"); strings.Contains(s.log.String(), token) || strings.Contains(metrics, token) {
		t.Error("the link is in the log or the metrics")
	}
}
