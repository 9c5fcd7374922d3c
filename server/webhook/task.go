package webhook

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent/audit"
	"github.com/voxanne/cascade/policy"
	"github.com/voxanne/cascade/server/directory"
	"github.com/voxanne/cascade/server/reception"
	"github.com/voxanne/cascade/server/webhook/vapi"
)

// task is the work on one message: for whom, and when.
type task struct {
	org         uuid.UUID // nil while nobody's address was found
	integration uuid.UUID
	subject     policy.Subject
	at          time.Time // of the decisions
	late        bool      // the sender has had an answer already
	received    time.Time // of the message
	origin      audit.Origin
}

// need is one question to the policy.
type need struct {
	action   policy.Action
	resource policy.Resource
}

const (
	ingest   = policy.Ingest
	inboxRow = policy.WebhookMessage
)

func needOf(a policy.Action, r policy.Resource) need { return need{a, r} }

// needsOf lists the row types that a message touches, and no more. Without must
// it cannot be applied, and without the first of them, the inbox, it is not
// taken; without one of may a part of it is answered as not permitted.
func needsOf(m vapi.Message, call *callFacts) (must, may []need) {
	needs := []need{{ingest, inboxRow}}
	switch m.Type {
	case vapi.TypeToolCalls, vapi.TypeFunctionCall:
		if m.CallID != "" {
			needs = append(needs, callNeeds...)
		}
		for _, n := range reception.Needs(m.ToolCalls()) {
			if n := needOf(n.Action, n.Resource); !slices.Contains(needs, n) {
				may = append(may, n)
			}
		}
		return needs, may
	case vapi.TypeCallDeleted, vapi.TypeCallDeleteFailed:
		return append(needs, need{ingest, policy.Call}), nil
	}
	if _, ok := heard(m); ok {
		return append(needs, need{policy.Read, policy.EscalationRule}), nil
	}
	if call == nil {
		return append(needs, answerNeeds[m.Type]...), nil
	}
	return append(needs, factNeeds(call)...), nil
}

// answerNeeds are what is read for the messages that want to know something.
var answerNeeds = map[string][]need{ //nolint:gochecknoglobals // immutable table
	vapi.TypeAssistantRequest: {
		{policy.Read, policy.InboundConfig},
		{policy.Read, policy.Agent},
		{policy.Read, policy.Organization},
		{policy.Read, policy.BookingRules},
		{policy.Read, policy.KnowledgeArticle},
		{policy.Read, policy.EscalationRule},
	},
	vapi.TypeKnowledgeRequest: {{policy.Read, policy.KnowledgeArticle}},
	vapi.TypeTransferRequest:  transferNeeds,
	vapi.TypeHandoffRequest:   transferNeeds,
}

var transferNeeds = []need{ //nolint:gochecknoglobals // immutable table
	{policy.Read, policy.Organization}, {policy.Read, policy.EscalationRule}, {policy.Read, policy.Escalation}, {policy.Read, policy.Call},
}

// callNeeds are what it takes to find or make the call that a message is about.
var callNeeds = []need{ //nolint:gochecknoglobals // immutable table
	{ingest, policy.Call}, {policy.Read, policy.Agent}, {policy.Read, policy.PhoneNumber}, {policy.Read, policy.Contact},
}

// factNeeds are what it takes to keep what a message says about its call.
func factNeeds(call *callFacts) []need {
	var needs []need
	needs = append(needs, need{ingest, policy.Call}, need{policy.Read, policy.Agent}, need{policy.Read, policy.PhoneNumber})
	if call.lead.known() {
		needs = append(needs, need{ingest, policy.Contact})
	} else {
		needs = append(needs, need{policy.Read, policy.Contact})
	}
	if len(call.recordings) > 0 {
		needs = append(needs, need{ingest, policy.RecordingQueue})
	}
	if call.escalation != nil {
		needs = append(needs, need{ingest, policy.Escalation})
	}
	return needs
}

// stranger is a sender who proved nothing; credential names the endpoint that
// the attempt was made at, where there is one.
func stranger(credential string) policy.Subject {
	return policy.Subject{Credential: policy.Credential{Type: policy.Webhook, ID: credential}}
}

// webhookSubject is the provider, proven, acting for the one clinic.
func webhookSubject(t directory.WebhookTarget) policy.Subject {
	return policy.Subject{
		ID: t.IntegrationID, Kind: policy.System, OrgID: t.OrgID, OrgSlug: t.Slug, OrgStatus: t.Status,
		Credential: policy.Credential{Type: policy.Webhook, ID: t.IntegrationID.String()},
	}
}

// request is the task's question about one need.
func (t task) request(n need, kind string) policy.Request {
	q := policy.Request{Subject: t.subject, Action: n.action, Resource: n.resource, Operation: "vapi", Now: t.at}
	if t.org != uuid.Nil {
		q.Orgs = []uuid.UUID{t.org}
	}
	if kind != "" {
		q.Operation += " " + kind
	}
	return q
}

// verdict is what the decisions for one message came to.
type verdict struct {
	decisions []policy.Decision
	records   []audit.Record
}

// scope is all that the work on the message can reach.
func (v verdict) scope(t task) policy.Scope { return policy.NewScope(t.subject, v.decisions...) }

// denied is the error of the first of the first n needs that was denied, or nil.
func (v verdict) denied(n int) error {
	for _, d := range v.decisions[:n] {
		if err := d.Err(); err != nil {
			return err
		}
	}
	return nil
}

// decide asks once for each need, under one policy revision. The credential's
// scopes name the needs, so that a decision for anything else is refused.
func (b *inbox) decide(ctx context.Context, t task, kind string, needs ...need) verdict {
	for _, n := range needs {
		t.subject.Credential.Scopes = append(t.subject.Credential.Scopes, string(n.resource)+":"+string(n.action))
	}
	decider := b.Policies.For([]uuid.UUID{t.org})
	var v verdict
	for _, n := range needs {
		d := decider.Decide(ctx, t.request(n, kind))
		v.decisions = append(v.decisions, d)
		v.records = append(v.records, audit.NewRecord(d, t.origin))
	}
	return v
}

// refuse records that a message was not taken, under a question that no policy
// was asked, and returns the refusal once the record is kept.
func (b *inbox) refuse(ctx context.Context, q policy.Request, status int, reason string) error {
	decision := policy.Deny(q, reason, policy.Evidence{ID: b.NewID()})
	if err := b.record(ctx, audit.NewRecord(decision, b.Origin(ctx))); err != nil {
		return err
	}
	return &refusal{status: status, reason: reason}
}

// record keeps records of what changed no row.
func (b *inbox) record(ctx context.Context, records ...audit.Record) error {
	if err := b.Records.Append(records...)(ctx); err != nil {
		return fmt.Errorf("recording decisions: %w", err)
	}
	return nil
}
