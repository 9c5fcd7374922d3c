package load_test

import (
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/voxanne/cascade/bench/load"
)

// What is refused is counted and has no time; what is right has one.
func TestPaceCountsWhatIsRefused(t *testing.T) {
	t.Parallel()
	target := serve(t, func(n int64, w http.ResponseWriter) {
		if n%2 == 0 {
			w.WriteHeader(http.StatusTooManyRequests)
		}
		_, _ = io.WriteString(w, "right")
	})
	p, err := load.Pace(t.Context(), target, 4, 500, 300*time.Millisecond, 1)
	if err != nil {
		t.Fatal(err)
	}
	if p.Refused == 0 || len(p.Took) == 0 || p.Refused-len(p.Took) > 4 || len(p.Took)-p.Refused > 4 {
		t.Errorf("%d were refused and %d answered, of half and half", p.Refused, len(p.Took))
	}
	wrong := serve(t, func(_ int64, w http.ResponseWriter) { _, _ = io.WriteString(w, "wrong") })
	if _, err := load.Pace(t.Context(), wrong, 2, 500, 300*time.Millisecond, 1); err == nil {
		t.Error("a wrong answer is no error")
	}
}
