package workshop

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync/atomic"
	"time"
)

// How often people are told: on a terminal while they watch, in a log now and
// then.
const (
	onTerminal = 100 * time.Millisecond
	inLog      = 10 * time.Second
)

// progress tells how far a long command is.
type progress struct {
	to       io.Writer
	terminal bool
	every    time.Duration
	now      func() time.Time
	began    time.Time
	last     time.Time
	passed   *atomic.Int64 // thousandths
}

func newProgress(to io.Writer, now func() time.Time, passed *atomic.Int64) *progress {
	p := &progress{to: to, terminal: isTerminal(to), every: inLog, now: now, began: now(), passed: passed}
	if p.terminal {
		p.every = onTerminal
	}
	p.last = p.began
	return p
}

// isTerminal reports whether somebody watches.
func isTerminal(to io.Writer) bool {
	file, ok := to.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// done is told how many decisions are done so far.
func (p *progress) done(n int64) {
	now := p.now()
	if now.Sub(p.last) < p.every {
		return
	}
	p.last = now
	rate := float64(n) / now.Sub(p.began).Seconds()
	thousandths := min(max(p.passed.Load(), 0), 1000)
	line := fmt.Sprintf("%3d %%  %d decisions, %.0f/s", thousandths/10, n, rate)
	if p.terminal {
		const width = 30
		full := int(thousandths) * width / 1000
		line = "\r[" + strings.Repeat("#", full) + strings.Repeat(".", width-full) + "] " + line + "\x1b[K"
	} else {
		line += "\n"
	}
	_, _ = io.WriteString(p.to, line) // nobody to tell that nobody can be told
}

// clear takes the bar away before something else is printed.
func (p *progress) clear() {
	if p.terminal {
		_, _ = io.WriteString(p.to, "\r\x1b[K")
	}
}
