package graph

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent"
	"github.com/voxanne/cascade/ent/phonenumber"
	"github.com/voxanne/cascade/graph/fault"
	"github.com/voxanne/cascade/graph/model"
	"github.com/voxanne/cascade/graph/page"
	"github.com/voxanne/cascade/policy"
)

// phoneNumberOrder is the order of a list of numbers, newest first.
func phoneNumberOrder() page.Order[ent.PhoneNumber] {
	return page.Order[ent.PhoneNumber]{
		Name: "created_at", Desc: true, Expr: page.Column(phonenumber.FieldCreatedAt),
		Key: func(n *ent.PhoneNumber) any { return n.CreatedAt }, ID: func(n *ent.PhoneNumber) uuid.UUID { return n.ID },
	}
}

// withAgent loads the numbers' agents with them when the document asks for them.
func withAgent(ctx context.Context, q *ent.PhoneNumberQuery, asked map[string]bool) *ent.PhoneNumberQuery {
	scope, err := policy.ScopeFrom(ctx)
	if err == nil && asked["agent"] && scope.May(policy.Read, policy.Agent) {
		return q.WithAgent()
	}
	return q
}

func checkPhoneNumber(in model.CreatePhoneNumberInput) error {
	err := errors.Join(checkE164("e164", &in.E164), checkPlain(text{"label", in.Label, 100}))
	if err == nil && in.Country != nil && !countryForm.MatchString(*in.Country) {
		err = fault.New(fault.BadUserInput, "country must be two capital letters such as GB (ISO 3166-1).").With("field", "country")
	}
	return err
}

// checkE164 is checkPhone for a number that may not be left empty or have space
// around it: it is kept as it comes.
func checkE164(field string, number *string) error {
	if number == nil || phoneForm.MatchString(*number) {
		return nil
	}
	return fault.New(fault.BadUserInput, "%s must be an E.164 number such as +442071838750.", field).With("field", field)
}

// updatePhoneNumber changes a number that the clinic still has; a released one
// is not found.
func updatePhoneNumber(ctx context.Context, id uuid.UUID, in model.UpdatePhoneNumberInput, agentID *uuid.UUID) *ent.PhoneNumberUpdateOne {
	u := ent.FromContext(ctx).PhoneNumber.UpdateOneID(id).Where(phonenumber.StatusNEQ(phonenumber.StatusReleased)).
		SetNillableLabel(in.Label).SetNillableAgentID(agentID)
	if nulled(ctx, "agentId") {
		u.ClearAgentID()
	}
	if in.Active != nil {
		u.SetStatus(phonenumber.StatusInactive)
		if *in.Active {
			u.SetStatus(phonenumber.StatusActive)
		}
	}
	return u
}

// numberAbsent tells a number that is released, which is no secret to its
// clinic, from one that is not there.
func (r *Resolver) numberAbsent(ctx context.Context, err error, id uuid.UUID) error {
	if ent.IsNotFound(err) {
		there, found := ent.FromContext(ctx).PhoneNumber.Query().Where(phonenumber.ID(id)).Exist(ctx)
		if found == nil && there {
			return fault.New(fault.Conflict, "This number is released and stays as it is.")
		}
	}
	return r.absent(ctx, err, policy.Update, policy.PhoneNumber, id)
}

// numberInService refuses to answer on a released number. One that is not there
// is left to the foreign key, which sees what this scope may not.
func numberInService(ctx context.Context, id *uuid.UUID) error {
	scope, err := policy.ScopeFrom(ctx)
	if err != nil || id == nil || !scope.May(policy.Read, policy.PhoneNumber) {
		return err
	}
	released, err := ent.FromContext(ctx).PhoneNumber.Query().
		Where(phonenumber.ID(*id), phonenumber.StatusEQ(phonenumber.StatusReleased)).Exist(ctx)
	if err == nil && released {
		return fault.New(fault.Conflict, "This number is released. Choose one that is in service.").With("field", "phoneNumberId")
	}
	return err
}
