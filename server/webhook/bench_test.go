package webhook_test

import (
	"fmt"
	"net/http"
	"runtime"
	"sync/atomic"
	"testing"
)

// BenchmarkPosts is one message over HTTP, from the wire to the commit and
// back, each about a new call, for 32 clinics or for one.
func BenchmarkPosts(b *testing.B) {
	for _, name := range []string{"speech", "status", "report"} {
		for _, clinics := range []int{32, 1} {
			b.Run(fmt.Sprintf("%s/clinics=%d", name, clinics), func(b *testing.B) {
				s := newStage(b)
				to := make([]clinic, clinics)
				for i := range to {
					to[i] = s.clinic(b, fmt.Sprintf("clinic-%d", i))
				}
				s.server.Client().Transport.(*http.Transport).MaxIdleConnsPerHost = 64 //nolint:errcheck,forcetypeassert // httptest's
				var n atomic.Int64
				b.SetParallelism(max(1, 32/runtime.GOMAXPROCS(0)))
				b.ReportAllocs()
				b.ResetTimer()
				b.RunParallel(func(pb *testing.PB) {
					for pb.Next() {
						i := n.Add(1)
						body := fixture(b, name, fmt.Sprintf("call-%d", i))
						if name == "status" {
							body = status(b, "ringing", fmt.Sprintf("call-%d", i))
						}
						if got := s.post(b, to[int(i)%clinics], body); got.status != http.StatusOK {
							b.Errorf("%d %s", got.status, got.body)
						}
					}
				})
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "posts/s")
			})
		}
	}
}
