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

// CreateAppointment is the resolver for the createAppointment field.
func (r *mutationResolver) CreateAppointment(ctx context.Context, input model.CreateAppointmentInput) (*model.CreateAppointmentPayload, error) {
	org, err := theOrg(ctx, policy.Create, policy.Appointment)
	if err != nil {
		return nil, err
	}
	if err := checkAppointment(model.UpdateAppointmentInput{
		Service: input.Service, StartsAt: &input.StartsAt, DurationMinutes: input.DurationMinutes, Notes: input.Notes,
		Calendar: input.Calendar,
	}); err != nil {
		return nil, err
	}
	contact, err := optionalID("contact", input.ContactID)
	if err != nil {
		return nil, err
	}
	call, err := optionalID("call", input.CallID)
	if err != nil {
		return nil, err
	}
	row, err := ent.FromContext(ctx).Appointment.Create().SetID(r.NewID()).SetOrgID(org).
		SetNillableContactID(contact).SetNillableCallID(call).SetStartsAt(input.StartsAt).
		SetNillableDurationMinutes(input.DurationMinutes).SetNillableService(given(input.Service)).
		SetNillableNotes(given(input.Notes)).SetNillableCalendar(given(input.Calendar)).Save(ctx)
	if err != nil {
		return nil, r.dangling(ctx, err, need{policy.Create, policy.Appointment},
			reference{policy.Contact, contact}, reference{policy.Call, call})
	}
	return &model.CreateAppointmentPayload{Appointment: shown(ctx, policy.Appointment, row)}, nil
}

// UpdateAppointment is the resolver for the updateAppointment field.
func (r *mutationResolver) UpdateAppointment(ctx context.Context, id string, input model.UpdateAppointmentInput) (*model.UpdateAppointmentPayload, error) {
	row, err := idOf("appointment", id)
	if err != nil {
		return nil, err
	}
	if err := checkAppointment(input); err != nil {
		return nil, err
	}
	u := ent.FromContext(ctx).Appointment.UpdateOneID(row).SetNillableDurationMinutes(input.DurationMinutes)
	if input.StartsAt != nil {
		u.SetStartsAt(*input.StartsAt)
	}
	put(input.Service, u.SetService, u.ClearService)
	put(input.Notes, u.SetNotes, u.ClearNotes)
	put(input.Calendar, u.SetCalendar, u.ClearCalendar)
	r.setAppointmentStatus(u, input.Status)
	changed, err := u.Save(ctx)
	if err != nil {
		return nil, r.absent(ctx, err, policy.Update, policy.Appointment, row)
	}
	return &model.UpdateAppointmentPayload{Appointment: shown(ctx, policy.Appointment, changed)}, nil
}

// CancelAppointment is the resolver for the cancelAppointment field.
func (r *mutationResolver) CancelAppointment(ctx context.Context, id string) (*model.CancelAppointmentPayload, error) {
	row, err := idOf("appointment", id)
	if err != nil {
		return nil, err
	}
	client := ent.FromContext(ctx).Appointment
	if err := client.Update().
		Where(appointment.ID(row), appointment.StatusNotIn(appointment.StatusCancelled, appointment.StatusCompleted)).
		SetStatus(appointment.StatusCancelled).SetCancelledAt(r.Now()).Exec(ctx); err != nil {
		return nil, err
	}
	now, err := current(ctx, r.Resolver, policy.Update, policy.Appointment, row, client.Get)
	if err != nil {
		return nil, err
	}
	if now.Status == appointment.StatusCompleted {
		return nil, fault.New(fault.Conflict, "This appointment took place already.")
	}
	return &model.CancelAppointmentPayload{Appointment: now}, nil
}

// Appointments is the resolver for the appointments field.
func (r *queryResolver) Appointments(ctx context.Context, first *int, after *string, last *int, before *string, where *model.AppointmentWhere, orderBy *model.AppointmentOrder) (*page.Connection[ent.Appointment], error) {
	q, err := filterAppointments(ctx, ent.FromContext(ctx).Appointment.Query(), where)
	if err != nil {
		return nil, err
	}
	args := page.Args{First: first, After: after, Last: last, Before: before}
	return page.List(ctx, q, args, appointmentOrder(orderBy), appointmentRows(ctx, inList...))
}

// Appointment is the resolver for the appointment field.
func (r *queryResolver) Appointment(ctx context.Context, id string) (*ent.Appointment, error) {
	return find(ctx, r.Resolver, "appointment", policy.Appointment, id, func(ctx context.Context, id uuid.UUID) (*ent.Appointment, error) {
		q := ent.FromContext(ctx).Appointment.Query().Where(appointment.ID(id))
		appointmentRows(ctx)(q)
		return q.Only(ctx)
	})
}
