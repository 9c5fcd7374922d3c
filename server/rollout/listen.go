package rollout

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// channel is where the database says that something was deployed.
const channel = "cascade_policy"

// tick is how often a node looks after what it runs: reports of shadows, and
// whether a policy has to be taken back.
const tick = time.Second

// Run follows the database until ctx ends: at once when it says so, and every
// Poll in any case. Refresh must not be called beside it.
func (n *Node) Run(ctx context.Context) {
	heard := make(chan struct{}, 1)
	go n.listen(ctx, heard)
	poll, look := time.NewTicker(Poll), time.NewTicker(tick)
	defer poll.Stop()
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-heard:
			n.refresh(ctx)
		case <-poll.C:
			n.refresh(ctx)
		case <-look.C:
			n.report(ctx)
			n.takeBack(ctx)
		}
	}
}

// refresh is Refresh, bounded; what it says has been logged, or the database is
// away, which others say.
func (n *Node) refresh(ctx context.Context) {
	bounded, cancel := context.WithTimeout(ctx, 2*Poll)
	defer cancel()
	if err := n.Refresh(bounded); err != nil {
		n.Log.DebugContext(ctx, "refreshing policies", "error", err)
	}
}

// listen tells of every notification, on a connection of its own, which it makes
// again when it is gone. After each beginning it tells once: what happened in
// between was not heard.
func (n *Node) listen(ctx context.Context, heard chan<- struct{}) {
	for wait := tick; ctx.Err() == nil; wait = min(2*wait, 4*Poll) {
		began := n.Now()
		err := n.follow(ctx, heard)
		if n.Now().Sub(began) > 4*Poll {
			wait = tick // it was well for a while
		}
		n.Log.DebugContext(ctx, "listening for policies", "error", err)
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
	}
}

func (n *Node) follow(ctx context.Context, heard chan<- struct{}) error {
	conn, err := pgx.ConnectConfig(ctx, n.Pool.Config().ConnConfig)
	if err != nil {
		return fmt.Errorf("connecting: %w", err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if _, err := conn.Exec(ctx, "listen "+channel); err != nil {
		return fmt.Errorf("listening: %w", err)
	}
	for {
		select {
		case heard <- struct{}{}:
		default: // somebody is about to look
		}
		if _, err := conn.WaitForNotification(ctx); err != nil {
			return fmt.Errorf("waiting: %w", err)
		}
	}
}
