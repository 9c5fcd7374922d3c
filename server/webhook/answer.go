package webhook

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent/rls"
	"github.com/voxanne/cascade/server/webhook/vapi"
)

// What callers hear, in the assistant's voice.
const (
	sayUnsupported = "This cannot be done over the phone yet. Please offer that a member of staff calls back."
	sayUnavailable = "This cannot be done just now. Please offer that a member of staff calls back."
	sayNobody      = "Thank you for calling. Nobody can take your call at the moment. Please try again later."
)

// documents answers a knowledge-base-request; there is none to add.
type documents struct {
	Documents []string `json:"documents"`
}

// answerTo is what the provider wants to hear about a message that was kept,
// now or before: the same both times.
func answerTo(ctx context.Context, tx *rls.Tx, org uuid.UUID, m vapi.Message) (any, error) {
	switch m.Type {
	case vapi.TypeToolCalls:
		return toolReply(m, sayUnsupported), nil
	case vapi.TypeFunctionCall:
		return vapi.FunctionReply(sayUnsupported), nil
	case vapi.TypeKnowledgeRequest:
		return documents{[]string{}}, nil
	case vapi.TypeTransferRequest, vapi.TypeHandoffRequest:
		return vapi.ErrorReply(sayUnsupported), nil
	case vapi.TypeAssistantRequest:
		return assistantReply(ctx, tx, org)
	default:
		return vapi.Reply{}, nil
	}
}

// refusalOf answers a message that was kept and not applied.
func refusalOf(m vapi.Message) any {
	switch m.Type {
	case vapi.TypeAssistantRequest:
		return vapi.ErrorReply(sayNobody)
	case vapi.TypeToolCalls:
		return notDone(m)
	case vapi.TypeFunctionCall:
		return vapi.FunctionReply(sayUnavailable)
	case vapi.TypeKnowledgeRequest:
		return documents{[]string{}}
	case vapi.TypeTransferRequest, vapi.TypeHandoffRequest:
		return vapi.ErrorReply(sayUnavailable)
	default:
		return vapi.Reply{}
	}
}

// notDone answers tool calls that nothing became of.
func notDone(m vapi.Message) any { return toolReply(m, sayUnavailable) }

func toolReply(m vapi.Message, reason string) vapi.Reply {
	calls := m.ToolCalls()
	results := make([]vapi.ToolResult, len(calls))
	for i, c := range calls {
		results[i] = vapi.NotDone(c.ID, reason)
	}
	return vapi.ToolReply(results...)
}

// assistantReply names the assistant that takes the clinic's calls.
func assistantReply(ctx context.Context, tx *rls.Tx, org uuid.UUID) (vapi.Reply, error) {
	var assistant string
	found, err := one(ctx, tx, `
		select a.provider_assistant_id
		  from inbound_agent_config c join agents a on a.org_id = c.org_id and a.id = c.agent_id
		 where c.org_id = $1 and c.enabled and a.active and a.retired_at is null and a.provider_assistant_id is not null`,
		[]any{org}, &assistant)
	if err != nil {
		return vapi.Reply{}, fmt.Errorf("finding who takes a call: %w", err)
	}
	if !found {
		return vapi.ErrorReply(sayNobody), nil
	}
	return vapi.AssistantReply(assistant), nil
}
