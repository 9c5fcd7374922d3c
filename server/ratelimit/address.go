package ratelimit

import (
	"net/http"
	"net/netip"
	"time"
)

// AddressConfig is what an Address limiter needs. Zero fields take the value
// named with them.
type AddressConfig struct {
	// Limit is each address's own. The zero Limit refuses everyone.
	Limit Limit
	// Proxies whose X-Forwarded-For is believed; none.
	Proxies Proxies
	// Addresses bounds how many are remembered; 65,536, about 15 MB.
	Addresses int
	// Refuse writes the refusal, after the rate limit headers are set. Nil
	// writes a bare 429.
	Refuse func(http.ResponseWriter, *http.Request, Result)
	// Now is the clock; time.Now.
	Now func() time.Time
}

// Address limits each client address before anyone asks whose request it is,
// so that guessing credentials is slow and what is refused costs little. Every
// node counts by itself. IPv6 clients count by their /64, the least that one
// client is given. It is safe for concurrent use.
type Address struct {
	AddressConfig
	clients *buckets[netip.Prefix]
}

// NewAddress makes an Address limiter.
func NewAddress(c AddressConfig) (*Address, error) {
	if c.Addresses < 1 {
		c.Addresses = 65_536
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Refuse == nil {
		c.Refuse = func(w http.ResponseWriter, _ *http.Request, _ Result) {
			w.WriteHeader(http.StatusTooManyRequests)
		}
	}
	clients, err := newBuckets[netip.Prefix](c.Addresses)
	if err != nil {
		return nil, err
	}
	return &Address{AddressConfig: c, clients: clients}, nil
}

// Middleware passes on what the client's address may still ask for, and gives
// the rest to Refuse.
func (a *Address) Middleware(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		result := a.Spend(a.Proxies.Client(r))
		if result.Allowed {
			next.ServeHTTP(w, r)
			return
		}
		result.SetHeaders(w.Header())
		a.Refuse(w, r, result)
	})
}

// Spend charges one request to an address. All requests of the zero Addr,
// which is a client without one, share a bucket.
func (a *Address) Spend(client netip.Addr) Result {
	charges := []charge{{WindowAddress, a.Limit, 1}}
	return answer(a.clients.spend(group(client), a.Now(), charges))
}

// group is the network that counts as one client.
func group(client netip.Addr) netip.Prefix {
	client = client.Unmap().WithZone("")
	bits := client.BitLen()
	if client.Is6() {
		bits = 64
	}
	return netip.PrefixFrom(client, bits).Masked()
}
