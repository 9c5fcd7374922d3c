package ratelimit

import (
	"net/http"
	"strconv"
	"time"
)

// SetHeaders tells the client where it stands, whether it was allowed or not:
//
//   - RateLimit-Policy and RateLimit, as structured fields (RFC 9651) of
//     draft-ietf-httpapi-ratelimit-headers: every window with its quota q per w
//     seconds, the r units that remain, and the t seconds until it is whole;
//   - X-RateLimit-Limit, -Remaining and -Reset for clients that know only
//     these: the tightest window, Reset in seconds from now;
//   - Retry-After (RFC 9110, 10.2.3) on a refusal that waiting can cure.
//
// Times are whole seconds, rounded up: who waits so long is not too early. No
// header names the org. A Result without windows sets nothing.
func (r Result) SetHeaders(h http.Header) {
	if len(r.Windows) == 0 {
		return
	}
	var policy, state []byte
	for i, w := range r.Windows {
		if i > 0 {
			policy = append(policy, ", "...)
			state = append(state, ", "...)
		}
		policy = appendItem(policy, w.Name, "q", int64(w.Limit.Rate), "w", seconds(w.Limit.Period))
		state = appendItem(state, w.Name, "r", int64(w.Remaining), "t", seconds(w.Reset))
	}
	h.Set("RateLimit-Policy", string(policy))
	h.Set("RateLimit", string(state))

	w := r.tightest()
	h.Set("X-RateLimit-Limit", strconv.Itoa(w.Limit.Rate))
	h.Set("X-RateLimit-Remaining", strconv.Itoa(w.Remaining))
	h.Set("X-RateLimit-Reset", strconv.FormatInt(seconds(w.Reset), 10))
	if wait := r.RetryAfter(); wait > 0 {
		h.Set("Retry-After", strconv.FormatInt(seconds(wait), 10))
	}
}

// tightest is the window that stands in the way the longest or, where none
// does, the one with the smallest part left. Of equals the first is taken.
func (r Result) tightest() Window {
	tightest := r.Windows[0]
	for _, w := range r.Windows[1:] {
		if tighter(w, tightest) {
			tightest = w
		}
	}
	return tightest
}

// tighter reports whether a leaves less room than b.
func tighter(a, b Window) bool {
	switch {
	case b.RetryAfter == Never:
		return false
	case a.RetryAfter == Never:
		return true
	case a.RetryAfter != b.RetryAfter:
		return a.RetryAfter > b.RetryAfter
	default:
		return int64(a.Remaining)*int64(b.Limit.Burst) < int64(b.Remaining)*int64(a.Limit.Burst)
	}
}

// appendItem writes "name";k=v;k=v. Names are this package's constants, so
// none needs escaping.
func appendItem(to []byte, name, k1 string, v1 int64, k2 string, v2 int64) []byte {
	to = append(to, '"')
	to = append(to, name...)
	to = append(to, `";`...)
	to = append(to, k1...)
	to = strconv.AppendInt(append(to, '='), v1, 10)
	to = append(append(to, ';'), k2...)
	return strconv.AppendInt(append(to, '='), v2, 10)
}

// seconds rounds up, so that nobody is told to come back too early.
func seconds(d time.Duration) int64 {
	return int64((max(0, d) + time.Second - 1) / time.Second)
}
