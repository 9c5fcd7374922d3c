package auth

import (
	"crypto/sha256"
	"sync"
)

// verified is a token that passed every check, with the key that signed it.
type verified struct {
	claims Claims
	key    *key
}

// tokenCache remembers verified tokens by their SHA-256 digest, because an
// ES256 check costs 60 us and the same token comes with every request of a
// session. Only tokens that verified enter it, so a flood of bad ones cannot
// push the good ones out. It says nothing about time or keys: who takes an
// entry must check both again.
//
// It holds two generations of at most half the size each: a full young one
// becomes the old one, and an entry asked for again comes back to the young.
// That bounds memory and forgets what is not used, in constant time and without
// a clock. The zero tokenCache remembers nothing.
type tokenCache struct {
	half int // entries per generation

	mu         sync.Mutex
	young, old map[[sha256.Size]byte]verified
}

func newTokenCache(size int) *tokenCache {
	return &tokenCache{half: max(size/2, 1), young: map[[sha256.Size]byte]verified{}}
}

func (c *tokenCache) get(digest [sha256.Size]byte) (verified, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if v, ok := c.young[digest]; ok {
		return v, true
	}
	v, ok := c.old[digest]
	if ok {
		c.keep(digest, v)
	}
	return v, ok
}

func (c *tokenCache) put(digest [sha256.Size]byte, v verified) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.keep(digest, v)
}

// drop forgets a token that is no longer good.
func (c *tokenCache) drop(digest [sha256.Size]byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.young, digest)
	delete(c.old, digest)
}

// keep is called with mu held.
func (c *tokenCache) keep(digest [sha256.Size]byte, v verified) {
	if c.half == 0 {
		return
	}
	if len(c.young) >= c.half {
		c.old = c.young
		c.young = make(map[[sha256.Size]byte]verified, c.half)
	}
	c.young[digest] = v
}
