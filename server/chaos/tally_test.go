package chaos_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"text/tabwriter"
	"time"
)

// tally counts what all clients are answered, fault by fault.
type tally struct {
	mu    sync.Mutex
	spans []*span
	// What somebody waits for: so many more answers, or one with data for each
	// clinic that was asked since a moment.
	wanted int
	since  time.Time
	served map[int]bool
	met    chan struct{}
}

// span is the time from a fault to the recovery from it.
type span struct {
	fault    string
	requests int
	errors   map[string]int // by code
	began    time.Time
	last     time.Time     // answer with data
	gap      time.Duration // the longest without an answer that held data
	recovery time.Duration // from the fault's end until every clinic was served
	took     time.Duration
}

// begin opens the span of a fault.
func (t *tally) begin(fault string) *span {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := &span{fault: fault, errors: map[string]int{}, began: time.Now(), last: time.Now()}
	t.spans = append(t.spans, s)
	return s
}

// count takes note of an answer to a clinic.
func (t *tally) count(clinic int, a answer) {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := t.spans[len(t.spans)-1]
	s.requests++
	if a.ok() {
		s.gap = max(s.gap, a.end.Sub(s.last))
		s.last = a.end
		if t.served != nil && a.began.After(t.since) {
			t.served[clinic] = true
		}
	} else {
		s.errors[a.code]++
	}
	t.wanted--
	if t.met != nil && t.wanted <= 0 && (t.served == nil || len(t.served) == clinics) {
		close(t.met)
		t.met = nil
	}
}

// answers is closed after n more answers.
func (t *tally) answers(n int) <-chan struct{} {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.wanted, t.served, t.met = n, nil, make(chan struct{})
	return t.met
}

// everyone is closed when each clinic was served something that it asked for
// after now.
func (t *tally) everyone(now time.Time) <-chan struct{} {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.wanted, t.since, t.served, t.met = 0, now, map[int]bool{}, make(chan struct{})
	return t.met
}

// recovered closes a span.
func (t *tally) recovered(s *span, after time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	s.recovery, s.took = after, time.Since(s.began)
}

// told reports whether clients were told code since a span began.
func (t *tally) told(s *span, code string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return s.errors[code] > 0
}

// String is the table of all spans.
func (t *tally) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "fault\ttook\trequests\tlongest gap\trecovered in\terrors")
	for _, s := range t.spans {
		var errors []string
		for _, code := range slices.Sorted(maps.Keys(s.errors)) {
			errors = append(errors, fmt.Sprintf("%s %d", code, s.errors[code]))
		}
		fmt.Fprintf(w, "%s\t%s\t%d\t%s\t%s\t%s\n", s.fault, s.took.Round(time.Millisecond), s.requests, s.gap.Round(time.Millisecond), s.recovery.Round(time.Millisecond), strings.Join(errors, ", "))
	}
	_ = w.Flush() // to memory
	return b.String()
}
