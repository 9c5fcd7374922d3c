package graph_test

import (
	"bytes"
	"context"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/voxanne/cascade/ent/audit"
	"github.com/voxanne/cascade/graph"
	"github.com/voxanne/cascade/policy"
)

// poolBy is a pool like that, which reaches Postgres by dial.
func poolBy(t *testing.T, like *pgxpool.Pool, dial pgconn.DialFunc) *pgxpool.Pool {
	t.Helper()
	config := like.Config()
	config.ConnConfig.DialFunc = dial
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}

// lastWord is a connection that loses the answer to a commit, once.
type lastWord struct {
	net.Conn
	lose *atomic.Bool
	lost atomic.Bool
}

// Write implements net.Conn.
func (c *lastWord) Write(p []byte) (int, error) {
	if bytes.Contains(p, []byte("commit")) && c.lose.CompareAndSwap(true, false) {
		c.lost.Store(true)
	}
	return c.Conn.Write(p)
}

// Read implements net.Conn.
func (c *lastWord) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if c.lost.Load() {
		_ = c.Close()
		return 0, io.ErrUnexpectedEOF
	}
	return n, err
}

// The answer to a commit is lost. Whoever asked is not told that nothing was
// done, because it was; and asking again under the same key does it no second time.
func TestNobodyIsToldThatNothingWasDoneWhenItWas(t *testing.T) {
	t.Parallel()
	var lose atomic.Bool
	a := newAPIWith(t, apiConfig{dial: func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := (&net.Dialer{}).DialContext(ctx, network, addr)
		return &lastWord{Conn: conn, lose: &lose}, err
	}})
	org := a.clinic(t, "sunrise")
	admin := member(org, "sunrise", policy.Admin)
	create := func() answer {
		return a.askWith(t, graph.Request{
			Subject: admin, Orgs: []uuid.UUID{org}, Origin: audit.Origin{RequestID: "r-test"}, IdempotencyKey: "once",
		}, createArticle, map[string]any{"in": map[string]any{"title": "Prices", "content": "A check-up is 60."}})
	}
	lose.Store(true)
	got := create()
	if got.code() != "UNAVAILABLE" || got.Errors[0].Extensions["reason"] != "outcome_unknown" || strings.Contains(got.Body, "Nothing was done") {
		t.Errorf("the answer to its commit was lost: %s", got.Body)
	}
	if n := a.count(t, `select count(*) from knowledge_base`); n != 1 {
		t.Errorf("%d rows after a commit that was kept", n)
	}
	if got = create(); got.code() != "" || got.Extensions["idempotentReplayed"] != true {
		t.Errorf("again: %s", got.Body)
	}
	if n := a.count(t, `select count(*) from knowledge_base`); n != 1 {
		t.Errorf("%d rows", n)
	}
}
