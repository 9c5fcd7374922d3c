package graph

import (
	"context"

	"github.com/voxanne/cascade/ent"
	"github.com/voxanne/cascade/ent/bookingrules"
	"github.com/voxanne/cascade/graph/generated"
	"github.com/voxanne/cascade/graph/model"
	"github.com/voxanne/cascade/policy"
)

// Calendars is the resolver for the calendars field.
func (r *bookingRulesResolver) Calendars(ctx context.Context, obj *ent.BookingRules) ([]string, error) {
	return obj.Calendars, nil
}

// UpdateBookingRules is the resolver for the updateBookingRules field.
func (r *mutationResolver) UpdateBookingRules(ctx context.Context, input model.UpdateBookingRulesInput) (*model.UpdateBookingRulesPayload, error) {
	org, err := theOrg(ctx, policy.Update, policy.BookingRules)
	if err != nil {
		return nil, err
	}
	if err := checkBooking(input); err != nil {
		return nil, err
	}
	id, err := r.bookingRules(ctx, org)
	if err != nil {
		return nil, err
	}
	row, err := updateBooking(ctx, id, input).Save(ctx)
	if err != nil {
		return nil, err
	}
	return &model.UpdateBookingRulesPayload{BookingRules: shown(ctx, policy.BookingRules, row)}, nil
}

// BookingRules is the resolver for the bookingRules field.
func (r *queryResolver) BookingRules(ctx context.Context) (*ent.BookingRules, error) {
	org, err := theOrg(ctx, policy.Read, policy.BookingRules)
	if err != nil {
		return nil, err
	}
	row, err := ent.FromContext(ctx).BookingRules.Query().Where(bookingrules.OrgID(org)).Only(ctx)
	return row, ent.MaskNotFound(err)
}

// BookingRules returns generated.BookingRulesResolver implementation.
func (r *Resolver) BookingRules() generated.BookingRulesResolver { return &bookingRulesResolver{r} }

type bookingRulesResolver struct{ *Resolver }
