package graph

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent"
	"github.com/voxanne/cascade/ent/auditdecision"
	"github.com/voxanne/cascade/ent/nodeid"
	"github.com/voxanne/cascade/graph/model"
	"github.com/voxanne/cascade/graph/page"
	"github.com/voxanne/cascade/policy"
)

func auditDecisionOrder() page.Order[ent.AuditDecision] {
	return latestFirst(auditdecision.FieldAt,
		func(d *ent.AuditDecision) time.Time { return d.At }, func(d *ent.AuditDecision) uuid.UUID { return d.ID })
}

// crossClinic are the reasons of decisions that reached for a clinic that was
// not the asker's.
var crossClinic = []string{ //nolint:gochecknoglobals // immutable table
	policy.ReasonForeignRow, policy.ReasonOrgNotProven, policy.ReasonEnvelope,
}

// filterDecisions narrows q.
func filterDecisions(q *ent.AuditDecisionQuery, w *model.AuditDecisionWhere) *ent.AuditDecisionQuery {
	if w == nil {
		return q
	}
	if w.Allow != nil {
		q = q.Where(auditdecision.Allow(*w.Allow))
	}
	if w.Action != nil {
		q = q.Where(auditdecision.Action(strings.ToLower(string(*w.Action))))
	}
	if w.Resource != nil {
		q = q.Where(auditdecision.Resource(*w.Resource))
	}
	if w.Reason != nil {
		q = q.Where(auditdecision.Reason(*w.Reason))
	}
	if w.SubjectID != nil {
		// Whatever its kind: a malformed id is nobody's.
		_, subject, err := nodeid.Decode(*w.SubjectID)
		if err != nil {
			subject = uuid.Nil
		}
		q = q.Where(auditdecision.SubjectID(subject))
	}
	if w.RequestID != nil {
		q = q.Where(auditdecision.RequestID(*w.RequestID))
	}
	if w.After != nil {
		q = q.Where(auditdecision.AtGT(*w.After))
	}
	if w.Before != nil {
		q = q.Where(auditdecision.AtLT(*w.Before))
	}
	if w.CrossClinic != nil && *w.CrossClinic {
		q = q.Where(auditdecision.ReasonIn(crossClinic...))
	}
	return q
}

// decisionColumns leaves the record's own text unread: it is long, holds the
// policy's input, and nothing of it is shown that has no column.
func decisionColumns(q *ent.AuditDecisionQuery) {
	q.Select(slices.DeleteFunc(slices.Clone(auditdecision.Columns), func(c string) bool { return c == auditdecision.FieldBody })...)
}

// subjectPrefixes are the types of the ids that subjects have, by their kind. A
// partner is its key, a webhook its integration; everybody else is a user.
var subjectPrefixes = map[string]string{ //nolint:gochecknoglobals // immutable table
	string(policy.Partner): "api_key", string(policy.System): "integration",
}

// subjectID is the id of a record's subject, for the outside.
func subjectID(d *ent.AuditDecision) *string {
	if d.SubjectID == nil {
		return nil
	}
	prefix, ok := subjectPrefixes[d.SubjectKind]
	if !ok {
		prefix = "user"
	}
	id := nodeid.Encode(prefix, *d.SubjectID)
	return &id
}

// knownOrgs are those of orgs that are the reader's to know. A record may name
// several: the clinics of a partner, or the clinic that an attempt came from.
// To one of them the others would tell who else is a customer; only those who
// read every record see them all.
func knownOrgs(ctx context.Context, orgs []uuid.UUID) ([]string, error) {
	scope, err := policy.ScopeFrom(ctx)
	if err != nil {
		return nil, err
	}
	known := []string{}
	for _, org := range orgs {
		if scope.Wide(policy.AuditDecision) || slices.Contains(scope.Orgs(policy.Read, policy.AuditDecision), org) {
			known = append(known, nodeid.Encode("organization", org))
		}
	}
	return known, nil
}
