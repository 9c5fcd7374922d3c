package rollout

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/voxanne/cascade/ent/rls"
	"github.com/voxanne/cascade/policy/bundle"
	"github.com/voxanne/cascade/policy/opa"
)

// Poll is how often a node asks what is deployed when it hears of no change.
const Poll = 5 * time.Second

// NodeConfig is what a Node needs.
type NodeConfig struct {
	Pool   *pgxpool.Pool
	Key    rls.Key
	Engine *opa.Engine
	// Keys are trusted to sign what is run; none runs nothing but what the program
	// was started with.
	Keys   bundle.Keys
	Ledger *Ledger
	Log    *slog.Logger
	Now    func() time.Time
	NewID  func() uuid.UUID
	// Name tells nodes apart in the reports of shadows.
	Name string
	// Refused hears that something deployed cannot be run here. It must not block.
	Refused func(reason error)
	// Slow is the p99 of evaluations beyond which a policy is taken back; zero
	// means DefaultSlow.
	Slow time.Duration
}

// Node keeps this process at what the database says is deployed.
type Node struct {
	NodeConfig
	db      database
	shadows shadows

	// Only Run's goroutine, or Refresh before it, touches these.
	running   string // what was deployed last, to see a change
	asked     bool   // at least once
	base      *opa.Generation
	compiled  map[string]*opa.Generation // by the digest of their bundles
	highest   int64                      // sequence that was active here
	placed    placed
	announced string // the last refusal, said once
}

// placed are the ids of what is deployed, to take it back by.
type placed struct {
	canary, shadow *uuid.UUID
	active         bool            // of the database, and not what the program was started with
	before         *opa.Generation // what was active before
}

// NewNode makes a Node. The engine's shadow comparisons are its from now on.
func NewNode(c NodeConfig) *Node {
	if c.Slow == 0 {
		c.Slow = DefaultSlow
	}
	if c.Refused == nil {
		c.Refused = func(error) {}
	}
	n := &Node{NodeConfig: c, db: onPool(c.Pool, c.Key), compiled: map[string]*opa.Generation{}}
	c.Engine.Observe(n.shadows.add)
	return n
}

// deployed is one revision as the database has it.
type deployed struct {
	id       uuid.UUID
	revision string
	state    string
	percent  int
	bundle   []byte
	since    time.Time
}

// Refresh asks what is deployed and makes it run, all of it or nothing: when a
// part of it does not verify or compile, what runs goes on.
func (n *Node) Refresh(ctx context.Context) error {
	rows, err := n.Pool.Query(ctx, `select id, revision, state, percent, bundle, since from app.policy_deployed($1)`, n.Key.Prove("policy.deployed"))
	if err != nil {
		return fmt.Errorf("asking what is deployed: %w", err)
	}
	list, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (d deployed, err error) {
		return d, r.Scan(&d.id, &d.revision, &d.state, &d.percent, &d.bundle, &d.since)
	})
	if err != nil {
		return fmt.Errorf("asking what is deployed: %w", err)
	}
	seen := make([]string, len(list))
	for i, d := range list {
		seen[i] = fmt.Sprintf("%s %s %d %s", d.state, d.revision, d.percent, sum(d.bundle))
	}
	wanted := strings.Join(seen, "; ")
	if wanted == n.running && n.asked {
		n.announced = "" // what was refused has gone; when it comes again it is said again
		return nil
	}
	if err := n.deploy(ctx, list); err != nil {
		if err.Error() != n.announced {
			n.announced = err.Error()
			n.Refused(err)
			n.Log.ErrorContext(ctx, "what is deployed cannot be run; the running policy goes on", "error", err)
		}
		return err
	}
	n.running, n.asked, n.announced = wanted, true, ""
	return nil
}

// deploy verifies and compiles what is new, and swaps it in.
func (n *Node) deploy(ctx context.Context, list []deployed) error {
	current := n.Engine.Deployed().Active
	if !n.made(current) {
		n.base = current // what the program was started with, or what dev read from files
	}
	d := opa.Deployment{Active: n.base}
	p := placed{before: current}
	highest, trial, keep := n.highest, int64(0), map[string]*opa.Generation{}
	for _, row := range list {
		g, digest, sequence, err := n.open(ctx, row)
		if err != nil {
			return fmt.Errorf("revision %s, %s: %w", row.revision, row.state, err)
		}
		keep[digest] = g
		switch row.state {
		case "active":
			if sequence < n.highest {
				return fmt.Errorf("revision %s: its sequence number %d is below %d, which ran here", row.revision, sequence, n.highest)
			}
			d.Active, p.active, highest = g, true, sequence
		case "canary":
			d.Canary, d.Percent, p.canary, trial = g, row.percent, &row.id, sequence
		case "shadow":
			d.Shadow, p.shadow = g, &row.id
		}
	}
	if d.Canary != nil && trial <= highest {
		return fmt.Errorf("revision %s: as a canary its sequence number %d is not above %d, which ran here", d.Canary.Revision(), trial, highest)
	}
	if err := n.Engine.Deploy(d); err != nil {
		return err
	}
	if d.Active == current {
		p.before = n.placed.before
	}
	n.shadows.begin(d.Shadow)
	n.compiled, n.highest, n.placed = keep, highest, p
	n.Log.InfoContext(ctx, "policies deployed", "active", d.Active.Revision(), "trial", name(d.Canary), "percent", d.Percent, "shadow", name(d.Shadow))
	return nil
}

// open verifies a bundle, as it was when it was deployed, and compiles what it
// holds unless it has been.
func (n *Node) open(ctx context.Context, row deployed) (g *opa.Generation, digest string, sequence int64, err error) {
	b, err := bundle.Open(row.bundle, bundle.Verification{Keys: n.Keys, Now: row.since})
	if err != nil {
		return nil, "", 0, err
	}
	if b.Revision() != row.revision {
		return nil, "", 0, fmt.Errorf("its bundle holds %s", b.Revision())
	}
	// A revision is short, for people; what was compiled is known by all of it.
	digest, sequence = b.Digest(), b.Statement().Sequence
	if g := n.compiled[digest]; g != nil {
		return g, digest, sequence, nil
	}
	g, err = n.Engine.Compile(ctx, b.Files())
	return g, digest, sequence, err
}

// made reports whether g came out of the database.
func (n *Node) made(g *opa.Generation) bool {
	for _, mine := range n.compiled {
		if mine == g {
			return true
		}
	}
	return false
}

func name(g *opa.Generation) string {
	if g == nil {
		return ""
	}
	return g.Revision()
}
