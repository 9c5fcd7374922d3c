package ratelimit

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func TestGroup(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ client, want string }{
		{"203.0.113.9", "203.0.113.9/32"},
		{"::ffff:203.0.113.9", "203.0.113.9/32"},
		{"2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"},
		{"2001:db8:1:2:ffff::", "2001:db8:1:2::/64"},
		{"2001:db8:1:3::", "2001:db8:1:3::/64"},
		{"fe80::1%eth0", "fe80::/64"},
		{"::1", "::/64"},
	} {
		if got := group(netip.MustParseAddr(row.client)).String(); got != row.want {
			t.Errorf("%s: got %s, want %s", row.client, got, row.want)
		}
	}
	if group(netip.Addr{}) != (netip.Prefix{}) {
		t.Error("no address is not one group")
	}
}

func TestClient(t *testing.T) {
	t.Parallel()
	ours := Proxies{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	for _, row := range []struct {
		name    string
		proxies Proxies
		peer    string
		headers []string
		want    string
	}{
		{"a peer", nil, "203.0.113.9:5123", nil, "203.0.113.9"},
		{"nobody is trusted by default", nil, "10.0.0.1:80", []string{"203.0.113.9"}, "10.0.0.1"},
		{"a client cannot name itself", ours, "203.0.113.9:80", []string{"198.51.100.1"}, "203.0.113.9"},
		{"our proxy names it", ours, "10.0.0.1:80", []string{"203.0.113.9"}, "203.0.113.9"},
		{"what the client wrote is left of it", ours, "10.0.0.1:80", []string{"198.51.100.1, 203.0.113.9"}, "203.0.113.9"},
		{"past two of ours", ours, "10.0.0.1:80", []string{"198.51.100.1, 203.0.113.9, 10.1.1.1,fd00::2"}, "203.0.113.9"},
		{"header lines are one list", ours, "10.0.0.1:80", []string{"198.51.100.1, 203.0.113.9", "10.1.1.1"}, "203.0.113.9"},
		{"everyone is ours", ours, "10.0.0.1:80", []string{"10.2.2.2, 10.1.1.1"}, "10.2.2.2"},
		{"no header", ours, "10.0.0.1:80", nil, "10.0.0.1"},
		{"empty header", ours, "10.0.0.1:80", []string{""}, "10.0.0.1"},
		{"garbage ends the search", ours, "10.0.0.1:80", []string{"203.0.113.9, unknown, 10.1.1.1"}, "10.1.1.1"},
		{"ports and brackets", ours, "[fd00::1]:80", []string{"[2001:db8::7]:4711, 10.1.1.1:99"}, "2001:db8::7"},
		{"brackets alone", ours, "10.0.0.1:80", []string{"[2001:db8::7]"}, "2001:db8::7"},
		{"mapped is IPv4, and so is trust in it", ours, "[::ffff:10.0.0.1]:80", []string{"::ffff:203.0.113.9"}, "203.0.113.9"},
		{"a unix socket has none", ours, "@", []string{"203.0.113.9"}, "invalid IP"},
	} {
		r := httptest.NewRequest(http.MethodPost, "/graphql", nil)
		r.RemoteAddr = row.peer
		for _, h := range row.headers {
			r.Header.Add("X-Forwarded-For", h)
		}
		if got := row.proxies.Client(r).String(); got != row.want {
			t.Errorf("%s: got %s, want %s", row.name, got, row.want)
		}
	}
}

// Two clients: one guesses credentials, the other works. Time stands still
// until the guesser has waited as long as it was told to.
func TestAddressMiddleware(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	refused := 0
	limit, err := NewAddress(AddressConfig{
		Limit: Limit{Rate: 60, Burst: 3, Period: time.Minute},
		Now:   func() time.Time { return now },
		Refuse: func(w http.ResponseWriter, _ *http.Request, r Result) {
			refused++
			w.Header().Set("Content-Type", "application/problem+json")
			w.WriteHeader(http.StatusTooManyRequests)
			fmt.Fprintf(w, `{"status":429,"violated-policies":[%q]}`, r.Windows[0].Name)
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	passed := 0
	handler := limit.Middleware(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { passed++ }))
	ask := func(peer string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodPost, "/graphql", nil)
		r.RemoteAddr = peer
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		return w
	}
	// The guesser moves through its /64.
	for i := range 5 {
		ask(fmt.Sprintf("[2001:db8::%d]:9", i+1))
	}
	if passed != 3 || refused != 2 {
		t.Fatalf("passed %d, refused %d; want 3 and 2", passed, refused)
	}
	w := ask("[2001:db8::99]:9")
	if w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") != "1" ||
		w.Header().Get("RateLimit-Policy") != `"address";q=60;w=60` || w.Header().Get("RateLimit") != `"address";r=0;t=3` {
		t.Errorf("refusal: %d %v", w.Code, w.Header())
	}
	if w := ask("198.51.100.7:9"); w.Code != http.StatusOK || passed != 4 {
		t.Error("another address is slowed")
	}
	now = now.Add(time.Second)
	if w := ask("[2001:db8::5]:9"); w.Code != http.StatusOK {
		t.Error("refused at the time it was told to come back")
	}
}

func TestAddressZeroLimitRefuses(t *testing.T) {
	t.Parallel()
	limit, err := NewAddress(AddressConfig{})
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	limit.Middleware(http.NotFoundHandler()).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	if w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") != "" {
		t.Errorf("got %d, Retry-After %q", w.Code, w.Header().Get("Retry-After"))
	}
}

func TestAddressMemoryIsBounded(t *testing.T) {
	t.Parallel()
	limit, err := NewAddress(AddressConfig{Limit: Limit{1, 1, time.Hour}, Addresses: 320})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 10_000 {
		limit.Spend(netip.AddrFrom4([4]byte{198, 18, byte(i >> 8), byte(i)}))
	}
	if n := limit.clients.len(); n != 320 {
		t.Errorf("%d addresses are remembered, want 320", n)
	}
}

func TestAddressConcurrent(t *testing.T) {
	t.Parallel()
	limit, err := NewAddress(AddressConfig{Limit: Limit{100, 100, 24 * time.Hour}})
	if err != nil {
		t.Fatal(err)
	}
	var passed atomic.Int64
	var all sync.WaitGroup
	for range 64 {
		all.Go(func() {
			for range 50 {
				if limit.Spend(netip.MustParseAddr("198.51.100.7")).Allowed {
					passed.Add(1)
				}
			}
		})
	}
	all.Wait()
	if passed.Load() != 100 {
		t.Errorf("%d passed, want 100", passed.Load())
	}
}
