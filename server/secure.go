package server

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"github.com/voxanne/cascade/graph/fault"
	"github.com/voxanne/cascade/graph/transport"
)

// secure sets the headers that hold a browser to what an API's answers are:
// data, for the page that asked, kept nowhere. The console sets its own policy
// over this one.
func secure(public site) middleware {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			h := w.Header()
			h.Set("Cache-Control", "no-store")
			h.Set("Content-Security-Policy", "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
			h.Set("Cross-Origin-Resource-Policy", "same-origin")
			h.Set("Referrer-Policy", "no-referrer")
			h.Set("X-Content-Type-Options", "nosniff")
			if public.https {
				h.Set("Strict-Transport-Security", "max-age=63072000; includeSubDomains")
			}
			next.ServeHTTP(w, r)
		})
	}
}

// site is the name under which the public knows this server.
type site struct {
	host  string
	https bool
}

func newSite(publicURL string) site {
	u, err := url.Parse(publicURL)
	if err != nil {
		return site{}
	}
	return site{host: strings.ToLower(u.Hostname()), https: u.Scheme == "https"}
}

// ours reports whether host names this server: its public name, a clinic's
// sub-domain of it, or this very machine. No attacker's name is any of them.
func (s site) ours(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if s.host != "" && (host == s.host || strings.HasSuffix(host, "."+s.host)) {
		return true
	}
	addr, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return host == "localhost" || err == nil && addr.IsLoopback()
}

// ownHost refuses a browser that was led here under another's name: by DNS
// rebinding a page of any site could read this server's answers as its own.
// Programs that are no browser send no Origin and may use any name.
func (s site) ownHost(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		browser := r.Header.Get("Origin") != "" || r.Header.Get("Sec-Fetch-Mode") != ""
		if browser && !s.ours(r.Host) {
			writeProblem(w, r, transport.Problem{
				Status: http.StatusMisdirectedRequest, Code: string(fault.Forbidden),
				Detail: "This server is not known by that name. Its name is set with CASCADE_PUBLIC_URL.",
			})
			return
		}
		next.ServeHTTP(w, r)
	})
}
