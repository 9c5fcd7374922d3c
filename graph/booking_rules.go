package graph

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent"
	"github.com/voxanne/cascade/ent/booking"
	"github.com/voxanne/cascade/ent/bookingrules"
	"github.com/voxanne/cascade/ent/pgarray"
	"github.com/voxanne/cascade/graph/fault"
	"github.com/voxanne/cascade/graph/model"
	"github.com/voxanne/cascade/policy"
)

// maxNamed is how many services, and how many calendars, a clinic can have.
const maxNamed = 50

func checkBooking(in model.UpdateBookingRulesInput) error {
	services := make([]string, len(in.Services))
	for i, s := range in.Services {
		services[i] = s.Name
		if err := checkRange("minutes", &s.Minutes, 5, 480); err != nil {
			return err
		}
	}
	if in.Calendars != nil && len(in.Calendars) == 0 {
		return fault.New(fault.BadUserInput, "calendars must name at least one.").With("field", "calendars")
	}
	return errors.Join(
		checkHours("hours", in.Hours),
		checkDistinct("services", services), checkDistinct("calendars", in.Calendars),
		checkRange("slotMinutes", in.SlotMinutes, 5, 480), checkRange("bufferMinutes", in.BufferMinutes, 0, 240),
		checkRange("leadMinutes", in.LeadMinutes, 0, 20160), checkRange("horizonDays", in.HorizonDays, 1, 365),
	)
}

// checkDistinct refuses names that a caller could not tell apart.
func checkDistinct(field string, names []string) error {
	if len(names) > maxNamed {
		return fault.New(fault.BadUserInput, "%s may be at most %d.", field, maxNamed).With("field", field)
	}
	seen := map[string]bool{}
	for _, name := range names {
		if err := checkNamed(text{field, &name, 100}); err != nil {
			return err
		}
		folded := strings.ToLower(strings.Join(strings.Fields(name), " "))
		if seen[folded] {
			return fault.New(fault.BadUserInput, "%s must each have a name of their own.", field).With("field", field)
		}
		seen[folded] = true
	}
	return nil
}

// bookingRules is the id of the clinic's one set of rules, which it makes when
// there is none. Two who make it at once get the same.
func (r *Resolver) bookingRules(ctx context.Context, org uuid.UUID) (uuid.UUID, error) {
	client := ent.FromContext(ctx)
	id, err := client.BookingRules.Query().Where(bookingrules.OrgID(org)).OnlyID(ctx)
	if !ent.IsNotFound(err) {
		return id, err
	}
	if err := decidedFrom(ctx).decisions[need{policy.Create, policy.BookingRules}].Err(); err != nil {
		return uuid.Nil, err
	}
	err = client.BookingRules.Create().SetID(r.NewID()).SetOrgID(org).SetHours(map[string]any{}).
		SetServices([]booking.Service{}).SetCalendars(pgarray.Text{"main"}).
		OnConflictColumns(bookingrules.FieldOrgID).DoNothing().Exec(ctx)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return uuid.Nil, fmt.Errorf("making the booking rules: %w", err)
	}
	return client.BookingRules.Query().Where(bookingrules.OrgID(org)).OnlyID(ctx)
}

func updateBooking(ctx context.Context, id uuid.UUID, in model.UpdateBookingRulesInput) *ent.BookingRulesUpdateOne {
	u := ent.FromContext(ctx).BookingRules.UpdateOneID(id).
		SetNillableSlotMinutes(in.SlotMinutes).SetNillableBufferMinutes(in.BufferMinutes).
		SetNillableLeadMinutes(in.LeadMinutes).SetNillableHorizonDays(in.HorizonDays)
	if in.Hours != nil {
		u.SetHours(in.Hours)
	}
	if in.Services != nil {
		services := make([]booking.Service, len(in.Services))
		for i, s := range in.Services {
			services[i] = booking.Service{Name: strings.TrimSpace(s.Name), Minutes: s.Minutes}
		}
		u.SetServices(services)
	}
	if in.Calendars != nil {
		calendars := make(pgarray.Text, len(in.Calendars))
		for i, name := range in.Calendars {
			calendars[i] = strings.TrimSpace(name)
		}
		u.SetCalendars(calendars)
	}
	return u
}
