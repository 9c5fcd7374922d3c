package local

import (
	"context"
	"errors"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"
)

func TestRedis(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		installed []string
		want      string
	}{
		"redis":   {[]string{redisServer, valkeyServer}, redisServer},
		"valkey":  {[]string{valkeyServer}, valkeyServer},
		"neither": {nil, miniRedis},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			lookPath := func(program string) (string, error) {
				if slices.Contains(row.installed, program) {
					return exec.LookPath(redisServer) // they speak the same
				}
				return "", errors.New("not installed")
			}
			r, err := RedisConfig{Dir: t.TempDir()}.start(t.Context(), lookPath)
			must(t, err)
			t.Cleanup(func() { _ = r.Stop() })
			if r.Kind() != row.want {
				t.Errorf("Kind() = %q, want %q", r.Kind(), row.want)
			}
			options, err := redis.ParseURL(r.URL())
			must(t, err)
			client := redis.NewClient(options)
			defer func() { _ = client.Close() }()

			// A key lives and, by the clock on the wall, dies.
			must(t, client.Set(t.Context(), "limit", 1, 200*time.Millisecond).Err())
			if n, err := client.Incr(t.Context(), "limit").Result(); err != nil || n != 2 {
				t.Errorf("incr = %d, %v", n, err)
			}
			eventually(t, "the key to expire", func() bool {
				n, err := client.Exists(t.Context(), "limit").Result()
				return err == nil && n == 0
			})
			for range 2 {
				must(t, r.Stop())
			}
			// Someone else may have the port by now, but not the password.
			options.DialerRetries, options.MaxRetries = 1, -1
			gone := redis.NewClient(options)
			defer func() { _ = gone.Close() }()
			if err := gone.Ping(t.Context()).Err(); err == nil {
				t.Error("it answers after Stop")
			}
		})
	}
}

// One directory, one server: a second would take over the first's socket.
func TestRedisOncePerDirectory(t *testing.T) {
	t.Parallel()
	config := RedisConfig{Dir: filepath.Join(t.TempDir(), "made")}
	r, err := StartRedis(t.Context(), config)
	must(t, err)
	t.Cleanup(func() { _ = r.Stop() })
	if r.Kind() == miniRedis {
		t.Fatal("install redis-server: the tests need a real one")
	}
	if _, err := StartRedis(t.Context(), config); !errors.Is(err, errLocked) {
		t.Errorf("a second start: %v, want %v", err, errLocked)
	}
	options, err := redis.ParseURL(r.URL())
	must(t, err)
	must(t, redisSocket(options.Addr).ping(t.Context()))
}

// steps records how far the clock was moved.
type steps chan time.Duration

func (s steps) FastForward(d time.Duration) { s <- d }

// Late ticks and lost ticks make time neither slower nor faster.
func TestAge(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	noon := time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC)
	ticks, moved, done := make(chan time.Time), make(steps), make(chan struct{})
	go func() {
		defer close(done)
		age(moved, noon, ticks, ctx.Done())
	}()
	var got []time.Duration
	for _, at := range []int64{50, 100, 400, 410} {
		ticks <- noon.Add(time.Duration(at) * time.Millisecond)
		got = append(got, (<-moved)/time.Millisecond)
	}
	if diff := cmp.Diff([]time.Duration{50, 50, 300, 10}, got); diff != "" {
		t.Error(diff)
	}
	cancel()
	<-done
}
