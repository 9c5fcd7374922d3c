package webhook

import (
	"context"

	"github.com/voxanne/cascade/ent/rls"
	"github.com/voxanne/cascade/server/reception"
	"github.com/voxanne/cascade/server/webhook/vapi"
)

// What callers hear, in the assistant's voice.
const (
	sayUnavailable = "This cannot be done just now. Please offer that a member of staff calls back."
	sayNoPerson    = "Nobody can take the call just now. Please offer that a member of staff calls back."
	sayTransfer    = "One moment, please. I am putting you through."
	sayNobody      = "Thank you for calling. Nobody can take your call at the moment. Please try again later."
)

// documents answers a knowledge-base-request.
type documents struct {
	Documents []document `json:"documents"`
}

type document struct {
	Content    string  `json:"content"`
	Similarity float64 `json:"similarity"`
}

// answerTo is what the provider wants to hear about a message that was kept, now
// or before: the same both times.
func (b *inbox) answerTo(ctx context.Context, tx *rls.Tx, t task, m vapi.Message) (any, error) {
	switch m.Type {
	case vapi.TypeToolCalls, vapi.TypeFunctionCall:
		return b.recall(ctx, tx, t, m)
	case vapi.TypeKnowledgeRequest:
		return b.answerQuestion(ctx, tx, t, m)
	case vapi.TypeTransferRequest, vapi.TypeHandoffRequest:
		return b.answerTransfer(ctx, tx, t, m)
	case vapi.TypeAssistantRequest:
		reply, ok, err := b.desk.Answers(ctx, tx, t.org, t.at)
		if err == nil && !ok {
			reply = vapi.ErrorReply(sayNobody)
		}
		return reply, err
	default:
		return vapi.Reply{}, nil
	}
}

// answerQuestion searches for what the caller said last.
func (b *inbox) answerQuestion(ctx context.Context, tx *rls.Tx, t task, m vapi.Message) (any, error) {
	out := documents{[]document{}}
	question := lastSaid(m)
	if question == "" {
		return out, nil
	}
	found, err := b.desk.Search(ctx, tx, t.org, question)
	if err != nil {
		return nil, err
	}
	for _, p := range found {
		// A rank is from 0 to infinity; a similarity is from 0 to 1.
		out.Documents = append(out.Documents, document{p.Title + ": " + p.Text, p.Rank / (1 + p.Rank)})
	}
	return out, nil
}

// answerTransfer says where the call goes now.
func (b *inbox) answerTransfer(ctx context.Context, tx *rls.Tx, t task, m vapi.Message) (any, error) {
	to, err := b.desk.Destination(ctx, tx, reception.Call{Org: t.org, Provider: providerVapi, ProviderID: m.CallID, Now: t.at})
	if err != nil {
		return nil, err
	}
	if to == "" {
		return vapi.ErrorReply(sayNoPerson), nil
	}
	return vapi.TransferReply(to, sayTransfer), nil
}

// refusalOf answers a message that was kept and not applied, or not taken.
func refusalOf(m vapi.Message) any {
	switch m.Type {
	case vapi.TypeAssistantRequest:
		return vapi.ErrorReply(sayNobody)
	case vapi.TypeToolCalls:
		return notDone(m)
	case vapi.TypeFunctionCall:
		return vapi.FunctionReply(sayUnavailable)
	case vapi.TypeKnowledgeRequest:
		return documents{[]document{}}
	case vapi.TypeTransferRequest, vapi.TypeHandoffRequest:
		return vapi.ErrorReply(sayNoPerson)
	default:
		return vapi.Reply{}
	}
}

// notDone answers tool calls that nothing became of.
func notDone(m vapi.Message) any {
	calls := m.ToolCalls()
	results := make([]vapi.ToolResult, len(calls))
	for i, c := range calls {
		results[i] = vapi.NotDone(c.ID, sayUnavailable)
	}
	return vapi.ToolReply(results...)
}
