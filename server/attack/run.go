package attack

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/jackc/pgx/v5"
	"github.com/redis/go-redis/v9"
)

// attack is one run.
type attack struct {
	Config
	api    *api
	judge  judge
	client *client
	ledger *ledger
	serial atomic.Int64

	mu     sync.Mutex
	report Report
}

// Run attacks. Its error is that something could not be tried; what came of
// what was tried is in the report.
func Run(ctx context.Context, c Config) (Report, error) {
	if c.Workers == 0 {
		c.Workers = 16
	}
	conn, err := pgx.Connect(ctx, c.Stage.SuperDSN)
	if err != nil {
		return Report{}, fmt.Errorf("looking past the walls: %w", err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	a := &attack{Config: c}
	if a.api, err = readAPI(ctx, conn); err != nil {
		return Report{}, err
	}
	if a.ledger, err = newLedger(ctx, conn, c.World); err != nil {
		return Report{}, err
	}
	if c.Keys != nil {
		a.ledger.keys = c.Keys
	}
	a.judge = judge{api: a.api, world: c.World}
	options, err := redis.ParseURL(c.Stage.RedisURL)
	if err != nil {
		return Report{}, fmt.Errorf("reaching Redis: %w", err)
	}
	a.client = &client{url: c.Stage.URL, redis: redis.NewClient(options), http: &http.Client{
		Transport: &http.Transport{MaxIdleConnsPerHost: c.Workers},
	}}
	defer func() { a.client.http.CloseIdleConnections(); _ = a.client.redis.Close() }()
	steps := []func(context.Context) error{a.read, a.write, a.routes, a.control, a.overheard, a.crossed}
	if c.Quick { // what was written is read too: without keys it may refer to anything
		steps = []func(context.Context) error{a.write, a.read, a.sockets, a.hooked, a.overheard, a.crossed}
	}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return a.report, err
		}
	}
	slices.Sort(a.report.Leaks)
	slices.Sort(a.report.Unexpected)
	return a.report, nil
}

// quickly are the subjects of whom each reaches other clinics, or by another
// kind of fact, than the rest: who has fewer rights in the same clinic shows
// nothing of the walls.
var quickly = []string{ //nolint:gochecknoglobals // an immutable table
	"owner A", "staff A and B", "owner B", "partner of B", "partner once of B, expired", "key of A", "support in B", "auditor",
}

// everybody is every stance of every subject.
func (a *attack) everybody() []*stance {
	var all []*stance
	for _, s := range a.World.Subjects {
		if a.Quick && !slices.Contains(quickly, s.Name) {
			continue
		}
		for _, who := range stances(a.World, s, a.Undecided) {
			if a.Quick && who.chosen != nil && who.chosen.clinic == nil {
				continue // a partner at home: a clinic's key does the same
			}
			all = append(all, who)
		}
	}
	return all
}
