package reception

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent/rls"
)

// rule is a clinic's rule for calling in a person, as far as calls need it.
type rule struct {
	id              uuid.UUID
	trigger, number string
	keywords        []string
	hours           week
	always          bool // has no hours of its own
}

// open reports whether somebody answers the rule's number at t.
func (r rule) open(t time.Time) bool { return r.always || r.hours.at(t) }

// rulesOf reads a clinic's enabled rules in their order. Of a rule's value two
// things count here: "keywords", a list of words, and "hours", like business
// hours, when somebody answers its number; without hours it is always.
func rulesOf(ctx context.Context, tx *rls.Tx, org uuid.UUID) ([]rule, error) {
	var list []rule
	var r rule
	var value []byte
	err := each(ctx, tx, `select id, trigger, transfer_number, trigger_value from escalation_rules
		where org_id = $1 and enabled order by priority, id`, []any{org},
		[]any{&r.id, &r.trigger, &r.number, &value}, func() error {
			r.keywords, r.hours, r.always = nil, week{}, true
			var settings map[string]any
			if json.Unmarshal(value, &settings) == nil {
				words, _ := settings["keywords"].([]any)
				for _, w := range words {
					if phrase, ok := w.(string); ok {
						r.keywords = append(r.keywords, phrase)
					}
				}
				spans, _ := settings["hours"].(map[string]any)
				if hours, ok := readWeek(spans); ok {
					r.hours, r.always = hours, false
				}
			}
			list = append(list, r)
			return nil
		})
	if err != nil {
		return nil, fmt.Errorf("reading escalation rules: %w", err)
	}
	return list, nil
}

// triggers are the kinds of rules in the order in which they say where a call
// goes that a person is needed for.
var triggers = []string{"ai_request", "manual", "sentiment", "wait_time", "keyword"}

// onCall is the rule by which a call goes to a person now: the first whose words
// were said, or else the first of the kinds of triggers; nil when nobody answers.
func onCall(list []rule, said words, now time.Time) *rule {
	for i, r := range list {
		if r.trigger == "keyword" && r.open(now) && said.anyOf(r.keywords) {
			return &list[i]
		}
	}
	for _, kind := range triggers {
		for i, r := range list {
			if r.trigger == kind && r.open(now) {
				return &list[i]
			}
		}
	}
	return nil
}
