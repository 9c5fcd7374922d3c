package graph

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	entsql "entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent"
	"github.com/voxanne/cascade/ent/audit"
	"github.com/voxanne/cascade/ent/nodeid"
	"github.com/voxanne/cascade/graph/fault"
	"github.com/voxanne/cascade/graph/model"
	"github.com/voxanne/cascade/policy"
)

// approvable is how long a request for a session waits for its approval, as the
// database has it (app.break_glass_approve).
const approvable = time.Hour

// breakGlassRefusals are what people hear when a step of a session is refused, by
// its code, which is extensions.reason.
var breakGlassRefusals = map[string]string{ //nolint:gochecknoglobals // immutable table
	"own_request":     "Whoever asks for a session does not approve it: ask a second person.",
	"not_security":    "Security staff approve sessions, and nobody else.",
	"ended":           "This session has ended: ask for a new one.",
	"approved_before": "This session was approved before.",
	"too_late":        "This session was asked for more than an hour ago: ask for a new one.",
}

// checkBreakGlass refuses a request that says too little, or asks for too much.
func checkBreakGlass(in model.RequestBreakGlassInput) error {
	if n := utf8.RuneCountInString(in.Reason); n < 10 {
		return fault.New(fault.BadUserInput, "reason must have at least 10 characters: the clinic reads it.").With("field", "reason")
	}
	err := checkNamed(text{"clinic", &in.Clinic, 100}, text{"reason", &in.Reason, 1000}, text{"ticket", &in.Ticket, 100})
	if err != nil {
		return err
	}
	return checkRange("minutes", &in.Minutes, 1, 60)
}

// requestBreakGlass keeps a request for a session in a clinic, and returns its id.
func (r *Resolver) requestBreakGlass(ctx context.Context, in model.RequestBreakGlassInput) (uuid.UUID, error) {
	clinic := in.Clinic
	if prefix, id, err := nodeid.Decode(clinic); err == nil && prefix == "organization" {
		clinic = id.String()
	}
	out, id := decidedFrom(ctx), r.NewID()
	var org *uuid.UUID
	err := askOne(ctx, `select app.break_glass_request($1, $2, $3, $4, $5, $6, $7, $8)`, []any{
		id, clinic, out.request.Subject.ID, in.Reason, in.Ticket, in.Minutes, out.now,
		txFrom(ctx).Prove(fmt.Sprintf("break_glass.request %s %s %s %d", id, clinic, out.request.Subject.ID, in.Minutes)),
	}, &org)
	if err != nil {
		return uuid.Nil, err
	}
	if org == nil {
		return uuid.Nil, fault.New(fault.NotFound, "No clinic that is served has this slug or id.").With("field", "clinic")
	}
	return id, aboutOneClinic(ctx, *org)
}

// approveBreakGlass opens a session that somebody else asked for. Policies give
// support staff the same action, to end their own, so who may approve is said here.
func (r *Resolver) approveBreakGlass(ctx context.Context, id uuid.UUID) error {
	out := decidedFrom(ctx)
	if out.request.Subject.Kind != policy.Security {
		return r.refusedBreakGlass(ctx, "not_security", id)
	}
	var org *uuid.UUID
	var refused string
	err := askOne(ctx, `select clinic, refused from app.break_glass_approve($1, $2, $3, $4)`, []any{
		id, out.request.Subject.ID, out.now, txFrom(ctx).Prove(fmt.Sprintf("break_glass.approve %s %s", id, out.request.Subject.ID)),
	}, &org, &refused)
	switch {
	case err != nil:
		return err
	case refused == "not_found" || org == nil:
		return notFound()
	case refused != "":
		return r.refusedBreakGlass(ctx, refused, id)
	}
	return aboutOneClinic(ctx, *org)
}

// endBreakGlass ends a session as one of the platform's people: support staff
// their own, security staff any.
func (r *Resolver) endBreakGlass(ctx context.Context, id uuid.UUID) error {
	out := decidedFrom(ctx)
	var user *uuid.UUID
	name := "-"
	if s := out.request.Subject; s.Kind != policy.Security {
		user, name = &s.ID, s.ID.String()
	}
	var org *uuid.UUID
	err := askOne(ctx, `select app.break_glass_end($1, $2, $3, $4)`,
		[]any{id, user, out.now, txFrom(ctx).Prove(fmt.Sprintf("break_glass.end %s %s", id, name))}, &org)
	if err != nil {
		return err
	}
	if org == nil {
		return r.refusedBreakGlass(ctx, "", id)
	}
	return aboutOneClinic(ctx, *org)
}

// endAsPlatform ends a session and tells of it what its asker may read.
func (r *Resolver) endAsPlatform(ctx context.Context, id uuid.UUID) (*model.EndBreakGlassSessionPayload, error) {
	if err := r.endBreakGlass(ctx, id); err != nil {
		return nil, err
	}
	told, err := tellBreakGlass(ctx, id)
	if err != nil {
		return nil, err
	}
	out := &model.EndBreakGlassSessionPayload{SessionID: nodeid.Encode("break_glass_session", id), EndedAt: told.EndedAt}
	if scope, err := policy.ScopeFrom(ctx); err == nil && scope.Wide(policy.BreakGlassSession) {
		out.BreakGlassSession, err = ent.FromContext(ctx).BreakGlassSession.Get(ctx, id)
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// breakGlassTimes are what whoever did something with a session is told of it.
type breakGlassTimes struct {
	StartsAt  *time.Time `json:"starts_at"`
	ExpiresAt *time.Time `json:"expires_at"`
	EndedAt   *time.Time `json:"ended_at"`
}

func tellBreakGlass(ctx context.Context, id uuid.UUID) (breakGlassTimes, error) {
	var document []byte
	var told breakGlassTimes
	err := askOne(ctx, `select app.break_glass_session($1, $2)`, []any{id, txFrom(ctx).Prove("break_glass.session " + id.String())}, &document)
	if err == nil {
		err = json.Unmarshal(document, &told)
	}
	return told, err
}

// refusedBreakGlass records that a step was refused, for the clinic and for
// security, and returns the refusal. Without a code it is like an absent row.
func (r *Resolver) refusedBreakGlass(ctx context.Context, code string, id uuid.UUID) error {
	out := decidedFrom(ctx)
	record := audit.NewRecord(out.decisions[need{policy.Update, policy.BreakGlassSession}], out.request.Origin)
	record.Allow, record.Wide, record.Reason, record.Input = false, false, "break_glass_"+code, nil
	if code == "" {
		record.Reason = policy.ReasonForeignRow
	}
	record.AskedOrgIDs, record.OrgIDs = []uuid.UUID{}, []uuid.UUID{}
	r.Watch.Report(record, id)
	if code == "" {
		return notFound()
	}
	kind := fault.Conflict
	if code == "own_request" || code == "not_security" {
		kind = fault.Forbidden
	}
	return fault.New(kind, "%s", breakGlassRefusals[code]).With("reason", code)
}

// aboutOneClinic makes the record of a step the clinic's. It has one place, so
// that an operation about two clinics, or about something else of the platform's
// too, is refused whole.
func aboutOneClinic(ctx context.Context, org uuid.UUID) error {
	out := decidedFrom(ctx)
	alone := *out.concerned == uuid.Nil || *out.concerned == org
	for n := range out.decisions {
		alone = alone && (n.action == policy.Read || n.resource == policy.BreakGlassSession)
	}
	if !alone {
		return fault.New(fault.BadUserInput, "Steps of sessions are taken in one clinic at a time, and with nothing else in the request.")
	}
	concerns(ctx, org)
	return nil
}

// breakGlassState is how far a session is at a moment.
func breakGlassState(b *ent.BreakGlassSession, now time.Time) model.BreakGlassState {
	switch {
	case b.EndedAt != nil:
		return model.BreakGlassStateEnded
	case b.ExpiresAt == nil && now.Sub(b.CreatedAt) > approvable:
		return model.BreakGlassStateLapsed
	case b.ExpiresAt == nil:
		return model.BreakGlassStateRequested
	case now.Before(*b.ExpiresAt):
		return model.BreakGlassStateOpen
	default:
		return model.BreakGlassStateExpired
	}
}

// askOne asks the database for one row in the mutation's transaction.
func askOne(ctx context.Context, query string, args []any, into ...any) error {
	rows := &entsql.Rows{}
	if err := txFrom(ctx).Query(ctx, query, args, rows); err != nil {
		return fmt.Errorf("asking for a step of a session: %w", err)
	}
	defer func() { _ = rows.Close() }()
	if !rows.Next() {
		return fmt.Errorf("asking for a step of a session: no answer: %w", rows.Err())
	}
	return rows.Scan(into...)
}

// trimmed is in without the space around its texts.
func trimmed(in model.RequestBreakGlassInput) model.RequestBreakGlassInput {
	in.Clinic, in.Reason, in.Ticket = strings.TrimSpace(in.Clinic), strings.TrimSpace(in.Reason), strings.TrimSpace(in.Ticket)
	return in
}
