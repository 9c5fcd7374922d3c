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

// A clock that is set back, further than a seal is good for: nobody is told that
// they may not see their own clinic. The server says that it is unavailable, and
// why to whoever reads its log, until the clock is right.
func TestAClockThatIsBehindServesNothing(t *testing.T) {
	t.Parallel()
	s := prepare(t)
	nurse := s.member(t, "nurse", "staff", s.clinic(t, "sunrise"))
	var off atomic.Int64
	ctx, cancel := context.WithCancel(t.Context())
	listening, ended := make(chan net.Addr, 1), make(chan struct{})
	go func() {
		defer close(ended)
		err := server.Run(ctx, s.config, server.Deps{
			Log: server.NewLog(s.log, slog.LevelInfo), Budget: 5 * time.Second,
			Now:       func() time.Time { return time.Now().Add(time.Duration(off.Load())) },
			Listening: func(_ *server.App, addr net.Addr) { listening <- addr },
		})
		if err != nil {
			t.Error(err)
		}
	}()
	t.Cleanup(func() { cancel(); <-ended })
	s.url = "http://" + (<-listening).String()
	ready := func() bool { return s.do(t, http.MethodGet, "/readyz", "").Status == http.StatusOK }
	eventually(t, "ready", ready)

	off.Store(int64(-2 * time.Minute))
	for ready() {
		got := s.ask(t, calls, bearer(nurse))
		if len(got.Errors) > 0 && !got.is("UNAVAILABLE", "") && !got.is("UNAUTHENTICATED", "") {
			t.Fatalf("while it is behind: %s", got.Body)
		}
	}
	if got := s.ask(t, calls, bearer(nurse)); !got.is("UNAVAILABLE", "database_unavailable") {
		t.Errorf("while it is known to be behind: %s", got.Body)
	}
	if !strings.Contains(s.log.String(), "clock is behind") {
		t.Errorf("the log does not say why: %s", s.log)
	}
	off.Store(0)
	eventually(t, "ready again", ready)
	if got := s.ask(t, calls, bearer(nurse)); !strings.Contains(got.Body, "canary-sunrise") {
		t.Errorf("after: %s", got.Body)
	}
}
