package ratelimit

import (
	"net/http"
	"net/netip"
	"strings"
	"testing"
)

// FuzzClient: what a client writes moves nobody but itself. A peer that is no
// proxy of ours counts as itself, whatever it says of others; behind a proxy,
// the address that our proxy saw counts, whatever stands before it.
func FuzzClient(f *testing.F) {
	for _, forwarded := range []string{
		"", "203.0.113.9", "198.51.100.7, 10.0.0.2", "[2001:db8::1]:443", "unknown", "::ffff:10.0.0.1", "10.0.0.1%eth0", ",,", "1.2.3.4:99999", "01.2.3.4",
	} {
		f.Add(forwarded)
	}
	ours := Proxies{netip.MustParsePrefix("10.0.0.0/8")}
	const stranger = "203.0.113.50"
	client := func(peer string, forwarded ...string) netip.Addr {
		return ours.Client(&http.Request{RemoteAddr: peer, Header: http.Header{"X-Forwarded-For": forwarded}})
	}
	f.Fuzz(func(t *testing.T, forwarded string) {
		if got := client(stranger+":9", forwarded); got.String() != stranger {
			t.Fatalf("a stranger that says %q counts as %v", forwarded, got)
		}
		for _, lines := range [][]string{{forwarded, stranger}, {forwarded + "," + stranger}, {forwarded + " , " + stranger + ":80 "}} {
			if got := client("10.0.0.1:9", lines...); got.String() != stranger {
				t.Fatalf("who says %q counts as %v", lines, got)
			}
		}
		got := client("10.0.0.1:9", forwarded)
		if !got.IsValid() || got.Zone() != "" || got.Is4In6() || !group(got).IsValid() {
			t.Fatalf("%q is %v of %v", forwarded, got, group(got))
		}
		if ours.trust(got) && strings.Contains(forwarded, stranger) && strings.TrimSpace(forwarded) == stranger {
			t.Fatalf("%q counts as our own %v", forwarded, got)
		}
	})
}
