package console

import (
	"net/http"
	"strings"
)

// protect sets the headers that hold the page to its own origin. connect-src
// 'self' covers the WebSocket of the same host as well (CSP 3, 6.7.2.8).
//
// The nonce is for style elements alone: a dialog of GraphiQL's writes one to
// hold the page still behind it.
func protect(h http.Header, nonce string) {
	h.Set("Content-Security-Policy", strings.Join([]string{
		"default-src 'none'",
		"script-src 'self'",
		"style-src 'self' 'nonce-" + nonce + "'",
		"connect-src 'self'",
		"img-src 'self' data:", // the editor's marks of an error
		"base-uri 'none'",
		"form-action 'none'",
		"frame-ancestors 'none'",
	}, "; "))
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY") // for browsers without frame-ancestors
}
