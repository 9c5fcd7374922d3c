package vapi

import (
	"strings"
)

// Status is how far a call has come.
type Status string

// The statuses in the order of a call's life.
const (
	Scheduled  Status = "scheduled"
	Queued     Status = "queued"
	Ringing    Status = "ringing"
	InProgress Status = "in-progress"
	Forwarding Status = "forwarding"
	Ended      Status = "ended"
)

// Rank orders statuses: messages arrive in any order, and a call only ever
// moves to a higher rank. Zero is for what is no step of a call's life, such
// as not-found, deletion-failed and statuses to come.
func (s Status) Rank() int {
	switch s {
	case Scheduled:
		return 1
	case Queued:
		return 2
	case Ringing:
		return 3
	case InProgress:
		return 4
	case Forwarding:
		return 5
	case Ended:
		return 6
	default:
		return 0
	}
}

// StatusChange is what a status-update says.
type StatusChange struct {
	Call
	Status Status
	// EndedReason is Vapi's own word, for Ended; Outcome is its class.
	EndedReason string
	Outcome     Outcome
}

// Status reads a status-update; ok is false for any other type and for a
// status-update that names no status.
func (m Message) Status() (change StatusChange, ok bool) {
	name := strings.ReplaceAll(strings.ToLower(text(m.body["status"])), "_", "-")
	if m.Type != TypeStatusUpdate || name == "" {
		return StatusChange{}, false
	}
	change = StatusChange{Call: m.Call(), Status: Status(clip(name, 64))}
	if change.Status == Ended {
		change.EndedReason = clip(text(m.body["endedReason"]), 256)
		change.Outcome = Classify(change.EndedReason)
	}
	return change, true
}
