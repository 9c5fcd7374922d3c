package ratelimit

import "errors"

// ErrDegraded means that an action is refused because Redis is away: its limit
// cannot be held across the nodes, and what it does cannot be taken back.
// Clients should be told UNAVAILABLE.
var ErrDegraded = errors.New("ratelimit: not while limits are degraded")

// Effect says what an action can do outside Cascade. The zero Effect is
// unknown and is treated as the worst.
type Effect int

const (
	// Unknown has not been classified.
	Unknown Effect = iota
	// Ordinary actions read and write our own rows.
	Ordinary
	// Money actions spend it, such as buying a number.
	Money
	// Telephony actions place calls or send messages.
	Telephony
)

// Degraded reports whether Redis is given up for now, so that limits hold at
// each node's share.
func (l *Limiter) Degraded() bool { return l.breaker.open.Load() }

// Guard refuses with ErrDegraded every action but an ordinary one while limits
// are degraded, and none otherwise. Actions ask it before they start.
func (l *Limiter) Guard(e Effect) error {
	if e != Ordinary && l.Degraded() {
		return ErrDegraded
	}
	return nil
}
