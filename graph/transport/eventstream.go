package transport

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/99designs/gqlgen/graphql"
)

// eventWriter writes one event stream, as the HTML standard defines it. Its
// methods may be called by the operation and by the heartbeat at once.
type eventWriter struct {
	mu      sync.Mutex
	w       http.ResponseWriter
	control *http.ResponseController
	timeout time.Duration
	buf     bytes.Buffer
}

// openStream sends the header and a first comment, so that the client knows
// the operation was taken before the first event happens.
func openStream(w http.ResponseWriter, timeout time.Duration) (*eventWriter, error) {
	s := &eventWriter{w: w, control: http.NewResponseController(w), timeout: timeout}
	h := w.Header()
	h.Set("Content-Type", eventStream)
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Accel-Buffering", "no") // or nginx holds events back
	w.WriteHeader(http.StatusOK)
	return s, s.comment()
}

// next sends one response.
func (s *eventWriter) next(resp *graphql.Response) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.buf.Reset()
	s.buf.WriteString("event: next\ndata: ")
	start := s.buf.Len()
	if err := appendResponse(&s.buf, resp); err != nil {
		return err
	}
	// A line break ends the field. In JSON it can only be white space between
	// tokens: within a string it is escaped.
	data := s.buf.Bytes()[start:]
	for i, c := range data {
		if c == '\n' || c == '\r' {
			data[i] = ' '
		}
	}
	s.buf.WriteString("\n\n")
	return s.flush()
}

// complete ends the operation. The empty data field is for EventSource, which
// drops an event without one.
func (s *eventWriter) complete() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.buf.Reset()
	s.buf.WriteString("event: complete\ndata:\n\n")
	return s.flush()
}

// comment sends what every client ignores.
func (s *eventWriter) comment() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.buf.Reset()
	s.buf.WriteString(":\n\n")
	return s.flush()
}

// flush sends the buffer within the timeout, counted anew for each message.
func (s *eventWriter) flush() error {
	// A server that cannot set deadlines, as in a test, still streams.
	_ = s.control.SetWriteDeadline(time.Now().Add(s.timeout))
	if _, err := s.w.Write(s.buf.Bytes()); err != nil {
		return fmt.Errorf("writing an event: %w", err)
	}
	if err := s.control.Flush(); err != nil {
		return fmt.Errorf("flushing an event: %w", err)
	}
	return nil
}

// close gives the connection back without a deadline, for the next request on it.
func (s *eventWriter) close() { _ = s.control.SetWriteDeadline(time.Time{}) }

// beat comments every interval until ctx ends, and calls cancel when the client
// no longer reads. The channel closes when it has stopped.
func (s *eventWriter) beat(ctx context.Context, cancel context.CancelFunc, interval time.Duration) <-chan struct{} {
	stopped := make(chan struct{})
	ticker := time.NewTicker(interval)
	go func() {
		defer close(stopped)
		defer ticker.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
				if s.comment() != nil {
					cancel()
					return
				}
			}
		}
	}()
	return stopped
}
