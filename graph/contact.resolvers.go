package graph

import (
	"context"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent"
	"github.com/voxanne/cascade/ent/contact"
	"github.com/voxanne/cascade/graph/generated"
	"github.com/voxanne/cascade/graph/model"
	"github.com/voxanne/cascade/graph/page"
	"github.com/voxanne/cascade/policy"
)

// Calls is the resolver for the calls field. In a list of contacts it is one
// statement for each of them, from the index that begins with the contact; the
// operation's cost counts every row it may read.
func (r *contactResolver) Calls(ctx context.Context, obj *ent.Contact, first *int, after *string, last *int, before *string) (*page.Connection[ent.Call], error) {
	if !maySee(ctx, policy.Call) {
		return nil, nil //nolint:nilnil // null is what an edge that is not decided shows
	}
	q, err := filterCalls(ctx, obj.QueryCalls(), nil)
	if err != nil {
		return nil, err
	}
	args := page.Args{First: first, After: after, Last: last, Before: before}
	return page.List(ctx, q, args, callOrder(nil), callRows(ctx, inList...))
}

// Appointments is the resolver for the appointments field; see Calls.
func (r *contactResolver) Appointments(ctx context.Context, obj *ent.Contact, first *int, after *string, last *int, before *string) (*page.Connection[ent.Appointment], error) {
	if !maySee(ctx, policy.Appointment) {
		return nil, nil //nolint:nilnil // null is what an edge that is not decided shows
	}
	args := page.Args{First: first, After: after, Last: last, Before: before}
	return page.List(ctx, obj.QueryAppointments(), args, appointmentOrder(nil), appointmentRows(ctx, inList...))
}

// CreateContact is the resolver for the createContact field.
func (r *mutationResolver) CreateContact(ctx context.Context, input model.CreateContactInput) (*model.CreateContactPayload, error) {
	org, err := theOrg(ctx, policy.Create, policy.Contact)
	if err != nil {
		return nil, err
	}
	if err := checkNewContact(input); err != nil {
		return nil, err
	}
	row, err := ent.FromContext(ctx).Contact.Create().SetID(r.NewID()).SetOrgID(org).
		SetNillableName(given(input.Name)).SetNillablePhone(given(input.Phone)).SetNillableEmail(given(input.Email)).
		SetNillableInterest(given(input.Interest)).SetNillablePreferredTime(given(input.PreferredTime)).
		SetNillableNotes(given(input.Notes)).SetNillableStatus(input.Status).
		SetSearch(searchText(orEmptyText(input.Name), orEmptyText(input.Phone))).
		Save(ctx)
	if err != nil {
		return nil, err
	}
	return &model.CreateContactPayload{Contact: shown(ctx, policy.Contact, row)}, nil
}

// UpdateContact is the resolver for the updateContact field.
func (r *mutationResolver) UpdateContact(ctx context.Context, id string, input model.UpdateContactInput) (*model.UpdateContactPayload, error) {
	row, err := idOf("contact", id)
	if err != nil {
		return nil, err
	}
	if err := checkContact(input); err != nil {
		return nil, err
	}
	u := ent.FromContext(ctx).Contact.UpdateOneID(row).SetNillableStatus(input.Status).SetNillableScore(input.Score)
	put(input.Name, u.SetName, u.ClearName)
	put(input.Phone, u.SetPhone, u.ClearPhone)
	put(input.Email, u.SetEmail, u.ClearEmail)
	put(input.Interest, u.SetInterest, u.ClearInterest)
	put(input.PreferredTime, u.SetPreferredTime, u.ClearPreferredTime)
	put(input.Notes, u.SetNotes, u.ClearNotes)
	if input.Name != nil || input.Phone != nil {
		org, err := theOrg(ctx, policy.Update, policy.Contact)
		if err != nil {
			return nil, err
		}
		search, err := contactSearch(ctx, org, row, input)
		if err != nil {
			return nil, err
		}
		u.SetSearch(search)
	}
	changed, err := u.Save(ctx)
	if err != nil {
		return nil, r.absent(ctx, err, policy.Update, policy.Contact, row)
	}
	return &model.UpdateContactPayload{Contact: shown(ctx, policy.Contact, changed)}, nil
}

// DeleteContact is the resolver for the deleteContact field.
func (r *mutationResolver) DeleteContact(ctx context.Context, id string) (*model.DeleteContactPayload, error) {
	row, err := idOf("contact", id)
	if err != nil {
		return nil, err
	}
	if err := ent.FromContext(ctx).Contact.DeleteOneID(row).Exec(ctx); err != nil {
		return nil, r.absent(ctx, err, policy.Delete, policy.Contact, row)
	}
	return &model.DeleteContactPayload{DeletedID: id}, nil
}

// Contacts is the resolver for the contacts field.
func (r *queryResolver) Contacts(ctx context.Context, first *int, after *string, last *int, before *string, where *model.ContactWhere, orderBy *model.ContactOrder) (*page.Connection[ent.Contact], error) {
	q, err := filterContacts(ctx, ent.FromContext(ctx).Contact.Query(), where)
	if err != nil {
		return nil, err
	}
	return page.List(ctx, q, page.Args{First: first, After: after, Last: last, Before: before}, contactOrder(orderBy))
}

// Contact is the resolver for the contact field.
func (r *queryResolver) Contact(ctx context.Context, id string) (*ent.Contact, error) {
	return find(ctx, r.Resolver, "contact", policy.Contact, id, func(ctx context.Context, id uuid.UUID) (*ent.Contact, error) {
		return ent.FromContext(ctx).Contact.Query().Where(contact.ID(id)).Only(ctx)
	})
}

// Contact returns generated.ContactResolver implementation.
func (r *Resolver) Contact() generated.ContactResolver { return &contactResolver{r} }

type contactResolver struct{ *Resolver }
