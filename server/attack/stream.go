package attack

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"time"

	"github.com/voxanne/cascade/server/stage"
)

// stream follows the changes of calls, as server-sent events.
type stream struct {
	attack *attack
	who    *stance
	// missing are the clinics of which it must still hear.
	missing map[*stage.Clinic]bool
	heard   chan struct{} // closed once none is
	over    chan struct{} // closed when the stream ends
	err     error         // why; read it once over
}

// streams follow the calls of everybody while calls of every clinic come in:
// foreign ones first, so that an own one is heard after them.
func (a *attack) streams(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var open, waiting []*stream
	for _, who := range a.everybody() {
		s := &stream{attack: a, who: who, missing: map[*stage.Clinic]bool{}, heard: make(chan struct{}), over: make(chan struct{})}
		for _, c := range a.World.Clinics() {
			if who.sees(c, "call") {
				s.missing[c] = true
			}
		}
		if len(s.missing) > 0 {
			waiting = append(waiting, s)
		}
		open = append(open, s)
		go s.follow(ctx)
	}
	for _, s := range waiting {
		if err := a.until(ctx, s); err != nil {
			return err
		}
	}
	cancel()
	var failed []error
	for _, s := range open {
		<-s.over
		failed = append(failed, s.err)
	}
	return errors.Join(failed...)
}

// until reports calls of every clinic until a stream heard what it should. It
// may open a moment after a report.
func (a *attack) until(ctx context.Context, s *stream) error {
	again := time.NewTicker(100 * time.Millisecond)
	defer again.Stop()
	for {
		for _, c := range []*stage.Clinic{a.World.C, a.World.B, a.World.A} {
			got, err := a.client.send(ctx, nil, request{
				method: http.MethodPost, path: c.Vapi.Path, body: report(stage.NewID().String(), "+"+c.Digits+"9", ""),
				headers: []string{"Content-Type: application/json", "X-Vapi-Secret: " + c.Vapi.Secret},
			})
			if err == nil && got.status != http.StatusOK {
				err = fmt.Errorf("status %d: %s", got.status, got.body)
			}
			if err != nil {
				return fmt.Errorf("reporting a call of %s: %w", c.Slug, err)
			}
		}
		select {
		case <-s.heard:
			return nil
		case <-s.over:
			return fmt.Errorf("the stream of %s ended: %w", s.who, s.err)
		case <-ctx.Done():
			return fmt.Errorf("the stream of %s told nothing: %w", s.who, ctx.Err())
		case <-again.C:
		}
	}
}

// follow reads events until the stream or ctx ends, and judges each.
func (s *stream) follow(ctx context.Context) {
	defer close(s.over)
	document := "subscription { callChanged " + s.attack.api.selection("CallChange", 2) + " }"
	headers := append(s.who.Headers(), "Content-Type: application/json", "Accept: text/event-stream")
	if s.who.chosen != nil {
		headers = append(headers, "X-Cascade-Org: "+s.who.chosen.slug)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.attack.client.url+"/graphql", strings.NewReader(`{"query": `+quote(document)+`}`))
	if err != nil {
		s.err = err
		return
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		req.Header.Set(name, value)
	}
	resp, err := s.attack.client.http.Do(req)
	if err != nil {
		s.err = fmt.Errorf("opening the stream of %s: %w", s.who, err)
		return
	}
	defer func() { _ = resp.Body.Close() }()
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, 1<<22)
	expected := maps.Clone(s.missing)
	for lines.Scan() {
		text, event := strings.CutPrefix(lines.Text(), "data: ")
		if !event {
			continue
		}
		got := answer{status: http.StatusOK, header: resp.Header, body: text}
		if json.Unmarshal([]byte(text), &got.decoded) != nil {
			got.decoded = nil
		}
		s.attack.judged(shot{name: "an event", cells: 1, who: s.who, loose: len(expected) == 0}, got, 1)
		s.tick(text)
	}
	if err := lines.Err(); err != nil && ctx.Err() == nil {
		s.err = fmt.Errorf("reading the stream of %s: %w", s.who, err)
	}
}

// tick notes whom an event is about.
func (s *stream) tick(text string) {
	if len(s.missing) == 0 {
		return
	}
	for c := range s.missing {
		if strings.Contains(text, c.Traces()[3]) {
			delete(s.missing, c)
		}
	}
	if len(s.missing) == 0 {
		close(s.heard)
	}
}
