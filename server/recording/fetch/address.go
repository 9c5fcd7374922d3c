package fetch

import (
	"fmt"
	"net/netip"
	"syscall"
)

// special are the blocks of IANA's special-purpose registries that no provider
// is reached in, and those IPv6 blocks that carry an IPv4 address inside. What
// is not global unicast at all needs no mention.
var special = []netip.Prefix{ //nolint:gochecknoglobals // immutable table
	netip.MustParsePrefix("0.0.0.0/8"),        // this network
	netip.MustParsePrefix("10.0.0.0/8"),       // private
	netip.MustParsePrefix("100.64.0.0/10"),    // carrier-grade NAT
	netip.MustParsePrefix("127.0.0.0/8"),      // loopback
	netip.MustParsePrefix("169.254.0.0/16"),   // link-local, and the clouds' metadata
	netip.MustParsePrefix("172.16.0.0/12"),    // private
	netip.MustParsePrefix("192.0.0.0/24"),     // protocol assignments
	netip.MustParsePrefix("192.0.2.0/24"),     // documentation
	netip.MustParsePrefix("192.88.99.0/24"),   // 6to4 relays
	netip.MustParsePrefix("192.168.0.0/16"),   // private
	netip.MustParsePrefix("198.18.0.0/15"),    // benchmarks
	netip.MustParsePrefix("198.51.100.0/24"),  // documentation
	netip.MustParsePrefix("203.0.113.0/24"),   // documentation
	netip.MustParsePrefix("224.0.0.0/3"),      // multicast, reserved, broadcast
	netip.MustParsePrefix("168.63.129.16/32"), // a cloud's own services
	netip.MustParsePrefix("2001::/23"),        // protocol assignments, Teredo among them
	netip.MustParsePrefix("2001:db8::/32"),    // documentation
	netip.MustParsePrefix("2002::/16"),        // 6to4: an IPv4 address inside
	netip.MustParsePrefix("3fff::/20"),        // documentation
}

// global is all of IPv6 that is given out as global unicast: neither loopback
// nor ULA nor link-local nor NAT64 nor a mapped IPv4 address lies in it.
var global = netip.MustParsePrefix("2000::/3") //nolint:gochecknoglobals // immutable

// public reports whether an address is one that the whole world can be met at.
func public(a netip.Addr) bool {
	if a.Is6() && !global.Contains(a) || a.Zone() != "" || !a.IsValid() {
		return false
	}
	for _, p := range special {
		if p.Contains(a) {
			return false
		}
	}
	return true
}

// guard judges every address at the moment before it is dialled: after DNS,
// once for each address that a name has, so that no second answer can differ.
type guard struct {
	loopback bool // 127.0.0.0/8 and ::1 too
}

// control is for net.Dialer.Control.
func (g guard) control(network, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil || network != "tcp4" && network != "tcp6" {
		return fail(Private, fmt.Errorf("dialling by %s", network))
	}
	a := at.Addr()
	switch {
	case g.loopback && a.IsLoopback() && !a.Is4In6():
		return nil
	case !public(a) || at.Port() != 443:
		return fail(Private, nil)
	default:
		return nil
	}
}
