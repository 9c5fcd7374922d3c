package webhook

import (
	"context"
	"crypto/sha256"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent/audit"
	"github.com/voxanne/cascade/ent/rls"
	"github.com/voxanne/cascade/graph/feed"
	"github.com/voxanne/cascade/graph/transport"
	"github.com/voxanne/cascade/policy"
	"github.com/voxanne/cascade/server/directory"
)

// DefaultMaxBody bounds a message, in bytes. The report of a long call with its
// whole transcript, three times over, stays below it.
const DefaultMaxBody = 2 << 20

// DefaultTimeout bounds the work on one message. Vapi gives up after 20 seconds,
// and after 7.5 where a caller waits for an assistant.
const DefaultTimeout = 6 * time.Second

// maxTell bounds how long an answer waits for subscribers to be told.
const maxTell = time.Second

// Directory finds whose address a message came to, by the SHA-256 of its key.
// It answers auth.ErrUnknownSubject for nobody's.
type Directory interface {
	Webhook(ctx context.Context, keyHash [sha256.Size]byte) (directory.WebhookTarget, error)
}

// Opener opens what ent/secret sealed; aad is its Place.
type Opener interface {
	Open(sealed, aad []byte) ([]byte, error)
}

// Publisher tells the subscribers of a clinic that a call of it has changed: the
// half of feed.Feed that is needed here. An event that is lost is lost: the
// rows are right.
type Publisher interface {
	Publish(ctx context.Context, e feed.CallEvent) error
}

// Config is what a Handler and a Sweeper need. The Sweeper needs neither
// Directory nor Secrets; all else without a default is required.
type Config struct {
	Directory Directory
	Policies  policy.Source
	Driver    *rls.Driver
	Records   *audit.Writer
	Secrets   Opener
	Feed      Publisher
	// Watch looks into ids that tool calls named and that are not the clinic's; nil:
	// nobody does.
	Watch *audit.Watch
	Log   *slog.Logger
	Now   func() time.Time
	NewID func() uuid.UUID

	// PublicURL is our own address, scheme and host, for providers that sign it.
	PublicURL string
	MaxBody   int64         // in bytes; zero means DefaultMaxBody
	Timeout   time.Duration // zero means DefaultTimeout
	// Origin says where a request came up, for records; nil: unknown.
	Origin func(context.Context) audit.Origin
	// Problem writes refusals as RFC 9457 has it; nil: without a request id.
	Problem transport.ProblemWriter
	// Observe counts messages; nil: nobody does. It must not block.
	Observe func(context.Context, Observation)
}

// Observation is one message, for metrics. It holds no health data and few
// distinct values.
type Observation struct {
	Provider string
	// Type is the message's type, or empty for one that was not believed.
	Type   string
	Result Result
	// Reason is the code of a refusal or failure; empty otherwise.
	Reason string
	Took   time.Duration
}

// Result is what became of a message.
type Result string

// The results.
const (
	Applied     Result = "applied"     // kept, and applied in the same transaction
	Deferred    Result = "deferred"    // kept; applying it failed and is tried again
	Duplicate   Result = "duplicate"   // kept before; nothing was done
	Refused     Result = "refused"     // not believed, not permitted or not readable
	Unavailable Result = "unavailable" // could not be kept
)

func (c Config) withDefaults() Config {
	if c.MaxBody == 0 {
		c.MaxBody = DefaultMaxBody
	}
	if c.Timeout == 0 {
		c.Timeout = DefaultTimeout
	}
	if c.Origin == nil {
		c.Origin = func(context.Context) audit.Origin { return audit.Origin{} }
	}
	if c.Problem == nil {
		c.Problem = writeProblem
	}
	if c.Observe == nil {
		c.Observe = func(context.Context, Observation) {}
	}
	return c
}
