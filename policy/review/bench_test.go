package review_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"testing"

	"github.com/voxanne/cascade/policy"
	"github.com/voxanne/cascade/policy/review"
)

// BenchmarkReplay replays one recorded decision an operation, from gzipped lines.
func BenchmarkReplay(b *testing.B) {
	running := shipped(b)
	candidate := shipped(b, edit{"cascade/roles.rego", `"recording": {"read", "create"},`, `"recording": {"read", "create", "update"},`})
	recorded := &log{t: b, by: running}
	for n := range 200 {
		recorded.ask(member(n, policy.Staff, policy.Call, sunrise))
		recorded.ask(updating(member(n, policy.Viewer, policy.Recording, harbor)))
		recorded.ask(partner(n, policy.Call, sunrise))
		recorded.ask(partner(n, policy.Recording, sunrise))
	}
	var text bytes.Buffer
	zipped := gzip.NewWriter(&text)
	lines := json.NewEncoder(zipped)
	for n := range b.N {
		if err := lines.Encode(recorded.records[n%len(recorded.records)]); err != nil {
			b.Fatal(err)
		}
	}
	if err := zipped.Close(); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	b.ResetTimer()
	report := replay(b, review.ReplayConfig{Running: running, Candidate: candidate, Records: review.ReadRecords(&text)})
	b.StopTimer()
	if report.Replayed != int64(b.N) {
		b.Fatalf("%d of %d", report.Replayed, b.N)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "decisions/s")
}
