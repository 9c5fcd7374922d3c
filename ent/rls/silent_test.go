package rls_test

import (
	"context"
	"errors"
	"net"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/voxanne/cascade/ent/rls"
	"github.com/voxanne/cascade/migrations/dbtest"
	"github.com/voxanne/cascade/policy"
)

// muteConn hears nothing any more once mute is set, and is not closed.
type muteConn struct {
	net.Conn
	mute *atomic.Bool
}

// Read implements net.Conn.
func (c muteConn) Read(p []byte) (int, error) {
	for {
		n, err := c.Conn.Read(p)
		if err != nil || !c.mute.Load() {
			return n, err
		}
	}
}

// A database that falls silent at the commit holds nobody for ever, and nobody
// is told that nothing was kept.
func TestACommitThatIsNotAnsweredEnds(t *testing.T) {
	t.Parallel()
	db := dbtest.Open(t)
	config, err := rls.PoolConfig(db.AppDSN)
	if err != nil {
		t.Fatal(err)
	}
	var mute atomic.Bool
	config.ConnConfig.DialFunc = func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := (&net.Dialer{}).DialContext(ctx, network, addr)
		return muteConn{conn, &mute}, err
	}
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	tx, err := rls.New(rls.Config{Pool: pool, Key: db.Key}).Begin(policy.WithScope(t.Context(), policy.Scope{}))
	if err != nil {
		t.Fatal(err)
	}
	mute.Store(true)
	if err := tx.Commit(); !errors.Is(err, rls.ErrUnknown) {
		t.Errorf("a commit without an answer: %v", err)
	}
}
