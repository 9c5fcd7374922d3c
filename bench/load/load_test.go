package load_test

import (
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/voxanne/cascade/bench/load"
)

var errWrong = errors.New("wrong")

// serve answers each request with what answer writes.
func serve(t *testing.T, answer func(n int64, w http.ResponseWriter)) load.Target {
	t.Helper()
	var n atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { answer(n.Add(1), w) }))
	t.Cleanup(server.Close)
	shot := load.Shot{Wire: []byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), Check: func(body []byte) error {
		if !strings.HasPrefix(string(body), "right") {
			return errWrong
		}
		return nil
	}}
	return load.Target{Addr: strings.TrimPrefix(server.URL, "http://"), Next: func(*rand.Rand) load.Shot { return shot }}
}

func TestRunCountsAnswers(t *testing.T) {
	t.Parallel()
	long := "right" + strings.Repeat(".", 10_000) // more than net/http sends with a length
	target := serve(t, func(_ int64, w http.ResponseWriter) { _, _ = io.WriteString(w, long) })
	r, err := load.Run(t.Context(), target, 4, 100*time.Millisecond, 1)
	if err != nil {
		t.Fatal(err)
	}
	if r.Requests == 0 || r.Rate() == 0 || r.P50 == 0 || r.P99 < r.P50 {
		t.Errorf("%+v", r)
	}
}

// One wrong answer among many spoils the run.
func TestAWrongAnswerEndsTheRun(t *testing.T) {
	t.Parallel()
	target := serve(t, func(n int64, w http.ResponseWriter) {
		if n == 20 {
			_, _ = io.WriteString(w, "someone else's")
			return
		}
		_, _ = io.WriteString(w, "right")
	})
	if _, err := load.Run(t.Context(), target, 4, time.Minute, 1); !errors.Is(err, errWrong) {
		t.Errorf("err = %v", err)
	}
	target = serve(t, func(_ int64, w http.ResponseWriter) { w.WriteHeader(http.StatusServiceUnavailable) })
	if _, err := load.Run(t.Context(), target, 4, time.Minute, 1); err == nil {
		t.Error("a 503 is no answer")
	}
}
