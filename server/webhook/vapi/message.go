package vapi

import (
	"log/slog"
	"regexp"
	"strings"
	"time"
)

// The types of message that mean something here, as Vapi names them. Any other
// is read too: it has its type, call and time, and is kept.
const (
	TypeAssistantRequest   = "assistant-request"
	TypeCallDeleted        = "call.deleted"
	TypeCallDeleteFailed   = "call.delete.failed"
	TypeConversationUpdate = "conversation-update"
	TypeEndOfCallReport    = "end-of-call-report"
	TypeFunctionCall       = "function-call"
	TypeHandoffRequest     = "handoff-destination-request"
	TypeHang               = "hang"
	TypeKnowledgeRequest   = "knowledge-base-request"
	TypeSpeechUpdate       = "speech-update"
	TypeStatusUpdate       = "status-update"
	TypeToolCalls          = "tool-calls"
	TypeTranscript         = "transcript"
	TypeTransferRequest    = "transfer-destination-request"
	TypeTransferUpdate     = "transfer-update"
	TypeUserInterrupted    = "user-interrupted"
)

// Message is one message of Vapi, read and redacted. It holds health data, and
// logs as its type and call alone. The zero Message says nothing.
type Message struct {
	// Type is the message's type without the condition that Vapi may append,
	// as in transcript[transcriptType="final"].
	Type string
	// CallID is Vapi's id of the call; empty when the message names none.
	CallID string
	// At is when Vapi sent it; zero when the message does not say.
	At time.Time

	body   object // what stands under "message"
	stored []byte
}

var typePattern = regexp.MustCompile(`^([A-Za-z][A-Za-z0-9._-]{0,63})(?:\[.{0,128}\])?$`)

// Parse reads a message and redacts it, so that no Message ever holds a
// secret. It reads what Redacted returned just as well. The caller bounds the
// size of body; Parse bounds the rest, and its error is a Refusal.
func Parse(body []byte) (Message, error) {
	root, _, err := decode(body)
	if err != nil {
		return Message{}, err
	}
	if _, ok := root.(object); !ok {
		return Message{}, ErrNotObject
	}
	root, _ = redactValue(root, 0)
	inner, ok := at(root, "message").(object)
	if !ok {
		return Message{}, ErrMissingMessage
	}
	name, _ := inner["type"].(string)
	kind := typePattern.FindStringSubmatch(strings.TrimSpace(name))
	if kind == nil {
		return Message{}, ErrMissingType
	}
	stored, err := encode(root)
	if err != nil {
		return Message{}, ErrMalformed
	}
	return Message{
		Type:   kind[1],
		CallID: ident(at(inner, "call", "id"), inner["callId"]),
		At:     moment(inner["timestamp"]),
		body:   inner,
		stored: stored,
	}, nil
}

// Redacted is the whole document as it may be kept: what Redact returns.
func (m Message) Redacted() []byte { return m.stored }

// NeedsAnswer reports whether Vapi waits for more than a status: the caller on
// the line hears silence until it comes. An assistant-request has 7.5 seconds.
func (m Message) NeedsAnswer() bool {
	switch m.Type {
	case TypeAssistantRequest, TypeToolCalls, TypeFunctionCall, TypeTransferRequest, TypeHandoffRequest, TypeKnowledgeRequest:
		return true
	default:
		return false
	}
}

// LogValue keeps health data out of logs.
func (m Message) LogValue() slog.Value {
	return slog.GroupValue(slog.String("type", m.Type), slog.String("call_id", m.CallID))
}
