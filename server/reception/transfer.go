package reception

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent/rls"
)

// Destination says where a call goes to a person now, in E.164: by the rule of
// its latest open escalation while somebody answers there, else by the first of
// the clinic's rules whose number is answered; empty when none is.
func (d *Desk) Destination(ctx context.Context, tx *rls.Tx, c Call) (number string, err error) {
	list, err := rulesOf(ctx, tx, c.Org)
	if err != nil {
		return "", err
	}
	now, err := d.clinicTime(ctx, tx, c.Org, c.Now)
	if err != nil {
		return "", err
	}
	var raisedBy uuid.UUID
	found, err := one(ctx, tx, `select e.rule_id from escalations e join call_logs l on l.org_id = e.org_id and l.id = e.call_id
		where e.org_id = $1 and l.provider_call_id = $2 and e.status = 'open' and e.rule_id is not null
		order by e.raised_at desc, e.id desc limit 1`, []any{c.Org, c.ProviderID}, &raisedBy)
	if err != nil {
		return "", fmt.Errorf("reading a call's escalations: %w", err)
	}
	for _, r := range list {
		if found && r.id == raisedBy && r.open(now) {
			return r.number, nil
		}
	}
	if r := onCall(list, wordsOf(""), now); r != nil {
		return r.number, nil
	}
	return "", nil
}
