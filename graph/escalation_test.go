package graph_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/voxanne/cascade/ent/nodeid"
)

const (
	acknowledge = `mutation($id: ID!) { acknowledgeEscalation(id: $id) { escalation { id status acknowledgedAt } } }`
	resolve     = `mutation($id: ID!) { resolveEscalation(id: $id) { escalation { id status acknowledgedAt resolvedAt } } }`
)

// An escalation is seen, then done; saying so again changes nothing.
func TestAnEscalationsLife(t *testing.T) {
	t.Parallel()
	c := newClinicPair(t)
	call := c.calls(t, c.own, 1)[0]
	id := c.row(t, "escalation", "escalations", c.own, map[string]any{"call_id": call, "reason": "pain", "urgency": "critical", "raised_at": time.Now()})
	c.row(t, "escalation", "escalations", c.own, map[string]any{"urgency": "low", "raised_at": time.Now()})
	foreign := c.row(t, "escalation", "escalations", c.other, map[string]any{"urgency": "critical", "raised_at": time.Now()})

	var list struct {
		Escalations struct {
			TotalCount int
			Nodes      []struct {
				ID   string
				Call struct{ ID string }
			}
		}
	}
	c.ask(t, c.viewer, `{ escalations(where: {urgency: [HIGH, CRITICAL], status: [OPEN]}) { totalCount nodes { id call { id } rule { name } } } }`, nil).decode(t, &list)
	if list.Escalations.TotalCount != 1 || list.Escalations.Nodes[0].ID != id || list.Escalations.Nodes[0].Call.ID != nodeid.Encode("call", call) {
		t.Errorf("the list: %+v", list)
	}

	type row struct{ ID, Status, AcknowledgedAt, ResolvedAt string }
	var seen, again struct{ AcknowledgeEscalation struct{ Escalation row } }
	c.ask(t, c.staff, acknowledge, map[string]any{"id": id}).decode(t, &seen)
	c.ask(t, c.admin, acknowledge, map[string]any{"id": id}).decode(t, &again)
	if seen.AcknowledgeEscalation.Escalation.Status != "ACKNOWLEDGED" || cmp.Diff(seen, again) != "" {
		t.Errorf("%+v, then %+v", seen, again)
	}
	if n := c.count(t, `select count(*) from escalations where acknowledged_by = $1`, c.staff.ID); n != 1 {
		t.Error("who saw it first is not kept")
	}
	var done struct{ ResolveEscalation struct{ Escalation row } }
	c.ask(t, c.staff, resolve, map[string]any{"id": id}).decode(t, &done)
	if done.ResolveEscalation.Escalation.Status != "RESOLVED" || done.ResolveEscalation.Escalation.ResolvedAt == "" {
		t.Errorf("%+v", done)
	}
	c.ask(t, c.staff, acknowledge, map[string]any{"id": id}).decode(t, &again)
	if again.AcknowledgeEscalation.Escalation.Status != "RESOLVED" {
		t.Errorf("acknowledging opened it again: %+v", again)
	}
	c.refuses(t, c.staff, acknowledge, nil, foreign)
	c.refuses(t, c.staff, resolve, nil, foreign)
	if n := c.count(t, `select count(*) from escalations where org_id = $1 and status = 'open'`, c.other); n != 1 {
		t.Error("the neighbour's escalation was touched")
	}
	if got := c.ask(t, c.staff, `query($id: ID!) { escalation(id: $id) { id } }`, map[string]any{"id": foreign}); string(got.Data) != `{"escalation":null}` {
		t.Errorf("%s", got.Body)
	}
}
