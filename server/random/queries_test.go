package random_test

import (
	"flag"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var (
	documents = flag.Int("documents", 2000, "how many documents are sent")
	seed      = flag.Uint64("seed", 1, "what they are drawn from")
)

const (
	perRound = 2000 // documents that one world is asked
	workers  = 16
)

// Whatever is asked, by whomever: nothing of a clinic that is not theirs comes
// back, nothing beyond its mask, no failure of ours; and nothing changes where
// nobody may write.
func TestRandomQueries(t *testing.T) {
	covered, sums := newCoverage(schema()), &totals{}
	for i := 0; i*perRound < *documents && !t.Failed(); i++ {
		t.Run(fmt.Sprintf("round %d", i), func(t *testing.T) {
			r := newRound(t, *seed+uint64(i), covered, sums)
			r.run(t, min(perRound, *documents-i*perRound))
		})
	}
	fields, fieldsRead, fieldsAll := never(covered.fields)
	inputs, inputsUsed, inputsAll := never(covered.inputs)
	t.Logf("%d of %d queries answered whole; %d of %d permitted writers' changes made; %d asked twice; %d labels masked",
		sums.clean.Load(), sums.queries.Load(), sums.changed.Load(), sums.changes.Load(), sums.repeated.Load(), sums.hidden.Load())
	t.Logf("%d of %d fields came with a value, never: %v", fieldsRead, fieldsAll, fields)
	t.Logf("%d of %d arguments and inputs were used, never: %v", inputsUsed, inputsAll, inputs)
	sums.floors(t)
	if all := sums.documents.Load(); all >= perRound {
		// Of a record's rowCount nobody knows yet; the rest is the luck of the draw,
		// which evens out: the more there is to ask, the more questions it takes.
		least := map[bool]struct{ fields, inputs float64 }{true: {0.97, 0.97}, false: {0.9, 0.82}}[all >= 10*perRound]
		floor(t, "fields that came with a value", fieldsRead, fieldsAll, least.fields)
		floor(t, "arguments and inputs that were used", inputsUsed, inputsAll, least.inputs)
	}
	if t.Failed() {
		return
	}
	fmt.Printf("random queries: %d documents, %d answers with data, 0 leaks\n", sums.documents.Load(), sums.withData.Load()) //nolint:forbidigo // what make test shows
}

// floors: a test of answers that hold nothing would pass for ever.
func (s *totals) floors(t *testing.T) {
	t.Helper()
	if s.documents.Load() < perRound {
		return // too few to say
	}
	floor(t, "queries answered whole, with a value", int(s.clean.Load()), int(s.queries.Load()), 0.5)
	floor(t, "writers' changes made", int(s.changed.Load()), int(s.changes.Load()), 0.15)
	floor(t, "answers with a masked field", int(s.hidden.Load()), int(s.documents.Load()), 0.02)
	floor(t, "questions asked twice", int(s.repeated.Load()), int(s.documents.Load()), 0.02)
}

func floor(t *testing.T, what string, n, of int, least float64) {
	t.Helper()
	if float64(n) < least*float64(of) {
		t.Errorf("%s: %d of %d, and at least %.0f %% is asked for", what, n, of, 100*least)
	}
}

func (r *round) run(t *testing.T, n int) {
	before := map[string]map[string]string{}
	for _, c := range r.world.Clinics() {
		before[c.Slug] = digest(t, r.Stage, c)
	}
	var next atomic.Uint64
	var all sync.WaitGroup
	for range workers {
		all.Go(func() {
			for number := next.Add(1); number <= uint64(n) && !t.Failed(); number = next.Add(1) {
				r.ask(t, number)
			}
		})
	}
	all.Wait()
	for _, c := range r.world.Clinics() {
		diff := cmp.Diff(before[c.Slug], digest(t, r.Stage, c))
		switch {
		case c != r.world.B && diff != "":
			t.Errorf("rows of %s changed, where nobody may write (-before +after):\n%s", c.Slug, diff)
		case c == r.world.B && diff == "" && n >= 100:
			t.Errorf("nothing changed in %s: the writers write nothing", c.Slug)
		}
		for _, trace := range c.Traces()[:2] {
			if log := r.Log.String(); strings.Contains(log, trace) {
				t.Errorf("the log holds %q of %s", trace, c.Slug)
			}
		}
	}
	r.strangers(t)
}
