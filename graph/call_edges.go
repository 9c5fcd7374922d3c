package graph

import (
	"context"
	"errors"

	"github.com/voxanne/cascade/ent"
	"github.com/voxanne/cascade/ent/appointment"
	"github.com/voxanne/cascade/ent/escalation"
	"github.com/voxanne/cascade/ent/privacy"
	"github.com/voxanne/cascade/ent/recording"
	"github.com/voxanne/cascade/policy"
)

// withCallEdges loads with the calls what the document asks of their edges: one
// statement for the page, not one for each row.
func withCallEdges(ctx context.Context, q *ent.CallQuery, asked map[string]bool) *ent.CallQuery {
	scope, err := policy.ScopeFrom(ctx)
	if err != nil {
		return q
	}
	for _, e := range []struct {
		field    string
		resource policy.Resource
		with     func()
	}{
		{"agent", policy.Agent, func() { q.WithAgent() }},
		{"contact", policy.Contact, func() { q.WithContact() }},
		{"phoneNumber", policy.PhoneNumber, func() { q.WithPhoneNumber() }},
		{"appointments", policy.Appointment, func() { q.WithAppointments(appointmentsInOrder) }},
		{"escalations", policy.Escalation, func() { q.WithEscalations(escalationsInOrder) }},
		{"recordings", policy.Recording, func() { q.WithRecordings(recordingsInOrder) }},
	} {
		if asked[e.field] && scope.May(policy.Read, e.resource) {
			e.with()
		}
	}
	return q
}

// What came of a call is listed as it happened. Ids made by UUIDv7 settle ties.

func appointmentsInOrder(q *ent.AppointmentQuery) {
	q.Order(appointment.ByStartsAt(), appointment.ByID())
}

func escalationsInOrder(q *ent.EscalationQuery) { q.Order(escalation.ByRaisedAt(), escalation.ByID()) }

func recordingsInOrder(q *ent.RecordingQuery) { q.Order(recording.ByID()) }

// edgeList is the rows of an edge: those loaded with its owner, else read now.
// It is nil, which GraphQL shows as null, when no decision lets this request
// see rows of the type; an edge that is empty is an empty list.
func edgeList[T any](
	ctx context.Context, loaded func() ([]*T, error), read func(context.Context) ([]*T, error),
) ([]*T, error) {
	rows, err := loaded()
	if ent.IsNotLoaded(err) {
		rows, err = read(ctx)
	}
	switch {
	case errors.Is(err, privacy.Deny):
		return nil, nil
	case err != nil:
		return nil, err
	case rows == nil:
		return []*T{}, nil
	}
	return rows, nil
}
