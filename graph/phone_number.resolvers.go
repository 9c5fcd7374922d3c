package graph

import (
	"context"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent"
	"github.com/voxanne/cascade/ent/phonenumber"
	"github.com/voxanne/cascade/graph/model"
	"github.com/voxanne/cascade/graph/page"
	"github.com/voxanne/cascade/policy"
)

// CreatePhoneNumber is the resolver for the createPhoneNumber field.
func (r *mutationResolver) CreatePhoneNumber(ctx context.Context, input model.CreatePhoneNumberInput) (*model.CreatePhoneNumberPayload, error) {
	org, err := theOrg(ctx, policy.Create, policy.PhoneNumber)
	if err != nil {
		return nil, err
	}
	if err := checkPhoneNumber(input); err != nil {
		return nil, err
	}
	agentID, err := optionalID("agent", input.AgentID)
	if err != nil {
		return nil, err
	}
	if err := agentInService(ctx, agentID); err != nil {
		return nil, err
	}
	row, err := ent.FromContext(ctx).PhoneNumber.Create().SetID(r.NewID()).SetOrgID(org).SetE164(input.E164).
		SetNillableLabel(input.Label).SetNillableProvider(input.Provider).SetNillableCountry(input.Country).
		SetNillableAgentID(agentID).Save(ctx)
	if err != nil {
		return nil, r.dangling(ctx, err, need{policy.Create, policy.PhoneNumber}, reference{policy.Agent, agentID})
	}
	return &model.CreatePhoneNumberPayload{PhoneNumber: shown(ctx, policy.PhoneNumber, row)}, nil
}

// UpdatePhoneNumber is the resolver for the updatePhoneNumber field.
func (r *mutationResolver) UpdatePhoneNumber(ctx context.Context, id string, input model.UpdatePhoneNumberInput) (*model.UpdatePhoneNumberPayload, error) {
	if err := checkPlain(text{"label", input.Label, 100}); err != nil {
		return nil, err
	}
	numberID, err := idOf("phone_number", id)
	if err != nil {
		return nil, err
	}
	agentID, err := optionalID("agent", input.AgentID)
	if err != nil {
		return nil, err
	}
	if err := agentInService(ctx, agentID); err != nil {
		return nil, err
	}
	row, err := updatePhoneNumber(ctx, numberID, input, agentID).Save(ctx)
	if err != nil {
		err = r.dangling(ctx, err, need{policy.Update, policy.PhoneNumber}, reference{policy.Agent, agentID})
		return nil, r.numberAbsent(ctx, err, numberID)
	}
	return &model.UpdatePhoneNumberPayload{PhoneNumber: shown(ctx, policy.PhoneNumber, row)}, nil
}

// RetirePhoneNumber is the resolver for the retirePhoneNumber field.
func (r *mutationResolver) RetirePhoneNumber(ctx context.Context, id string) (*model.RetirePhoneNumberPayload, error) {
	numberID, err := idOf("phone_number", id)
	if err != nil {
		return nil, err
	}
	client := ent.FromContext(ctx)
	_, err = client.PhoneNumber.Update().Where(phonenumber.ID(numberID), phonenumber.StatusNEQ(phonenumber.StatusReleased)).
		SetStatus(phonenumber.StatusReleased).SetReleasedAt(r.Now()).Save(ctx)
	if err != nil {
		return nil, err
	}
	row, err := client.PhoneNumber.Get(ctx, numberID)
	if err != nil {
		return nil, r.absent(ctx, err, policy.Update, policy.PhoneNumber, numberID)
	}
	return &model.RetirePhoneNumberPayload{PhoneNumber: row}, nil
}

// PhoneNumbers is the resolver for the phoneNumbers field.
func (r *queryResolver) PhoneNumbers(ctx context.Context, first *int, after *string, last *int, before *string, where *model.PhoneNumberWhere) (*page.Connection[ent.PhoneNumber], error) {
	q := ent.FromContext(ctx).PhoneNumber.Query()
	if where != nil && where.Status != nil {
		q = q.Where(phonenumber.StatusEQ(*where.Status))
	}
	args := page.Args{First: first, After: after, Last: last, Before: before}
	return page.List(ctx, q, args, phoneNumberOrder(), func(q *ent.PhoneNumberQuery) {
		withAgent(ctx, q, askedFields(ctx, inList...))
	})
}

// PhoneNumber is the resolver for the phoneNumber field.
func (r *queryResolver) PhoneNumber(ctx context.Context, id string) (*ent.PhoneNumber, error) {
	return find(ctx, r.Resolver, "phone_number", policy.PhoneNumber, id, func(ctx context.Context, id uuid.UUID) (*ent.PhoneNumber, error) {
		return ent.FromContext(ctx).PhoneNumber.Query().Where(phonenumber.ID(id)).Only(ctx)
	})
}
