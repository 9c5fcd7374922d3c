package server_test

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/voxanne/cascade/server"
)

// Who is refused again and again is turned away for a moment before anybody is
// asked about them: the directory, which is gone here, is not missed.
// Others are not touched, and after the moment everything is asked again.
func TestAFloodIsTurnedAwayBeforeAnythingIsDoneForIt(t *testing.T) {
	t.Parallel()
	s := prepare(t)
	sunrise, harbor := s.clinic(t, "sunrise"), s.clinic(t, "harbor")
	nurse, both := s.member(t, "nurse", "staff", sunrise), s.member(t, "both", "staff", sunrise, harbor)
	s.Exec(t, `update organizations set requests_per_minute = 2 where id = $1`, sunrise)
	var now atomic.Int64 // stands still, so that the moment does
	now.Store(time.Now().UnixNano())
	ctx, cancel := context.WithCancel(t.Context())
	listening, ended := make(chan net.Addr, 1), make(chan struct{})
	go func() {
		defer close(ended)
		err := server.Run(ctx, s.config, server.Deps{
			Log: server.NewLog(s.log, slog.LevelInfo), Budget: 5 * time.Second,
			Now:       func() time.Time { return time.Unix(0, now.Load()) },
			Listening: func(_ *server.App, addr net.Addr) { listening <- addr },
		})
		if err != nil {
			t.Error(err)
		}
	}()
	t.Cleanup(func() { cancel(); <-ended })
	s.url = "http://" + (<-listening).String()

	for range 2 {
		if got := s.ask(t, calls, bearer(nurse)); !strings.Contains(got.Body, "canary-sunrise") {
			t.Fatalf("within the limit: %s", got.Body)
		}
	}
	refused := func(got answer) bool {
		return got.Status == http.StatusTooManyRequests && got.is("RATE_LIMITED", "") && got.Header.Get("Retry-After") != "" && got.Header.Get("RateLimit") != ""
	}
	for range 5 {
		if got := s.ask(t, calls, bearer(nurse)); !refused(got) {
			t.Fatalf("above the limit: %d %s", got.Status, got.Body)
		}
	}
	s.Exec(t, `revoke execute on function app.directory_users(text[], text[]) from cascade_app`)
	for range 3 {
		if got := s.ask(t, calls, bearer(nurse)); !refused(got) || !got.is("RATE_LIMITED", "org_limit") {
			t.Errorf("at once again: %d %s %v", got.Status, got.Body, got.Header)
		}
	}
	// Another credential for the same clinic, and the same for another choice,
	// are looked up.
	for _, headers := range [][]string{{bearer(both), "X-Cascade-Org: sunrise"}, {bearer(nurse), "X-Cascade-Org: sunrise"}} {
		if got := s.ask(t, calls, headers...); !got.is("UNAVAILABLE", "directory_unavailable") {
			t.Errorf("somebody else: %d %s", got.Status, got.Body)
		}
	}
	now.Add(int64(2 * time.Second))
	if got := s.ask(t, calls, bearer(nurse)); !got.is("UNAVAILABLE", "directory_unavailable") {
		t.Errorf("after the moment: %d %s", got.Status, got.Body)
	}
	s.Exec(t, `grant execute on function app.directory_users(text[], text[]) to cascade_app`)
	if got := s.ask(t, calls, bearer(both), "X-Cascade-Org: harbor"); !strings.Contains(got.Body, "canary-harbor") {
		t.Errorf("another clinic: %s", got.Body)
	}
}
