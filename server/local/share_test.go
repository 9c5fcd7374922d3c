package local

import (
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Several test programs start at once and share; they are killed, and the
// servers end a little later, once nobody is left.
func TestShare(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var wait sync.WaitGroup
	leases := make([]*Lease, 4)
	for i := range leases {
		wait.Go(func() {
			l, err := Share(t.Context(), ShareConfig{Dir: dir, Idle: time.Second})
			if err != nil {
				t.Error(err)
				return
			}
			leases[i] = l
		})
	}
	fields, kill := spawn(t, "share", dir)
	wait.Wait()
	if t.Failed() {
		return
	}
	dsn, redisURL := fields[0], fields[1]
	for _, l := range leases {
		if l.DSN(superuser, superuser) != dsn || l.RedisURL() != redisURL {
			t.Errorf("%s and %s are not %s and %s", l.DSN(superuser, superuser), l.RedisURL(), dsn, redisURL)
		}
	}
	for sql, want := range map[string]string{
		"show fsync": "off", "show full_page_writes": "off", "show synchronous_commit": "on", "show max_connections": "400",
	} {
		if got := query(t, dsn, sql); got != want {
			t.Errorf("%s = %s, want %s", sql, got, want)
		}
	}
	must(t, leases[0].CreateOwner(t.Context(), "owner", "data"))
	run(t, leases[1].DSN("owner", "data"), "create table t ()")

	// The child may have started them. It dies; they stay, for us.
	kill()
	for _, l := range leases[1:] {
		must(t, l.Close())
	}
	run(t, leases[0].DSN("owner", "data"), "drop table t")
	must(t, leases[0].Close())
	eventually(t, "the servers to end", func() bool { return len(mentioning(t, dir, dsn, redisURL)) == 0 })

	again, err := Share(t.Context(), ShareConfig{Dir: dir, Idle: time.Second})
	must(t, err)
	if query(t, again.DSN(superuser, superuser), "select count(*)::text from pg_roles where rolname = 'owner'") != "0" {
		t.Error("the new servers are the old")
	}
	must(t, again.Close())
	eventually(t, "the new servers to end", func() bool { return len(mentioning(t, dir, again.DSN(superuser, superuser), again.RedisURL())) == 0 })
}

// Whatever of the servers is killed, the next run has whole ones, and nothing
// of the broken ones stays.
func TestShareReplacesBroken(t *testing.T) {
	t.Parallel()
	for name, victim := range map[string]string{
		"watchdog": "cascade-test-servers",
		"Postgres": "-D\x00",
		"Redis":    "redis-server",
		"all":      "",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			config := ShareConfig{Dir: dir, Idle: time.Second}
			broken, err := Share(t.Context(), config)
			must(t, err)
			killed := 0
			addresses := []string{broken.DSN(superuser, superuser), broken.RedisURL()}
			for _, pid := range mentioning(t, dir, addresses...) {
				line, err := commandLine(t.Context(), pid)
				if err != nil || !isVictim(line, victim) {
					continue
				}
				must(t, syscall.Kill(pid, syscall.SIGKILL))
				killed++
				eventually(t, "a victim to die", func() bool {
					line, err := commandLine(t.Context(), pid)
					return err != nil || line == ""
				})
			}
			if killed == 0 {
				t.Fatal("no victim found")
			}
			whole, err := Share(t.Context(), config)
			must(t, err)
			must(t, whole.pair.answers(t.Context()))
			must(t, broken.Close())
			must(t, whole.Close())
			addresses = append(addresses, whole.DSN(superuser, superuser), whole.RedisURL())
			eventually(t, "everything to end", func() bool { return len(mentioning(t, dir, addresses...)) == 0 })
			home, err := config.home()
			must(t, err)
			_, err = running(t.Context(), home) // clears away
			left, readErr := os.ReadDir(home)
			if err == nil || readErr != nil || len(left) != 2 { // lease and turn
				t.Errorf("left: %v (%v, %v)", left, err, readErr)
			}
		})
	}
}

// isVictim tells the watchdog, whose arguments hold those of all, from the
// servers.
func isVictim(line, victim string) bool {
	dog := strings.Contains(line, "cascade-test-servers")
	switch victim {
	case "":
		return true
	case "cascade-test-servers":
		return dog
	default:
		return !dog && strings.Contains(line, victim)
	}
}
