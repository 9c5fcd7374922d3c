package feed

import (
	"strings"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/graph/feed"
)

// prefix is what the channels' names begin with; the org's id follows. It
// counts the version of the message.
const prefix = "cascade:calls:1:"

func channel(org uuid.UUID) string { return prefix + org.String() }

func orgOf(channel string) (uuid.UUID, bool) {
	name, ok := strings.CutPrefix(channel, prefix)
	if !ok {
		return uuid.Nil, false
	}
	org, err := uuid.Parse(name)
	return org, err == nil
}

// encode writes a message: who tells, and which call. The org is the channel's.
func encode(node uuid.UUID, e feed.CallEvent) string {
	return node.String() + " " + e.CallID.String()
}

// decode reads a message. ok is false for anything that encode did not write.
func decode(channel, payload string) (node uuid.UUID, e feed.CallEvent, ok bool) {
	org, ok := orgOf(channel)
	if !ok {
		return uuid.Nil, feed.CallEvent{}, false
	}
	first, second, _ := strings.Cut(payload, " ")
	node, err := uuid.Parse(first)
	if err != nil {
		return uuid.Nil, feed.CallEvent{}, false
	}
	call, err := uuid.Parse(second)
	if err != nil {
		return uuid.Nil, feed.CallEvent{}, false
	}
	return node, feed.CallEvent{OrgID: org, CallID: call}, true
}
