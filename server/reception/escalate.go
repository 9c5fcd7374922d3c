package reception

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent/rls"
)

// reasons are why an assistant can call in a person.
var reasons = []string{"emergency", "asked_for_person", "complaint", "clinical_question", "other"}

// usual is how urgent a reason is when the assistant does not say.
var usual = map[string]string{
	"emergency": "critical", "asked_for_person": "medium", "complaint": "medium", "clinical_question": "medium", "other": "low",
}

// escalateCall calls in a person, and says where the call goes.
func escalateCall(ctx context.Context, j *job) (string, error) {
	reason, urgency, summary := j.args.text("reason"), j.args.text("urgency"), j.args.text("summary")
	if urgency == "" {
		urgency = usual[reason]
	}
	said := wordsOf(summary)
	if a, ok := alarmOf(said); ok && (a == danger || urgency == "low" || urgency == "medium") {
		urgency = a.urgency // what is told counts for more than how it was judged
	}
	list, err := rulesOf(ctx, j.tx, j.call.Org)
	if err != nil {
		return "", err
	}
	now, err := j.clinicTime(ctx, j.tx, j.call.Org, j.call.Now)
	if err != nil {
		return "", err
	}
	to := onCall(list, said, now)
	if _, err := j.raise(ctx, j.tx, *j.call, escalation{key: j.id, reason: reason, summary: summary, urgency: urgency, rule: to}); err != nil {
		return "", err
	}
	switch {
	case to != nil:
		return "A person was told. Transfer the call now, with the transferCall tool, to " + to.number + ".", nil
	case urgency == "critical":
		return "A person was told, but nobody answers the telephone now. Tell the caller to call the emergency number at once.", nil
	default:
		return "A person was told and will call back. Nobody answers the telephone now.", nil
	}
}

// escalation is a moment of a call that a person must look at. Its summary is the
// assistant's own sentence, and nobody's transcript.
type escalation struct {
	key, reason, summary, urgency string
	rule                          *rule
}

// raise keeps an escalation, once for its key; isNew is false when it was there.
func (d *Desk) raise(ctx context.Context, tx *rls.Tx, c Call, e escalation) (isNew bool, err error) {
	var ruleID, call *uuid.UUID
	if e.rule != nil {
		ruleID = &e.rule.id
	}
	if c.ID != uuid.Nil {
		call = &c.ID
	}
	id := d.NewID()
	isNew, err = one(ctx, tx, `
		insert into escalations (org_id, id, call_id, rule_id, tool_call_id, reason, summary, urgency, raised_at, created_at, updated_at)
		values ($1, $2, $3, $4, $5, $6, nullif($7, ''), $8, $9, $9, $9)
		on conflict (org_id, tool_call_id) where tool_call_id is not null do nothing returning id`,
		[]any{c.Org, id, call, ruleID, e.key, e.reason, e.summary, e.urgency, c.Now}, &id)
	if err != nil {
		return false, fmt.Errorf("raising an escalation: %w", err)
	}
	return isNew, nil
}

// Alarm is why a caller's words ask for a person. The words themselves are not
// part of it.
type Alarm struct {
	alarm
	said  words // to choose a rule by
	rules []rule
}

// Listen tells whether a caller's words ask for a person, by the clinic's own
// keywords or by the built-in ones; nil when they do not.
func (*Desk) Listen(ctx context.Context, tx *rls.Tx, org uuid.UUID, text string) (*Alarm, error) {
	said := wordsOf(text)
	list, err := rulesOf(ctx, tx, org)
	if err != nil {
		return nil, err
	}
	a, ok := alarmOf(said)
	if !ok {
		for _, r := range list {
			if r.trigger == "keyword" && said.anyOf(r.keywords) {
				a, ok = alarm{"keyword", "high"}, true
			}
		}
	}
	if !ok {
		return nil, nil //nolint:nilnil // no alarm is no error
	}
	return &Alarm{a, said, list}, nil
}

// Raise keeps an alarm as an escalation of the call, once for a reason; raised is
// false when there is one already.
func (d *Desk) Raise(ctx context.Context, tx *rls.Tx, c Call, a Alarm) (raised bool, err error) {
	now, err := d.clinicTime(ctx, tx, c.Org, c.Now)
	if err != nil {
		return false, err
	}
	return d.raise(ctx, tx, c, escalation{
		key: "words:" + c.ProviderID + ":" + a.code, reason: a.code, urgency: a.urgency, rule: onCall(a.rules, a.said, now),
	})
}

// clinicTime is now by the clinic's own clock.
func (d *Desk) clinicTime(ctx context.Context, tx *rls.Tx, org uuid.UUID, now time.Time) (time.Time, error) {
	var name string
	if _, err := one(ctx, tx, `select timezone from organizations where id = $1`, []any{org}, &name); err != nil {
		return time.Time{}, fmt.Errorf("reading the clinic's time zone: %w", err)
	}
	zone, err := d.zones.find(name)
	if err != nil {
		return time.Time{}, fmt.Errorf("reading the clinic's time zone: %w", err)
	}
	return now.In(zone), nil
}
