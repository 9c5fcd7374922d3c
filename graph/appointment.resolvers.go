package graph

import (
	"context"
	"fmt"

	"github.com/voxanne/cascade/ent"
	"github.com/voxanne/cascade/graph/model"
	"github.com/voxanne/cascade/graph/page"
)

// CreateAppointment is the resolver for the createAppointment field.
func (r *mutationResolver) CreateAppointment(ctx context.Context, input model.CreateAppointmentInput) (*model.CreateAppointmentPayload, error) {
	panic(fmt.Errorf("not implemented: CreateAppointment - createAppointment"))
}

// UpdateAppointment is the resolver for the updateAppointment field.
func (r *mutationResolver) UpdateAppointment(ctx context.Context, id string, input model.UpdateAppointmentInput) (*model.UpdateAppointmentPayload, error) {
	panic(fmt.Errorf("not implemented: UpdateAppointment - updateAppointment"))
}

// CancelAppointment is the resolver for the cancelAppointment field.
func (r *mutationResolver) CancelAppointment(ctx context.Context, id string) (*model.CancelAppointmentPayload, error) {
	panic(fmt.Errorf("not implemented: CancelAppointment - cancelAppointment"))
}

// Appointments is the resolver for the appointments field.
func (r *queryResolver) Appointments(ctx context.Context, first *int, after *string, last *int, before *string, where *model.AppointmentWhere, orderBy *model.AppointmentOrder) (*page.Connection[ent.Appointment], error) {
	panic(fmt.Errorf("not implemented: Appointments - appointments"))
}

// Appointment is the resolver for the appointment field.
func (r *queryResolver) Appointment(ctx context.Context, id string) (*ent.Appointment, error) {
	panic(fmt.Errorf("not implemented: Appointment - appointment"))
}
