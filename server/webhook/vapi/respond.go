package vapi

import "strings"

// Reply is what Vapi wants to hear back, as JSON with status 200. The zero
// Reply is the {} that acknowledges a message which asks for nothing.
type Reply struct {
	// Results answer tool-calls, one for every call asked for.
	Results []ToolResult `json:"results,omitzero"`
	// Result answers the legacy function-call.
	Result *string `json:"result,omitempty"`
	// AssistantID answers an assistant-request: who takes the call.
	AssistantID string `json:"assistantId,omitempty"`
	// AssistantOverrides goes with AssistantID: what differs for this call.
	AssistantOverrides *Overrides `json:"assistantOverrides,omitempty"`
	// Assistant answers an assistant-request by the whole assistant, as Vapi's
	// POST /assistant takes it, for this call alone.
	Assistant map[string]any `json:"assistant,omitempty"`
	// Destination answers a transfer- or handoff-destination-request.
	Destination *Destination `json:"destination,omitempty"`
	// Error answers a request that is refused; Vapi speaks it to the caller.
	Error string `json:"error,omitempty"`
}

// Overrides are what differs from an assistant for one call.
type Overrides struct {
	// VariableValues are what its prompts name in double braces.
	VariableValues map[string]string `json:"variableValues"`
}

// Destination is where a call goes: a telephone number.
type Destination struct {
	Type    string `json:"type"` // number
	Number  string `json:"number"`
	Message string `json:"message"` // what the caller hears first
}

// TransferReply sends a call to a number, in E.164.
func TransferReply(number, spoken string) Reply {
	return Reply{Destination: &Destination{Type: "number", Number: number, Message: oneLine(spoken)}}
}

// ToolResult is what one tool call came to: Result, or Error where it failed.
// The assistant reads either to the caller in its own words.
type ToolResult struct {
	ToolCallID string  `json:"toolCallId"`
	Result     *string `json:"result,omitempty"`
	Error      string  `json:"error,omitempty"`
}

// Done is the result of a tool call that succeeded. Vapi reads one line only,
// so line breaks become spaces.
func Done(toolCallID, result string) ToolResult {
	line := oneLine(result)
	return ToolResult{ToolCallID: toolCallID, Result: &line}
}

// NotDone is the result of a tool call that failed. It is still answered with
// status 200: any other leaves the caller in silence.
func NotDone(toolCallID, reason string) ToolResult {
	if reason = oneLine(reason); reason == "" {
		reason = "failed"
	}
	return ToolResult{ToolCallID: toolCallID, Error: reason}
}

// ToolReply answers tool-calls, also when there are none.
func ToolReply(results ...ToolResult) Reply {
	return Reply{Results: append([]ToolResult{}, results...)}
}

// FunctionReply answers the legacy function-call.
func FunctionReply(result string) Reply {
	line := oneLine(result)
	return Reply{Result: &line}
}

// AssistantReply answers an assistant-request with Vapi's id of the assistant.
func AssistantReply(id string) Reply { return Reply{AssistantID: id} }

// ErrorReply refuses an assistant-request or another request that Vapi waits
// for, in words that the caller will hear.
func ErrorReply(spoken string) Reply { return Reply{Error: oneLine(spoken)} }

// oneLine joins the words of s by single spaces.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
