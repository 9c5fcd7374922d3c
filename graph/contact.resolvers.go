package graph

import (
	"context"
	"fmt"

	"github.com/voxanne/cascade/ent"
	"github.com/voxanne/cascade/graph/generated"
	"github.com/voxanne/cascade/graph/model"
	"github.com/voxanne/cascade/graph/page"
)

// Calls is the resolver for the calls field.
func (r *contactResolver) Calls(ctx context.Context, obj *ent.Contact, first *int, after *string, last *int, before *string) (*page.Connection[ent.Call], error) {
	panic(fmt.Errorf("not implemented: Calls - calls"))
}

// Appointments is the resolver for the appointments field.
func (r *contactResolver) Appointments(ctx context.Context, obj *ent.Contact, first *int, after *string, last *int, before *string) (*page.Connection[ent.Appointment], error) {
	panic(fmt.Errorf("not implemented: Appointments - appointments"))
}

// CreateContact is the resolver for the createContact field.
func (r *mutationResolver) CreateContact(ctx context.Context, input model.CreateContactInput) (*model.CreateContactPayload, error) {
	panic(fmt.Errorf("not implemented: CreateContact - createContact"))
}

// UpdateContact is the resolver for the updateContact field.
func (r *mutationResolver) UpdateContact(ctx context.Context, id string, input model.UpdateContactInput) (*model.UpdateContactPayload, error) {
	panic(fmt.Errorf("not implemented: UpdateContact - updateContact"))
}

// DeleteContact is the resolver for the deleteContact field.
func (r *mutationResolver) DeleteContact(ctx context.Context, id string) (*model.DeleteContactPayload, error) {
	panic(fmt.Errorf("not implemented: DeleteContact - deleteContact"))
}

// Contacts is the resolver for the contacts field.
func (r *queryResolver) Contacts(ctx context.Context, first *int, after *string, last *int, before *string, where *model.ContactWhere, orderBy *model.ContactOrder) (*page.Connection[ent.Contact], error) {
	panic(fmt.Errorf("not implemented: Contacts - contacts"))
}

// Contact is the resolver for the contact field.
func (r *queryResolver) Contact(ctx context.Context, id string) (*ent.Contact, error) {
	panic(fmt.Errorf("not implemented: Contact - contact"))
}

// Contact returns generated.ContactResolver implementation.
func (r *Resolver) Contact() generated.ContactResolver { return &contactResolver{r} }

type contactResolver struct{ *Resolver }
