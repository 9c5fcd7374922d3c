package ratelimit

import "time"

// Never is the RetryAfter of what waiting does not help: a plan that allows
// nothing, or a cost above all that the window ever holds.
const Never time.Duration = -1

// Names of the windows, as the headers show them.
const (
	WindowOrg     = "org"     // requests of an org, per minute
	WindowCost    = "cost"    // cost points of an org, per hour
	WindowAddress = "address" // requests of a client address
)

// Window is where one limit stands after a Spend.
type Window struct {
	Name  string
	Limit Limit
	// Remaining is how many units could be spent now.
	Remaining int
	// Reset is the time until Remaining is Limit.Burst again.
	Reset time.Duration
	// RetryAfter is zero where this window let the request pass, else the
	// time until it will let the same cost pass, or Never.
	RetryAfter time.Duration
}

// Result is the answer to one Spend. The zero Result refuses.
type Result struct {
	// Allowed is true when every window let the request pass. Otherwise
	// none is charged; Limiter.Spend says how nearly.
	Allowed bool
	// Windows are in the order of the headers.
	Windows []Window
	// Degraded is true where the answer came from this node's share alone,
	// because Redis did not give one.
	Degraded bool
}

// Window returns the window of that name. An absent one is the zero Window.
func (r Result) Window(name string) Window {
	for _, w := range r.Windows {
		if w.Name == name {
			return w
		}
	}
	return Window{}
}

// RetryAfter is the time until the same request can pass every window: zero
// when it was allowed, Never when no waiting helps.
func (r Result) RetryAfter() time.Duration {
	if r.Allowed {
		return 0
	}
	longest := time.Duration(0)
	for _, w := range r.Windows {
		if w.RetryAfter == Never {
			return Never
		}
		longest = max(longest, w.RetryAfter)
	}
	if longest == 0 {
		return Never
	}
	return longest
}

// answer is a Result over windows that were all asked for one request.
func answer(windows []Window) Result {
	for _, w := range windows {
		if w.RetryAfter != 0 {
			return Result{Windows: windows}
		}
	}
	return Result{Allowed: len(windows) > 0, Windows: windows}
}
