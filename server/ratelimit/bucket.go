package ratelimit

import (
	"fmt"
	"hash/maphash"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// shards is how many locks share the buckets of a process.
const shards = 32

// maxWindows is how many windows one key can have.
const maxWindows = 2

// buckets are the GCRA states of many keys, in process. They are safe for
// concurrent use and bounded: past the bound the key that was used longest ago
// is forgotten, which gives it a whole bucket at its next request. That is the
// price of a memory that nobody can fill from outside.
type buckets[K comparable] struct {
	seed   maphash.Seed
	shards [shards]shard[K]
}

// shard is the part of the buckets behind one lock.
type shard[K comparable] struct {
	mu   sync.Mutex
	tats *simplelru.LRU[K, [maxWindows]time.Time]
}

// newBuckets makes room for about that many keys, and fails for fewer than one.
func newBuckets[K comparable](keys int) (*buckets[K], error) {
	if keys < 1 {
		return nil, fmt.Errorf("ratelimit: room for %d keys", keys)
	}
	b := &buckets[K]{seed: maphash.MakeSeed()}
	for i := range b.shards {
		tats, err := simplelru.NewLRU[K, [maxWindows]time.Time]((keys+shards-1)/shards, nil)
		if err != nil {
			return nil, fmt.Errorf("ratelimit: making buckets: %w", err)
		}
		b.shards[i].tats = tats
	}
	return b, nil
}

// spend charges all of the key's windows or, when one refuses, none. Charges
// of one key always come in the same order, at most maxWindows of them.
func (b *buckets[K]) spend(key K, now time.Time, charges []charge) []Window {
	s := &b.shards[maphash.Comparable(b.seed, key)%shards]
	s.mu.Lock()
	defer s.mu.Unlock()

	before, _ := s.tats.Get(key)
	after := before
	windows := make([]Window, len(charges))
	for i, c := range charges {
		after[i], windows[i] = c.limit.Spend(before[i], now, c.cost)
		windows[i].Name = c.name
	}
	if answer(windows).Allowed {
		s.tats.Add(key, after)
		return windows
	}
	for i, c := range charges {
		if windows[i].RetryAfter == 0 {
			_, windows[i] = c.limit.Spend(before[i], now, 0)
			windows[i].Name = c.name
		}
	}
	return windows
}

// len is how many keys are remembered.
func (b *buckets[K]) len() int {
	n := 0
	for i := range b.shards {
		s := &b.shards[i]
		s.mu.Lock()
		n += s.tats.Len()
		s.mu.Unlock()
	}
	return n
}
