package vapi

import (
	"strings"
	"time"
)

// Speaker is who said something.
type Speaker string

// The speakers. System prompts and tool traffic are not said, and left out.
const (
	Assistant Speaker = "assistant"
	Caller    Speaker = "caller"
)

// Turn is one thing said in a call.
type Turn struct {
	Speaker Speaker
	Text    string
	// At is how long after the call's start it was said; zero where only the
	// order is known.
	At time.Duration
}

// speech is what a list of messages holds: the turns, and the times of its
// first and last entry, which may be zero.
type speech struct {
	turns       []Turn
	first, last time.Time
}

// spoken reads the call's words from the first place that has any: the list
// with times, then without, then the one string.
func (m Message) spoken() speech {
	artifact, call := m.body["artifact"], m.body["call"]
	for _, source := range []any{
		at(artifact, "messages"), m.body["messages"], at(call, "artifact", "messages"), at(call, "messages"),
		at(artifact, "messagesOpenAIFormatted"), m.body["messagesOpenAIFormatted"], m.body["conversation"],
	} {
		if s := readTurns(list(source)); len(s.turns) > 0 {
			return s
		}
	}
	for _, source := range []any{at(artifact, "transcript"), m.body["transcript"], at(call, "transcript")} {
		if turns := splitTranscript(text(source)); len(turns) > 0 {
			return speech{turns: turns}
		}
	}
	return speech{}
}

// readTurns reads entries in their order. secondsFromStart begins anew when an
// assistant hands over to another; there the clock times tell how much later
// it is.
func readTurns(entries []any) (s speech) {
	var shift, previous time.Duration
	var before time.Time
	for _, entry := range entries {
		said, end := moment(at(entry, "time")), moment(at(entry, "endTime"))
		if !said.IsZero() && (s.first.IsZero() || said.Before(s.first)) {
			s.first = said
		}
		for _, t := range []time.Time{said, end} {
			if t.After(s.last) {
				s.last = t
			}
		}
		offset, timed := span(at(entry, "secondsFromStart"), 9, 1)
		if timed && offset+shift < previous && !before.IsZero() && said.After(before) {
			shift = previous + said.Sub(before) - offset
		}
		if timed {
			previous, before = max(previous, offset+shift), said
		}
		speaker, words := speakerOf(text(at(entry, "role"))), words(entry)
		if speaker == "" || words == "" {
			continue
		}
		s.turns = append(s.turns, Turn{Speaker: speaker, Text: words, At: previous})
	}
	return s
}

// words is what an entry says: text, or the text parts of OpenAI's format.
func words(entry any) string {
	if s := firstText(at(entry, "message"), at(entry, "content"), at(entry, "text")); s != "" {
		return s
	}
	var parts []string
	for _, part := range list(at(entry, "content")) {
		if s := text(at(part, "text")); s != "" {
			parts = append(parts, s)
		}
	}
	return strings.Join(parts, " ")
}

func speakerOf(role string) Speaker {
	switch strings.ToLower(role) {
	case "bot", "assistant", "ai":
		return Assistant
	case "user", "customer", "caller":
		return Caller
	default:
		return ""
	}
}

// splitTranscript reads "AI: ...\nUser: ..."; a line that names no speaker
// goes on with the line before it.
func splitTranscript(s string) (turns []Turn) {
	for line := range strings.Lines(s) {
		role, said, _ := strings.Cut(line, ":")
		line, said = strings.TrimSpace(line), strings.TrimSpace(said)
		switch speaker := speakerOf(strings.TrimSpace(role)); {
		case speaker != "" && said != "":
			turns = append(turns, Turn{Speaker: speaker, Text: said})
		case speaker == "" && line != "" && len(turns) > 0:
			turns[len(turns)-1].Text += " " + line
		}
	}
	return turns
}
