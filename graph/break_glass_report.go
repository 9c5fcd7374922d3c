package graph

import (
	"context"
	"slices"
	"time"

	entsql "entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent"
	"github.com/voxanne/cascade/ent/auditdecision"
	"github.com/voxanne/cascade/ent/breakglasssession"
	"github.com/voxanne/cascade/ent/nodeid"
	"github.com/voxanne/cascade/ent/predicate"
	"github.com/voxanne/cascade/graph/model"
	"github.com/voxanne/cascade/policy"
)

// A report reads at most maxReported decisions, reportPage at a time: what is kept
// of a page are counts.
const (
	maxReported = 10_000
	reportPage  = 500
)

// rounding is how far apart the database may keep one moment: what comes as a time
// is cut to the microsecond, and what comes as a record's text is rounded. The step
// that ends a session belongs to it.
const rounding = time.Microsecond

// breakGlassReport tells what was done in a session; nil when there is none that
// the asker may see, and empty before a session is open.
func (r *Resolver) breakGlassReport(ctx context.Context, id uuid.UUID) (*model.BreakGlassReport, error) {
	hindsight, err := r.hindsight()
	if err != nil {
		return nil, err
	}
	session, err := ent.FromContext(ctx).BreakGlassSession.Query().Where(breakglasssession.ID(id)).Only(ctx)
	if ent.IsNotFound(err) {
		r.missed(ctx, policy.Read, policy.BreakGlassSession, id)
		return nil, nil //nolint:nilnil // foreign and absent are the same null
	}
	if err != nil {
		return nil, err
	}
	report := sessionReport{
		out: &model.BreakGlassReport{SessionID: nodeid.Encode("break_glass_session", id), Resources: []*model.BreakGlassResource{}},
	}
	if session.StartsAt == nil {
		return report.out, nil
	}
	until := earliest(decidedFrom(ctx).now, session.ExpiresAt, session.EndedAt)
	report.out.From, report.out.Until = session.StartsAt, &until
	for offset := 0; ; offset += reportPage {
		rows, err := ent.FromContext(ctx).AuditDecision.Query().Where(
			auditdecision.SubjectID(session.UserID), auditdecision.AtGTE(*session.StartsAt), auditdecision.AtLTE(until.Add(rounding)), aboutOrg(session.OrgID),
		).Order(auditdecision.ByAt(), auditdecision.ByID()).Offset(offset).Limit(reportPage).All(ctx)
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			if report.out.Decisions == maxReported {
				report.out.Cut = true
				return report.out, nil
			}
			if err := report.add(ctx, hindsight, row); err != nil {
				return nil, err
			}
		}
		if len(rows) < reportPage {
			return report.out, nil
		}
	}
}

// aboutOrg are decisions about an org, alone or among others. Whoever reads every
// record would else be told of other clinics'. A record that is one org's is that
// one's, whatever else was asked.
func aboutOrg(org uuid.UUID) predicate.AuditDecision {
	return func(s *entsql.Selector) {
		s.Where(entsql.P(func(b *entsql.Builder) {
			b.WriteString("(").Ident(s.C(auditdecision.FieldOrgID)).WriteString(" = ").Arg(org).
				WriteString(" or ").Ident(s.C(auditdecision.FieldOrgID)).WriteString(" is null and ").Arg(org).WriteString(" = any (").Ident(s.C(auditdecision.FieldAskedOrgIds)).WriteString("))")
		}))
	}
}

// sessionReport is a report that grows.
type sessionReport struct{ out *model.BreakGlassReport }

func (s sessionReport) add(ctx context.Context, hindsight Hindsight, row *ent.AuditDecision) error {
	of := s.of(row.Resource)
	if of.Decisions == 0 {
		of.FirstAt = row.At
	}
	s.out.Decisions++
	of.Decisions++
	of.LastAt = row.At
	if !row.Allow {
		s.out.Denied++
		of.Denied++
		return nil
	}
	s.out.Allowed++
	of.Allowed++
	for _, field := range row.Masks[policy.Resource(row.Resource)] {
		if !slices.Contains(of.MaskedFields, field) {
			of.MaskedFields = append(of.MaskedFields, field)
		}
	}
	input, err := inputOf(row.Body)
	allowed := false
	if err == nil {
		allowed, err = hindsight.WithoutSession(ctx, input)
	}
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		s.out.Undecided++
	case allowed:
		s.out.AllowedWithout++
		of.AllowedWithout++
	}
	return nil
}

// of is the part of the report about a row type.
func (s sessionReport) of(resource string) *model.BreakGlassResource {
	for _, r := range s.out.Resources {
		if r.Resource == resource {
			return r
		}
	}
	r := &model.BreakGlassResource{Resource: resource, MaskedFields: []string{}}
	s.out.Resources = append(s.out.Resources, r)
	return r
}

// earliest is the first of times that are known.
func earliest(at time.Time, others ...*time.Time) time.Time {
	for _, other := range others {
		if other != nil && other.Before(at) {
			at = *other
		}
	}
	return at
}
