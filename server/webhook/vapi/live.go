package vapi

import "strings"

// Utterance is one piece of a running call's transcript.
type Utterance struct {
	Speaker Speaker
	Text    string
	// Final: the transcriber will not change it any more.
	Final bool
	// Filtered: Vapi took something out of the text for safety.
	Filtered bool
}

// Utterance reads a transcript message; ok is false for any other.
func (m Message) Utterance() (u Utterance, ok bool) {
	// Who subscribed to final transcripts alone has it in the type.
	condition := strings.TrimPrefix(text(m.body["type"]), m.Type)
	u = Utterance{
		Speaker:  speakerOf(text(m.body["role"])),
		Text:     text(m.body["transcript"]),
		Final:    text(m.body["transcriptType"]) == "final" || strings.Contains(condition, "final"),
		Filtered: m.body["isFiltered"] == true,
	}
	if m.Type != TypeTranscript || u.Speaker == "" {
		return Utterance{}, false
	}
	return u, true
}

// Speech is somebody beginning or ceasing to speak.
type Speech struct {
	Speaker Speaker
	Started bool
}

// Speech reads a speech-update; ok is false for any other type.
func (m Message) Speech() (s Speech, ok bool) {
	status := text(m.body["status"])
	s = Speech{Speaker: speakerOf(text(m.body["role"])), Started: status == "started"}
	if m.Type != TypeSpeechUpdate || s.Speaker == "" || (status != "started" && status != "stopped") {
		return Speech{}, false
	}
	return s, true
}

// Conversation reads what has been said so far, from a conversation-update or
// a knowledge-base-request, whose question is the last turn of the Caller. Nil
// for any other type.
func (m Message) Conversation() []Turn {
	if m.Type != TypeConversationUpdate && m.Type != TypeKnowledgeRequest {
		return nil
	}
	for _, key := range []string{"messages", "messagesOpenAIFormatted", "conversation"} {
		if s := readTurns(list(m.body[key])); len(s.turns) > 0 {
			return s.turns
		}
	}
	return m.spoken().turns
}

// Transfer is a call that goes to somebody else.
type Transfer struct {
	// Number is where to, in E.164; empty when it goes to an assistant or an
	// address.
	Number string
	// ToAssistant is the other assistant's id or, without one, its name.
	ToAssistant string
}

// Transfer reads where a transfer-update, or a status-update or report of a
// forwarded call, says that the call goes; ok is false when it says nothing.
func (m Message) Transfer() (t Transfer, ok bool) {
	switch m.Type {
	case TypeTransferUpdate, TypeStatusUpdate, TypeEndOfCallReport:
	default:
		return Transfer{}, false
	}
	to := m.body["destination"]
	t = Transfer{
		Number:      firstNumber(at(to, "number")),
		ToAssistant: firstText(at(m.body, "toAssistant", "id"), at(m.body, "toAssistant", "name"), at(to, "assistantName")),
	}
	return t, t != Transfer{}
}

// Deletion is Vapi's word on whether it erased a call, evidence of an erasure
// at a sub-processor.
type Deletion struct {
	CallID string
	Done   bool
}

// Deletion reads call.deleted and call.delete.failed; ok is false for any
// other type and when no call is named.
func (m Message) Deletion() (d Deletion, ok bool) {
	d = Deletion{CallID: m.CallID, Done: m.Type == TypeCallDeleted}
	if (m.Type != TypeCallDeleted && m.Type != TypeCallDeleteFailed) || m.CallID == "" {
		return Deletion{}, false
	}
	return d, true
}
