package demo

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent/audit"
	"github.com/voxanne/cascade/policy"
)

// seeded are the row types that the demo writes.
var seeded = []policy.Resource{
	policy.Agent, policy.PhoneNumber, policy.InboundConfig, policy.KnowledgeArticle, policy.Integration,
	policy.EscalationRule, policy.Contact, policy.Call, policy.Appointment, policy.Escalation, policy.Recording,
	policy.RecordingQueue,
}

// task is the work for one clinic: a system subject like any job's, the
// decisions it asks for, and their records.
type task struct {
	subject   policy.Subject
	decider   policy.Decider
	now       time.Time
	decisions []policy.Decision
	records   []audit.Record
}

// operation is the task's name in records.
const operation = "demo.seed"

func newTask(c clinic, decider policy.Decider, now time.Time) *task {
	subject := policy.Subject{
		ID: fixedID("job " + operation), Kind: policy.System, OrgID: c.id(), OrgSlug: c.slug, OrgStatus: policy.OrgActive,
		Credential: policy.Credential{Type: policy.Job, ID: operation},
	}
	for _, r := range seeded {
		for _, a := range []policy.Action{policy.Create, policy.Update} {
			subject.Credential.Scopes = append(subject.Credential.Scopes, string(r)+":"+string(a))
		}
	}
	return &task{subject: subject, decider: decider, now: now}
}

// scope asks for the action on each row type, keeps the records, and returns a
// context under which it may be done. One refusal is an error.
func (t *task) scope(ctx context.Context, action policy.Action, resources []policy.Resource) (context.Context, error) {
	var decisions []policy.Decision
	for _, r := range resources {
		d := t.decider.Decide(ctx, policy.Request{
			Subject: t.subject, Action: action, Resource: r, Orgs: []uuid.UUID{t.subject.OrgID}, Operation: operation, Now: t.now,
		})
		t.records = append(t.records, audit.NewRecord(d, audit.Origin{RequestID: operation}))
		if err := d.Err(); err != nil {
			return nil, err
		}
		decisions = append(decisions, d)
	}
	t.decisions = append(t.decisions, decisions...)
	return policy.WithScope(ctx, policy.NewScope(t.subject, decisions...)), nil
}

// decided is the id of the first decision about rows of r.
func (t *task) decided(r policy.Resource) uuid.UUID {
	for _, d := range t.decisions {
		if d.Request().Resource == r {
			return d.ID()
		}
	}
	return uuid.Nil
}
