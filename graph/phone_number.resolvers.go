package graph

import (
	"context"
	"fmt"

	"github.com/voxanne/cascade/ent"
	"github.com/voxanne/cascade/graph/model"
	"github.com/voxanne/cascade/graph/page"
)

// CreatePhoneNumber is the resolver for the createPhoneNumber field.
func (r *mutationResolver) CreatePhoneNumber(ctx context.Context, input model.CreatePhoneNumberInput) (*model.CreatePhoneNumberPayload, error) {
	panic(fmt.Errorf("not implemented: CreatePhoneNumber - createPhoneNumber"))
}

// UpdatePhoneNumber is the resolver for the updatePhoneNumber field.
func (r *mutationResolver) UpdatePhoneNumber(ctx context.Context, id string, input model.UpdatePhoneNumberInput) (*model.UpdatePhoneNumberPayload, error) {
	panic(fmt.Errorf("not implemented: UpdatePhoneNumber - updatePhoneNumber"))
}

// RetirePhoneNumber is the resolver for the retirePhoneNumber field.
func (r *mutationResolver) RetirePhoneNumber(ctx context.Context, id string) (*model.RetirePhoneNumberPayload, error) {
	panic(fmt.Errorf("not implemented: RetirePhoneNumber - retirePhoneNumber"))
}

// PhoneNumbers is the resolver for the phoneNumbers field.
func (r *queryResolver) PhoneNumbers(ctx context.Context, first *int, after *string, last *int, before *string, where *model.PhoneNumberWhere) (*page.Connection[ent.PhoneNumber], error) {
	panic(fmt.Errorf("not implemented: PhoneNumbers - phoneNumbers"))
}

// PhoneNumber is the resolver for the phoneNumber field.
func (r *queryResolver) PhoneNumber(ctx context.Context, id string) (*ent.PhoneNumber, error) {
	panic(fmt.Errorf("not implemented: PhoneNumber - phoneNumber"))
}
