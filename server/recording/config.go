package recording

import (
	"context"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent/audit"
	"github.com/voxanne/cascade/ent/rls"
	"github.com/voxanne/cascade/graph/feed"
	"github.com/voxanne/cascade/policy"
	"github.com/voxanne/cascade/server/recording/fetch"
)

// The settings of workers, unless Config says otherwise.
const (
	DefaultLease = 2 * time.Minute
	DefaultShare = 2
)

// A Locator asks a provider where a recording lies now: an address with a short
// life, which is a secret. call is the provider's own name of the call, kind is
// stereo, mono, customer or assistant. An answer that is no success it returns
// as fetch.OfStatus has it; any other error means another try.
type Locator interface {
	RecordingLocation(ctx context.Context, call, kind string) (address string, err error)
}

// Locators finds the Locator of a clinic at a source ("vapi" or "twilio"). ctx
// has a scope that reads this clinic's integrations, and nothing of any other.
type Locators func(ctx context.Context, org uuid.UUID, source string) (Locator, error)

// Publisher tells the subscribers of a clinic that a call of it has changed. An
// event that is lost is lost: the rows are right.
type Publisher interface {
	Publish(ctx context.Context, e feed.CallEvent) error
}

// Config is what Workers, a Sweeper and a Player need. What has no default is
// required; a Player and a Sweeper need neither Locators nor Fetcher.
type Config struct {
	Policies policy.Source
	Driver   *rls.Driver
	Records  *audit.Writer
	Store    *Bucket
	Log      *slog.Logger
	Now      func() time.Time
	NewID    func() uuid.UUID
	// Origin says where a request came up, for records; nil: unknown.
	Origin func(context.Context) audit.Origin

	Locators Locators
	Fetcher  *fetch.Fetcher
	// Jitter draws from [0, 1): math/rand/v2's Float64 outside tests.
	Jitter func() float64
	// Worker names this process in leases.
	Worker string
	// Lease is how long a worker that says nothing holds a recording; zero means
	// DefaultLease. A living one renews it three times as often.
	Lease time.Duration
	// Share is how many recordings of one clinic are under way at once on all
	// machines together; zero means DefaultShare.
	Share int
	// Spool is the directory for what comes in, before it is stored: unlinked
	// files, up to the limit each; empty: the machine's own for temporary files.
	Spool string
	// Feed tells subscribers of calls that changed; nil: nobody is told.
	Feed Publisher
	// Observe counts; nil: nobody does. It must not block.
	Observe func(Observation)
}

// Observation is one try, for metrics. It names nobody.
type Observation struct {
	Result   Result
	Class    fetch.Class // of a failure; empty otherwise
	Bytes    int64
	Download time.Duration
	Upload   time.Duration
}

// Result is what became of one try.
type Result string

// The results.
const (
	Stored   Result = "stored"
	Retrying Result = "retrying" // another try comes later
	Dead     Result = "dead"     // a dead letter was written
	Dropped  Result = "dropped"  // it must not be brought in
	Returned Result = "returned" // the lease was given back, untried
	Lost     Result = "lost"     // the lease went to another; nothing was written
)

func (c Config) withDefaults() Config {
	if c.Lease == 0 {
		c.Lease = DefaultLease
	}
	if c.Share == 0 {
		c.Share = DefaultShare
	}
	if c.Origin == nil {
		c.Origin = func(context.Context) audit.Origin { return audit.Origin{} }
	}
	if c.Observe == nil {
		c.Observe = func(Observation) {}
	}
	return c
}
