package ratelimit

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// Proxies are the networks of our own proxies, whose word about the client is
// believed. The zero value believes nobody.
type Proxies []netip.Prefix

// Client is the address that a request came from: the peer's or, where the
// peer is a trusted proxy, the rightmost address of X-Forwarded-For that is
// not one. What stands left of that was written by the client, who can write
// anything. An entry that is no address ends the search: the proxy that passed
// it on is the last hop known, and counts as the client.
//
// It is the zero Addr for a peer without an address, such as a unix socket's.
func (p Proxies) Client(r *http.Request) netip.Addr {
	client, ok := parseHop(r.RemoteAddr)
	if !ok || !p.trust(client) {
		return client
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, hop := range slices.Backward(hops) {
		addr, ok := parseHop(strings.TrimSpace(hop))
		if !ok {
			return client
		}
		client = addr
		if !p.trust(client) {
			return client
		}
	}
	return client
}

// trust reports whether addr is one of the proxies.
func (p Proxies) trust(addr netip.Addr) bool {
	return slices.ContainsFunc(p, func(network netip.Prefix) bool { return network.Contains(addr) })
}

// parseHop reads an address with or without a port, in or out of brackets.
// IPv4 mapped into IPv6 is IPv4, and a zone means nothing outside its link.
func parseHop(hop string) (netip.Addr, bool) {
	addr, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(hop, "["), "]"))
	if err != nil {
		withPort, err := netip.ParseAddrPort(hop)
		if err != nil {
			return netip.Addr{}, false
		}
		addr = withPort.Addr()
	}
	return addr.Unmap().WithZone(""), true
}
