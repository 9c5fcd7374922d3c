package graph

import (
	"context"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent"
	"github.com/voxanne/cascade/ent/appointment"
	"github.com/voxanne/cascade/graph/fault"
	"github.com/voxanne/cascade/graph/model"
	"github.com/voxanne/cascade/graph/page"
	"github.com/voxanne/cascade/policy"
)

// appointmentOrder is the order of a list of appointments: by their time, the
// latest first unless asked otherwise.
func appointmentOrder(by *model.AppointmentOrder) page.Order[ent.Appointment] {
	return page.Order[ent.Appointment]{
		Name: "starts_at", Desc: by == nil || by.Direction == model.OrderDirectionDesc,
		Expr: page.Column(appointment.FieldStartsAt),
		Key:  func(a *ent.Appointment) any { return a.StartsAt }, ID: func(a *ent.Appointment) uuid.UUID { return a.ID },
	}
}

// filterAppointments narrows q.
func filterAppointments(ctx context.Context, q *ent.AppointmentQuery, w *model.AppointmentWhere) (*ent.AppointmentQuery, error) {
	if w == nil {
		return q, nil
	}
	if len(w.Status) > 0 {
		q = q.Where(appointment.StatusIn(w.Status...))
	}
	if w.ContactID != nil {
		q = q.Where(appointment.ContactID(idOrNone("contact", *w.ContactID)))
	}
	if w.From == nil && w.To == nil {
		return q, nil
	}
	zone, err := clinicZone(ctx, policy.Appointment)
	if err != nil {
		return nil, err
	}
	if w.From != nil {
		q = q.Where(appointment.StartsAtGTE(w.From.In(zone)))
	}
	if w.To != nil {
		q = q.Where(appointment.StartsAtLT(w.To.Next().In(zone)))
	}
	return q, nil
}

// appointmentRows prepares a query of appointments for the rows at paths.
func appointmentRows(ctx context.Context, paths ...[]string) func(*ent.AppointmentQuery) {
	asked := askedFields(ctx, paths...)
	return func(q *ent.AppointmentQuery) {
		if asked["contact"] && maySee(ctx, policy.Contact) {
			q.WithContact()
		}
		if asked["call"] && maySee(ctx, policy.Call) {
			q.WithCall(callRows(ctx, through("call", paths...)...))
		}
	}
}

// checkAppointment refuses what could not be meant. Making and changing an
// appointment take the same texts.
func checkAppointment(in model.UpdateAppointmentInput) error {
	if err := checkTexts(text{"service", in.Service, 200}, text{"notes", in.Notes, 10_000}, text{"calendar", in.Calendar, 100}); err != nil {
		return err
	}
	if in.StartsAt != nil && (in.StartsAt.Year() < 2000 || in.StartsAt.Year() > 2199) {
		return fault.New(fault.BadUserInput, "startsAt must be a moment of this century or the next.").With("field", "startsAt")
	}
	return checkRange("durationMinutes", in.DurationMinutes, 5, 480)
}

// setAppointmentStatus keeps the time of a cancellation with the status.
func (r *Resolver) setAppointmentStatus(u *ent.AppointmentUpdateOne, status *appointment.Status) {
	switch {
	case status == nil:
	case *status == appointment.StatusCancelled:
		u.SetStatus(*status).SetCancelledAt(r.Now())
	default:
		u.SetStatus(*status).ClearCancelledAt()
	}
}
