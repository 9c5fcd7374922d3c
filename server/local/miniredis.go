package local

import (
	"crypto/rand"
	"fmt"
	"net/url"
	"sync"
	"time"

	"github.com/alicebob/miniredis/v2"
)

// startMiniRedis serves from this process, on the loopback address since
// miniredis knows no Unix sockets, and therefore behind a password.
func startMiniRedis() (*Redis, error) {
	m := miniredis.NewMiniRedis()
	password := rand.Text()
	m.RequireAuth(password)
	if err := m.Start(); err != nil {
		return nil, fmt.Errorf("miniredis: %w", err)
	}
	ticker := time.NewTicker(50 * time.Millisecond)
	quit, gone := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(gone)
		age(m, time.Now(), ticker.C, quit)
	}()
	address := url.URL{Scheme: "redis", User: url.UserPassword("", password), Host: m.Addr(), Path: "/0"}
	return &Redis{url: address.String(), kind: miniRedis, stop: sync.OnceValue(func() error {
		ticker.Stop()
		close(quit)
		<-gone
		m.Close()
		return nil
	})}, nil
}

// aging is the part of miniredis that age needs.
type aging interface{ FastForward(time.Duration) }

// age makes the keys of m expire. They have no clock of their own: without it a
// limit once reached would be reached for ever. Each tick moves them by the
// time since the last, so that late and lost ticks cost nothing.
func age(m aging, last time.Time, ticks <-chan time.Time, quit <-chan struct{}) {
	for {
		select {
		case <-quit:
			return
		case now := <-ticks:
			m.FastForward(now.Sub(last))
			last = now
		}
	}
}
