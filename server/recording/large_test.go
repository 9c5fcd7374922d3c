package recording_test

import (
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/voxanne/cascade/server/recording/fetch"
)

// BenchmarkLarge brings in recordings of a gigabyte, and tells the most
// memory that the process ever held. Run it alone:
//
//	go test ./server/recording -run '^$' -bench Large -benchtime 1x
func BenchmarkLarge(b *testing.B) {
	for store, on := range map[string]func(testing.TB, *stage) *stage{
		"directory": func(_ testing.TB, s *stage) *stage { return s }, "S3": onS3,
	} {
		b.Run(store, func(b *testing.B) {
			for b.Loop() {
				large(b, on(b, newStage(b)))
			}
			b.ReportMetric(float64(peak(b))/1024, "peak-MiB")
		})
	}
}

func large(b *testing.B, s *stage) {
	b.Helper()
	const size, piece = 1 << 30, 1 << 20
	if s.s3 != nil {
		s.s3.forgets = true
	}
	s.config.Fetcher = s.provider.fetcher(fetch.Config{MaxBytes: 2 << 30})
	s.config.Spool = b.TempDir()
	s.open()
	org := s.clinic(b, "lantern")
	s.queued(b, org, "call-1")
	part := make([]byte, piece)
	copy(part, "RIFF....WAVE")
	s.provider.serves("call-1", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "audio/wav")
		w.Header().Set("Content-Length", strconv.Itoa(size))
		for range size / piece {
			if _, err := w.Write(part); err != nil {
				return
			}
		}
	})
	began := time.Now()
	if n := s.work(b, 1); n != 1 || s.last().Bytes != size {
		b.Fatalf("%+v", s.last())
	}
	b.ReportMetric(size/1e6/time.Since(began).Seconds(), "MB/s")
}

// peak is the most memory that this process held at once, in KiB.
func peak(b *testing.B) int {
	b.Helper()
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		b.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			n, err := strconv.Atoi(strings.Fields(rest)[0])
			if err != nil {
				b.Fatal(err)
			}
			return n
		}
	}
	b.Fatal("the system does not tell")
	return 0
}
