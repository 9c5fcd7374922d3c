package auth

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

const (
	maxKeySet    = 256 << 10       // bytes of a JWKS document
	fetchTimeout = 5 * time.Second // for the whole answer
)

// keySet is what one successful fetch brought. It is never changed.
type keySet struct {
	keys map[string]*key
	at   time.Time
}

// holds reports whether k is still one of the issuer's keys. Keys keep their
// pointer from set to set for as long as they stay what they are.
func (s *keySet) holds(k *key) bool { return s != nil && s.keys[k.id] == k }

// flight is one fetch under way; landed is closed when it is over.
type flight struct {
	landed    chan struct{}
	afterIdle bool
}

// keySource holds the issuer's keys and fetches them anew when they are old or
// a token names one that is not there. The rules:
//
//   - one fetch at a time, and none within minRefresh of the one before, so
//     that a flood of unknown kids costs the issuer nothing;
//   - a token with a known key does not wait for a fetch, but for one case:
//     after so long without any request that a key withdrawn meanwhile would
//     still count;
//   - a failed fetch leaves the old keys; before the first success there are
//     none, and the next request tries again.
//
// There is no goroutine beside the requests: keys nobody uses need no fetching.
type keySource struct {
	url          string
	client       *http.Client
	now          func() time.Time
	refreshEvery time.Duration
	minRefresh   time.Duration
	log          *slog.Logger

	current atomic.Pointer[keySet] // nil until the first success

	mu     sync.Mutex
	flight *flight // nil when none is under way
	tried  time.Time
}

// fresh returns the keys to trust now, and starts a fetch when they are old.
func (s *keySource) fresh(ctx context.Context) (*keySet, error) {
	set := s.current.Load()
	if set == nil || s.now().Sub(set.at) <= s.refreshEvery {
		return set, nil
	}
	if f := s.refresh(ctx); f != nil && f.afterIdle {
		if err := f.wait(ctx); err != nil {
			return nil, err
		}
	}
	return s.current.Load(), nil
}

// find returns the key with this id, fetching once when it is not known.
func (s *keySource) find(ctx context.Context, id string) (*key, error) {
	if set := s.current.Load(); set != nil && set.keys[id] != nil {
		return set.keys[id], nil
	}
	if f := s.refresh(ctx); f != nil {
		if err := f.wait(ctx); err != nil {
			return nil, err
		}
	}
	set := s.current.Load()
	if set == nil {
		return nil, ErrKeysUnavailable
	}
	if set.keys[id] == nil {
		return nil, ErrUnknownKey
	}
	return set.keys[id], nil
}

// wait returns when the fetch is over, well or badly, or ctx is.
func (f *flight) wait(ctx context.Context) error {
	select {
	case <-f.landed:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("waiting for the issuer's keys: %w", context.Cause(ctx))
	}
}

// refresh starts a fetch or joins the one under way; nil when it is too early
// for another. The fetch outlives the request that started it.
func (s *keySource) refresh(ctx context.Context) *flight {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.flight != nil {
		return s.flight
	}
	now := s.now()
	idle := now.Sub(s.tried)
	if idle < s.minRefresh {
		return nil
	}
	s.tried = now
	s.flight = &flight{landed: make(chan struct{}), afterIdle: idle > 2*s.refreshEvery}
	go s.fly(context.WithoutCancel(ctx), s.flight)
	return s.flight
}

// fly fetches, keeps the result if it is one, and lets the waiting go on.
func (s *keySource) fly(ctx context.Context, f *flight) {
	keys, err := s.fetch(ctx)
	if err != nil {
		s.log.WarnContext(ctx, "jwks refresh failed, keeping the keys we have", slog.String("error", err.Error()))
	} else {
		s.keep(ctx, keys)
	}
	s.mu.Lock()
	s.flight = nil
	s.mu.Unlock()
	close(f.landed)
}

// keep makes keys current, with the old pointer for each key that stayed.
func (s *keySource) keep(ctx context.Context, keys map[string]*key) {
	if len(keys) == 0 {
		s.log.WarnContext(ctx, "jwks holds no key that we accept")
	}
	if old := s.current.Load(); old != nil {
		for id, k := range keys {
			if k.same(old.keys[id]) {
				keys[id] = old.keys[id]
			}
		}
	}
	s.current.Store(&keySet{keys: keys, at: s.now()})
}

// fetch gets and reads the document, bounded in time and size.
func (s *keySource) fetch(ctx context.Context) (map[string]*key, error) {
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url, http.NoBody)
	if err != nil {
		return nil, fmt.Errorf("making the key set's request: %w", err)
	}
	req.Header.Set("Accept", "application/jwk-set+json, application/json")
	resp, err := s.client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("getting the key set: %w", err)
	}
	defer func() { _ = resp.Body.Close() }() // read to its end or given up; nothing to save
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("getting the key set: status %d", resp.StatusCode)
	}
	document, err := io.ReadAll(io.LimitReader(resp.Body, maxKeySet+1))
	if err != nil {
		return nil, fmt.Errorf("reading the key set: %w", err)
	}
	if len(document) > maxKeySet {
		return nil, errors.New("reading the key set: larger than 256 KB")
	}
	return parseKeys(document)
}
