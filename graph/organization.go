package graph

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent"
	"github.com/voxanne/cascade/ent/organization"
	"github.com/voxanne/cascade/graph/fault"
	"github.com/voxanne/cascade/graph/model"
	"github.com/voxanne/cascade/graph/page"
)

// zoneOf is the time zone of an org, in which its days begin and end.
func zoneOf(ctx context.Context, org uuid.UUID) (*time.Location, error) {
	name, ok := decidedFrom(ctx).request.Zones[org]
	if !ok {
		row, err := ent.FromContext(ctx).Organization.Query().Where(organization.ID(org)).Only(ctx)
		if err != nil {
			return nil, fmt.Errorf("reading the clinic's time zone: %w", err)
		}
		name = row.Timezone
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf("reading the clinic's time zone: %w", err)
	}
	return zone, nil
}

// checkOrganization refuses what could not be meant.
func checkOrganization(in model.UpdateOrganizationInput) error {
	if in.Timezone != nil {
		if _, err := time.LoadLocation(*in.Timezone); err != nil || *in.Timezone == "" || *in.Timezone == "Local" {
			return fault.New(fault.BadUserInput, "timezone must be an IANA name such as Europe/London.")
		}
	}
	if in.Name != nil && (*in.Name == "" || len(*in.Name) > 200) {
		return fault.New(fault.BadUserInput, "name must have 1 to 200 characters.")
	}
	return nil
}

func organizationOrder() page.Order[ent.Organization] {
	return page.Order[ent.Organization]{
		Name: "slug", Expr: page.Column(organization.FieldSlug),
		Key: func(o *ent.Organization) any { return o.Slug }, ID: func(o *ent.Organization) uuid.UUID { return o.ID },
	}
}
