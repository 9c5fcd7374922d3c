// Package directory asks the only questions that come before a scope exists:
// who is this user, whose key is this, whose webhook, which invitation.
//
// Each is one definer function of the database, which sees just the columns it
// answers with and takes a credential, never an org. Answers are read anew for
// every request and nothing is kept, so that a removed member, a revoked key
// and an ended grant are out at the next request, and a new plan counts at once.
package directory

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/jackc/pgx/v5/pgxpool"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/voxanne/cascade/server/auth"
)

// Config is what a Directory needs. Pool connects as the app role; Log hears
// of notes that could not be made.
type Config struct {
	Pool   *pgxpool.Pool
	Log    *slog.Logger
	Now    func() time.Time // nil: time.Now
	Tracer trace.Tracer     // nil: no traces
}

// Directory answers from live rows. It is safe for concurrent use.
type Directory struct {
	Config
	used     *lru.Cache[string, time.Time]
	notes    sync.WaitGroup
	together together
}

var _ auth.Directory = (*Directory)(nil)

// New makes a Directory. The pool stays the caller's to close, after Close.
func New(c Config) *Directory {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Tracer == nil {
		c.Tracer = noop.NewTracerProvider().Tracer("")
	}
	used, err := lru.New[string, time.Time](4096)
	if err != nil {
		panic(err) // the size is positive
	}
	d := &Directory{Config: c, used: used}
	d.together.ask = d.users
	return d
}

// Close waits for the notes and questions under way. Nobody may ask any more.
func (d *Directory) Close() {
	d.notes.Wait()
	d.together.rounds.Wait()
}

// errAbsent means that the database knows nothing by that credential.
var errAbsent = errors.New("directory: nobody by that credential")

// ask calls a definer function, one round trip, and decodes its answer.
func (d *Directory) ask(ctx context.Context, into any, query string, args ...any) error {
	ctx, span := d.Tracer.Start(ctx, "directory", trace.WithSpanKind(trace.SpanKindClient))
	defer span.End()
	var answer []byte
	if err := d.Pool.QueryRow(ctx, query, args...).Scan(&answer); err != nil {
		return fmt.Errorf("asking the directory: %w", err)
	}
	if answer == nil {
		return errAbsent
	}
	if err := json.Unmarshal(answer, into); err != nil {
		return fmt.Errorf("reading the directory's answer: %w", err)
	}
	return nil
}
