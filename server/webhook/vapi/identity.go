package vapi

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
)

// EventKey is the key under which a message is applied once. Two deliveries of
// the same message have the same key, whatever changed between them: presigned
// addresses are new on every retry. Two messages that say different things
// have different keys: a call's status-updates do not stand in for its report.
//
//	end-of-call-report   the call
//	status-update        the call and the status
//	tool-calls           the call and the ids of the tool calls, in any order
//	transcript           the call, partial or final, the time, who spoke
//	any other            the call, the time, and status and role if it has them
//
// A message that lacks a part of its key is known by the hash of its redacted
// body. The key is unique within one endpoint, has the form type:hex, is at
// most 97 bytes long and tells nothing of the call.
func EventKey(m Message) string {
	parts := identity(m)
	if slices.Contains(parts, "") {
		parts = []string{"body", string(m.stored)}
	}
	h := sha256.New()
	// Each part goes with its length: no two lists of parts run together.
	for _, part := range parts {
		h.Write(fmt.Appendf(nil, "%d:%s,", len(part), part))
	}
	return m.Type + ":" + hex.EncodeToString(h.Sum(nil)[:16])
}

// identity lists what makes the message itself; an empty part is unknown.
func identity(m Message) []string {
	when := ""
	if !m.At.IsZero() {
		when = strconv.FormatInt(m.At.UnixMicro(), 10)
	}
	switch m.Type {
	case TypeEndOfCallReport:
		return []string{"call", m.CallID}
	case TypeStatusUpdate:
		change, _ := m.Status()
		return []string{"status", m.CallID, string(change.Status)}
	case TypeToolCalls:
		ids := []string{}
		for _, c := range m.ToolCalls() {
			ids = append(ids, c.ID)
		}
		if len(ids) == 0 {
			return []string{""}
		}
		slices.Sort(ids)
		return append([]string{"tools", "call " + m.CallID}, ids...)
	case TypeTranscript:
		u, _ := m.Utterance()
		return []string{"transcript", m.CallID, strconv.FormatBool(u.Final), when, string(u.Speaker)}
	default:
		return []string{"moment", m.CallID, when, "status " + text(m.body["status"]), "role " + text(m.body["role"])}
	}
}
