package directory

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"go.opentelemetry.io/otel/trace"
)

const (
	// maxTogether bounds one question; who comes later waits for the next.
	maxTogether = 256
	// maxAtOnce is how many questions are under way at a time. While they are,
	// those who come gather: the busier the program, the less one look-up costs.
	maxAtOnce = 2
	// patience bounds a question that others wait for; each waits no longer than
	// its own request lives.
	patience = 5 * time.Second
)

// together asks for users who are wanted at the same time in one question. An
// answer is as live as one asked for alone: its question is always put after
// its request came, and nothing is kept.
type together struct {
	ask func(ctx context.Context, issuers, subjects []string) (facts [][]byte, err error)

	mu      sync.Mutex
	waiting []wanted
	asking  int
	rounds  sync.WaitGroup
}

// wanted is a user somebody waits for.
type wanted struct {
	issuer, subject string
	found           chan found
}

// found is what the database knows of a user; no facts means nobody.
type found struct {
	facts []byte
	err   error
}

// user waits for the facts of one user, or none.
func (t *together) user(ctx context.Context, issuer, subject string) ([]byte, error) {
	if !storable(issuer) || !storable(subject) {
		return nil, nil // no row can hold it, and it would spoil the question for all
	}
	w := wanted{issuer: issuer, subject: subject, found: make(chan found, 1)}
	t.mu.Lock()
	t.waiting = append(t.waiting, w)
	if t.asking < maxAtOnce {
		t.asking++
		t.rounds.Go(t.round)
	}
	t.mu.Unlock()
	select {
	case f := <-w.found:
		return f.facts, f.err
	case <-ctx.Done():
		return nil, fmt.Errorf("asking the directory: %w", context.Cause(ctx))
	}
}

// round asks until nobody waits.
func (t *together) round() {
	for {
		t.mu.Lock()
		n := min(len(t.waiting), maxTogether)
		if n == 0 {
			t.asking--
			t.mu.Unlock()
			return
		}
		batch := t.waiting[:n:n]
		t.waiting = t.waiting[n:]
		t.mu.Unlock()
		t.answer(batch)
	}
}

func (t *together) answer(batch []wanted) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	issuers, subjects := make([]string, len(batch)), make([]string, len(batch))
	for i, w := range batch {
		issuers[i], subjects[i] = w.issuer, w.subject
	}
	facts, err := t.ask(ctx, issuers, subjects)
	for i, w := range batch {
		if err != nil {
			w.found <- found{err: err}
			continue
		}
		w.found <- found{facts: facts[i]}
	}
}

// storable reports whether Postgres takes s as text.
func storable(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }

// users is the question: for each issuer and subject the user's facts, or nil.
func (d *Directory) users(ctx context.Context, issuers, subjects []string) ([][]byte, error) {
	ctx, span := d.Tracer.Start(ctx, "directory", trace.WithSpanKind(trace.SpanKindClient))
	defer span.End()
	rows, err := d.Pool.Query(ctx, `select place, facts from app.directory_users($1, $2)`, issuers, subjects)
	if err != nil {
		return nil, fmt.Errorf("asking the directory: %w", err)
	}
	defer rows.Close()
	facts := make([][]byte, len(issuers))
	for rows.Next() {
		var place int
		var text []byte
		if err := rows.Scan(&place, &text); err != nil {
			return nil, fmt.Errorf("reading the directory's answer: %w", err)
		}
		facts[place-1] = text
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("asking the directory: %w", err)
	}
	return facts, nil
}
