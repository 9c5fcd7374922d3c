package local

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"
)

func start(t *testing.T, c PostgresConfig) *Postgres {
	t.Helper()
	p, err := StartPostgres(t.Context(), c)
	must(t, err)
	t.Cleanup(func() { _ = p.Stop() })
	return p
}

// A database is made, used by its owner, stopped and found again.
func TestPostgresKeepsItsData(t *testing.T) {
	t.Parallel()
	config := PostgresConfig{Dir: filepath.Join(t.TempDir(), "made", "for it"), Settings: map[string]string{"work_mem": "5MB"}}
	p := start(t, config)
	if p.Version() != query(t, p.DSN(superuser, superuser), "select split_part(version(), ' ', 2)") {
		t.Errorf("Version() = %q, which the server denies", p.Version())
	}
	for range 2 { // the second finds everything there
		must(t, p.CreateOwner(t.Context(), "the owner", "the data"))
	}
	owner := p.DSN("the owner", "the data")
	for sql, want := range map[string]string{
		"select current_user": "the owner",
		"select format('%s %s %s %s', rolsuper, rolbypassrls, rolcreaterole, rolcreatedb) from pg_roles where rolname = user": "f f t t", //nolint:dupword // four booleans
		"select pg_get_userbyid(datdba)::text from pg_database where datname = current_database()":                            "the owner",
		"select lower('ÄÉ')":                      "äé",
		"show work_mem":                           "5MB",
		"show fsync":                              "on",
		"show listen_addresses":                   "",
		"show max_connections":                    "200",
		"select inet_server_addr() is null || ''": "true",
	} {
		if got := query(t, owner, sql); got != want {
			t.Errorf("%s = %q, want %q", sql, got, want)
		}
	}
	run(t, owner, "create table kept (word text)")
	run(t, owner, "insert into kept values ('still here')")

	if _, err := StartPostgres(t.Context(), config); !errors.Is(err, errLocked) {
		t.Errorf("a second start in the same directory: %v, want %v", err, errLocked)
	}
	for range 2 {
		must(t, p.Stop())
	}
	<-p.Done()

	again := start(t, config)
	if got := query(t, again.DSN("the owner", "the data"), "select word from kept"); got != "still here" {
		t.Errorf("after a restart: %q", got)
	}
}

func run(t *testing.T, dsn, sql string, args ...any) {
	t.Helper()
	must(t, statement(t, dsn, sql, args...))
}

func statement(t *testing.T, dsn, sql string, args ...any) error {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	must(t, err)
	_, err = conn.Exec(t.Context(), sql, args...)
	return errors.Join(err, conn.Close(t.Context()))
}

// What statements hold never reaches the log, not even when they fail.
func TestPostgresLogsNoValues(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	p := start(t, PostgresConfig{Dir: t.TempDir(), Ephemeral: true, Log: &log})
	dsn := p.DSN(superuser, superuser)
	run(t, dsn, "create table t (word text primary key check (word <> 'canary-row'))")
	run(t, dsn, "insert into t values ($1)", "canary-twice")
	run(t, dsn, "select set_config('app.scope', $1, false), pg_sleep(0.01)", "canary-scope")
	for sql, arg := range map[string]string{
		"insert into t values ($1)":        "canary-twice", // DETAIL: Key (word)=(...) already exists.
		"insert into t values ($1) -- 2":   "canary-row",   // DETAIL: Failing row contains (...).
		"select $1::text::int":             "canary-cast",  // ERROR: invalid input syntax ...: "..."
		"select 'canary-literal'::int, $1": "x",            // STATEMENT: ...
		"do $$begin raise warning 'canary-notice'; raise exception 'canary-raised'; end$$": "",
	} {
		args := []any{arg}
		if arg == "" {
			args = nil
		}
		if err := statement(t, dsn, sql, args...); err == nil {
			t.Errorf("%s succeeded", sql)
		}
	}
	must(t, p.Stop())
	if text := log.String(); strings.Contains(text, "canary") || !strings.Contains(text, "ready to accept connections") {
		t.Errorf("the log:\n%s", text)
	}
}

// A program is killed, and its servers go. The next start finds the data.
func TestKilledProgramLeavesNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	fields, kill := spawn(t, "servers", dir)
	run(t, fields[0], "create table kept as select 'still here' as word")
	if running := mentioning(t, dir, fields...); len(running) < 3 {
		t.Fatalf("processes %v run, want the program, Postgres and Redis", running)
	}
	kill()
	// No waiting: the old Postgres is shutting down while the new one comes.
	p := start(t, PostgresConfig{Dir: dir, Ephemeral: true})
	if got := query(t, p.DSN(superuser, superuser), "select word from kept"); got != "still here" {
		t.Errorf("after a kill: %q", got)
	}
	must(t, p.Stop())
	eventually(t, "all servers to go", func() bool { return len(mentioning(t, dir, fields...)) == 0 })
}

// Postgres itself is killed. That is noticed, and the next start recovers.
func TestPostgresKilled(t *testing.T) {
	t.Parallel()
	config := PostgresConfig{Dir: t.TempDir(), Ephemeral: true}
	p := start(t, config)
	dsn := p.DSN(superuser, superuser)
	run(t, dsn, "create table kept as select 'still here' as word")
	busy, err := pgx.Connect(t.Context(), dsn)
	must(t, err)
	defer func() { _ = busy.Close(t.Context()) }()
	must(t, p.process.cmd.Process.Kill())
	<-p.Done()
	must(t, p.Stop())
	again := start(t, config)
	if got := query(t, again.DSN(superuser, superuser), "select word from kept"); got != "still here" {
		t.Errorf("after a crash: %q", got)
	}
}

// After a restart of the machine the process id in a lock file can be anyone's.
func TestForeignProcessInLockFile(t *testing.T) {
	t.Parallel()
	config := PostgresConfig{Dir: t.TempDir(), Ephemeral: true}
	p := start(t, config)
	pidFile := filepath.Join(dataIn(config.Dir), "postmaster.pid")
	text, err := os.ReadFile(pidFile)
	must(t, err)
	must(t, p.Stop())

	stranger := exec.Command("cat")
	_, err = stranger.StdinPipe()
	must(t, err)
	must(t, stranger.Start())
	defer func() { _ = stranger.Process.Kill(); _ = stranger.Wait() }()
	_, rest, _ := strings.Cut(string(text), "\n")
	stale := []byte(strconv.Itoa(stranger.Process.Pid) + "\n" + rest)
	must(t, os.WriteFile(pidFile, stale, 0o600))
	must(t, os.Mkdir(string(p.socket), 0o700))
	must(t, os.WriteFile(filepath.Join(string(p.socket), socketName+".lock"), stale, 0o600))

	start(t, config)
	if err := stranger.Process.Signal(syscall.Signal(0)); err != nil {
		t.Errorf("the stranger was not left alone: %v", err)
	}
}

// A database serves under every account this machine allows, in turn, below a
// directory that is closed to others.
func TestAccounts(t *testing.T) {
	t.Parallel()
	config := PostgresConfig{Dir: filepath.Join(t.TempDir(), "closed"), Ephemeral: true}
	must(t, os.Mkdir(config.Dir, 0o700))
	found, err := config.install(t.Context(), config.Dir)
	must(t, err)
	users, err := accounts()
	must(t, err)
	table := "create table if not exists kept (n int); insert into kept values (1)"
	for i, user := range append(users, users...) {
		install, err := probe(t.Context(), found.dir, []account{user})
		if err != nil && user.namespace {
			continue // this machine's kernel or container forbids it
		}
		must(t, err)
		p, err := config.serve(t.Context(), install, config.Dir)
		must(t, err)
		run(t, p.socket.dsn(superuser, superuser), table)
		t.Logf("%d: served as %+v", i, user)
		must(t, p.process.stop(syscall.SIGINT))
		must(t, os.RemoveAll(string(p.socket)))
	}
}

// What cannot start says why.
func TestPostgresRefuses(t *testing.T) {
	t.Parallel()
	full := t.TempDir()
	must(t, os.MkdirAll(filepath.Join(full, "postgres", "something else"), 0o700))
	newer := t.TempDir()
	must(t, os.Mkdir(dataIn(newer), 0o700))
	must(t, os.WriteFile(filepath.Join(dataIn(newer), "PG_VERSION"), []byte("99\n"), 0o600))
	found, err := PostgresConfig{}.install(t.Context(), t.TempDir())
	must(t, err)
	for name, row := range map[string]struct {
		config PostgresConfig
		want   string
	}{
		"no directory":    {PostgresConfig{}, "no directory"},
		"not a database":  {PostgresConfig{Dir: full}, "exists"},
		"other version":   {PostgresConfig{Dir: newer, PGBin: found.dir}, "made by version 99"},
		"no such program": {PostgresConfig{Dir: t.TempDir(), PGBin: t.TempDir()}, "holds no program initdb"},
		"bad setting":     {PostgresConfig{Dir: t.TempDir(), Settings: map[string]string{"no_such_setting": "1"}}, "no_such_setting"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, err := StartPostgres(t.Context(), row.config)
			if err == nil {
				_ = p.Stop()
				t.Fatal("it started")
			}
			if !strings.Contains(err.Error(), row.want) {
				t.Errorf("error %q does not say %q", err, row.want)
			}
		})
	}
}
