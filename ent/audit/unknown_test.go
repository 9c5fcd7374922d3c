package audit_test

import (
	"context"
	"errors"
	"io"
	"net"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/voxanne/cascade/ent/audit"
	"github.com/voxanne/cascade/migrations/dbtest"
)

// deafConn takes everything to the server, and loses what comes back while deaf
// is set.
type deafConn struct {
	net.Conn
	deaf *atomic.Bool
}

// Read implements net.Conn.
func (c deafConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if c.deaf.Load() {
		_ = c.Close()
		return 0, io.ErrUnexpectedEOF
	}
	return n, err
}

// The answer to a commit is lost, and so is the question whether it was kept:
// the writer refuses, and when the database can be heard again it goes on where
// the chain really ends.
func TestABatchWhoseFateNobodyKnowsStopsNothing(t *testing.T) {
	t.Parallel()
	db := dbtest.Open(t)
	config, err := pgxpool.ParseConfig(db.AppDSN)
	if err != nil {
		t.Fatal(err)
	}
	var deaf atomic.Bool
	config.ConnConfig.DialFunc = func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := (&net.Dialer{}).DialContext(ctx, network, addr)
		return deafConn{conn, &deaf}, err
	}
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	w := audit.NewWriter(pool, db.Key, uuid.New())
	t.Cleanup(w.Close)
	keep := func() error { return w.Append(record(uuid.New()))(t.Context()) }
	if err := keep(); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		deaf.Store(true)
		if err := keep(); !errors.Is(err, audit.ErrUnavailable) || w.Healthy() == nil {
			t.Errorf("nobody knows whether it is kept: %v", err)
		}
		deaf.Store(false)
		for range 2 {
			if err := keep(); err != nil || w.Healthy() != nil {
				t.Fatalf("after: %v", err)
			}
		}
	}
	if n := kept(t, db, "node:%"); n < 7 || n > 10 {
		t.Errorf("%d records are kept, of 7 that must be and 3 that may", n)
	}
}
