package ratelimit

import (
	"errors"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// How long a request may wait for Redis before its limits hold in process.
const (
	dialTimeout = 200 * time.Millisecond
	readTimeout = 250 * time.Millisecond
)

// errRedisURL does not repeat the URL or the parser's words about it: either
// can hold a password.
var errRedisURL = errors.New("redis url is malformed: want redis://[user:password@]host:port[/db], rediss:// for TLS, or unix:///path/to/socket; options such as ?pool_size=40 may follow")

// NewRedis makes a client for limits: it gives up early, so that a Redis that
// hangs costs a request a quarter of a second at most, and it never repeats a
// command, because a charge repeated is a charge doubled. It connects with the
// first command, not here, and fails only for a URL that makes no sense.
//
// Options in the URL win over these defaults; pool_size is ten a CPU unless
// given. CLIENT SETINFO stays off whatever the URL says: a timeout in it can
// leave replies out of order on the connection (CVE-2025-29923), and then one
// org is told another's count.
func NewRedis(url string) (*redis.Client, error) {
	o, err := redis.ParseURL(url)
	if err != nil {
		return nil, errRedisURL
	}
	o.DisableIdentity = true
	o.ContextTimeoutEnabled = true
	o.MaxRetries = -1
	o.DialerRetries = 1
	o.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	o.DialTimeout = orElse(o.DialTimeout, dialTimeout)
	o.ReadTimeout = orElse(o.ReadTimeout, readTimeout)
	o.WriteTimeout = orElse(o.WriteTimeout, readTimeout)
	o.PoolTimeout = orElse(o.PoolTimeout, readTimeout)
	if o.PipelinePoolSize == 0 {
		// Nearly every command here is a pipeline: a second pool for them,
		// with buffers of 128 KiB, would be memory without a use.
		o.PipelinePoolSize = -1
	}
	return redis.NewClient(o), nil
}

// orElse is d, or the default where d is not set.
func orElse(d, otherwise time.Duration) time.Duration {
	if d == 0 {
		return otherwise
	}
	return d
}
