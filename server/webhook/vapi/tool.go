package vapi

import "slices"

// ToolCall is one thing that the assistant asks us to do during a call. Its
// arguments were written by a language model that listens to a stranger: they
// say what is wanted, never who may have it. In particular no clinic, contact
// or call is to be found from them.
type ToolCall struct {
	// ID names the call in the answer; empty for the legacy function-call.
	ID   string
	Name string
	// Arguments has json.Number for numbers. Nil when Malformed.
	Arguments map[string]any
	// Malformed: the arguments are not a JSON object. The answer is an error
	// for this tool, and the others are still done.
	Malformed bool
}

// ToolCalls reads a tool-calls or function-call message, in every shape that
// Vapi has sent, each call once. Nil for any other type.
func (m Message) ToolCalls() []ToolCall {
	var calls []ToolCall
	add := func(v any, names ...any) {
		c, ok := readToolCall(v, names...)
		if !ok {
			return
		}
		i := slices.IndexFunc(calls, func(known ToolCall) bool { return known.ID == c.ID && (c.ID != "" || known.Name == c.Name) })
		switch {
		case i < 0:
			calls = append(calls, c)
		case calls[i].Name == "":
			calls[i].Name = c.Name
		}
		if i >= 0 && len(calls[i].Arguments) == 0 && len(c.Arguments) > 0 {
			calls[i].Arguments, calls[i].Malformed = c.Arguments, false
		}
	}
	switch m.Type {
	case TypeToolCalls:
		for _, key := range []string{"toolCallList", "toolCalls"} {
			for _, v := range list(m.body[key]) {
				add(v)
			}
		}
		for _, v := range list(m.body["toolWithToolCallList"]) {
			add(at(v, "toolCall"), at(v, "function", "name"), at(v, "name"))
		}
		add(m.body["toolCall"])
	case TypeFunctionCall:
		add(m.body["functionCall"])
	}
	return calls
}

// readToolCall reads one call, nested under function or flat. names are where
// else its name may stand.
func readToolCall(v any, names ...any) (c ToolCall, ok bool) {
	if _, ok := v.(object); !ok {
		return ToolCall{}, false
	}
	c.ID = ident(at(v, "id"), at(v, "toolCallId"))
	c.Name = ident(append([]any{at(v, "function", "name"), at(v, "name")}, names...)...)
	for _, arguments := range []any{
		at(v, "function", "arguments"), at(v, "function", "parameters"), at(v, "arguments"), at(v, "parameters"),
	} {
		if arguments == nil || arguments == "" {
			continue
		}
		c.Arguments, c.Malformed = nil, true
		if o, ok := unwrap(arguments).(object); ok {
			c.Arguments, c.Malformed = o, false
			break
		}
	}
	if c.Arguments == nil && !c.Malformed {
		c.Arguments = map[string]any{}
	}
	return c, c.ID != "" || c.Name != ""
}
