package chaos_test

import (
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// fault is something that breaks.
type fault struct {
	name string
	// codes are what clients may be told besides data; anything else is wrong.
	codes []string
	// felt are those that they must be told, or the fault was none.
	felt []string
	// strike breaks it, lets clients meet it, and mends it.
	strike func(t *testing.T, r *run)
}

const (
	unavailable     = "UNAVAILABLE"
	unauthenticated = "UNAUTHENTICATED"
)

// faults are all of them, each once.
func faults() []fault {
	return []fault{
		{name: "none", strike: func(t *testing.T, r *run) { r.last(t) }},
		{"Postgres restarted", []string{unavailable}, []string{unavailable}, restartPostgres},
		{"Postgres crashed", []string{unavailable}, []string{unavailable}, crashPostgres},
		{"connections cut mid-statement", []string{unavailable}, []string{unavailable}, cutConnections},
		{"Postgres slow", []string{unavailable}, nil, slowPostgres},
		{"Postgres silent", []string{unavailable}, []string{unavailable}, silencePostgres},
		{"Redis killed", nil, nil, restartRedis},
		{"Redis silent", nil, nil, silenceRedis},
		{"server killed", []string{unavailable, noAnswer}, []string{noAnswer}, killServer},
		{"audit's disk full", []string{unavailable}, []string{unavailable}, fillDisk},
		{"clock jumps", []string{unavailable, unauthenticated}, []string{unavailable, unauthenticated}, jumpClock},
	}
}

// restartPostgres: the clients meet a database that is not there.
func restartPostgres(t *testing.T, r *run) {
	if err := r.postgres.Stop(); err != nil {
		t.Fatal(err)
	}
	r.nothingIsServed(func() { r.last(t) })
	r.startPostgres(t)
}

// crashPostgres kills one backend at its work; Postgres then throws out all
// others and recovers from its log.
func crashPostgres(t *testing.T, r *run) {
	r.rounds(1, func(int) {
		var pid int
		r.super(t, func(conn *pgx.Conn) error {
			return conn.QueryRow(t.Context(), `select pid from pg_stat_activity where usename = 'cascade_app'
				order by state = 'active' desc, state_change desc limit 1`).Scan(&pid)
		})
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		r.meet(t)
		r.everyone(t)
	})
}

// cutConnections cuts each connection after so many bytes: in the middle of a
// statement, or of its answer, so that nobody knows whether it was done.
func cutConnections(t *testing.T, r *run) {
	r.rounds(3, func(round int) {
		direction := []string{fromServer, toServer}[round%2]
		r.toPostgres.poison(t, "limit_data", direction, map[string]int{"bytes": []int{0, 7000, 2500, 40000, 900, 15000, 400}[round%7]})
		r.meet(t)
		r.toPostgres.heal()
		r.everyone(t)
	})
}

// slowPostgres makes every answer of the database late.
func slowPostgres(t *testing.T, r *run) {
	r.toPostgres.poison(t, "latency", fromServer, map[string]int{"latency": 40, "jitter": 30})
	r.last(t)
	r.toPostgres.heal()
}

// silencePostgres lets nothing through and closes nothing.
func silencePostgres(t *testing.T, r *run) {
	r.toPostgres.poison(t, "timeout", fromServer, map[string]int{"timeout": 0})
	r.nothingIsServed(func() {
		r.unready(t)
		wait(t.Context(), *hold)
	})
	r.toPostgres.heal()
}

// restartRedis: limits hold in process, and no request fails for it.
func restartRedis(t *testing.T, r *run) {
	if err := r.redis.Stop(); err != nil {
		t.Fatal(err)
	}
	r.last(t)
	r.limitsDegraded(t)
	r.startRedis(t)
}

// silenceRedis is a Redis that takes what it is told and says nothing.
func silenceRedis(t *testing.T, r *run) {
	r.toRedis.poison(t, "timeout", fromServer, map[string]int{"timeout": 0})
	r.last(t)
	r.limitsDegraded(t)
	r.toRedis.heal()
}

// limitsDegraded holds when the server noticed that Redis is away.
func (r *run) limitsDegraded(t *testing.T) {
	t.Helper()
	log := r.server.log.String()
	if strings.LastIndex(log, "rate limits degraded") <= strings.LastIndex(log, "rate limits restored") {
		t.Error("the server did not notice that Redis is away")
	}
}

// killServer is kill -9 in the middle of the load, and a start.
func killServer(t *testing.T, r *run) {
	r.rounds(1, func(int) {
		r.server.kill(t)
		r.meet(t)
		r.server.start(t)
		r.everyone(t)
	})
}

// fillDisk makes the database say that the audit's disk is full, as Postgres
// does: SQLSTATE 53100 from the insert. A file system that is really full needs
// rights over the machine that a test should not have.
func fillDisk(t *testing.T, r *run) {
	r.exec(t, `create function disk_full() returns trigger language plpgsql as
		$$ begin raise exception 'could not extend file: No space left on device' using errcode = '53100'; end $$`)
	r.exec(t, `create trigger disk_full before insert on audit_decisions for each statement execute function disk_full()`)
	r.nothingIsServed(func() { r.last(t) })
	r.exec(t, `drop function disk_full() cascade`)
}

// jumpClock puts the server's clock forward and back: a little, further than a
// seal is good for, and beyond the tokens' life.
func jumpClock(t *testing.T, r *run) {
	for _, off := range []time.Duration{10 * time.Minute, -10 * time.Minute, 5 * time.Hour} {
		r.server.setClock(t, off)
		r.meet(t)
		r.server.setClock(t, 0)
		r.everyone(t)
	}
}

// expected reports whether a client may be told that. On a machine that is busy
// with other tests Postgres may be late for the server's own look at it, a second,
// which is what it then says: that is no fault of this one.
func (f fault) expected(a answer) bool {
	return a.ok() || slices.Contains(f.codes, a.code) || a.code == unavailable && strings.Contains(a.body, "database_unavailable")
}

// String is for messages.
func (f fault) String() string { return f.name }
