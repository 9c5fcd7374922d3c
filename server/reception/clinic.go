package reception

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent/booking"
	"github.com/voxanne/cascade/ent/pgarray"
	"github.com/voxanne/cascade/ent/rls"
)

// clinic is what a call needs to know of the clinic that it came to.
type clinic struct {
	name, locale string
	zone         *time.Location
	rules        rules
}

// clinic reads a clinic and its rules; the defaults are those of the columns.
func (d *Desk) clinic(ctx context.Context, tx *rls.Tx, org uuid.UUID) (clinic, error) {
	var c clinic
	var zone string
	var hours, services, business []byte
	calendars := pgarray.Text{}
	var length, buffer, lead, days int
	found, err := one(ctx, tx, `
		select o.name, o.locale, o.timezone, coalesce(r.hours, '{}'), coalesce(r.services, '[]'),
		       coalesce(r.calendars, '{main}'), coalesce(r.slot_minutes, 30), coalesce(r.buffer_minutes, 0),
		       coalesce(r.lead_minutes, 60), coalesce(r.horizon_days, 60), coalesce(i.business_hours, '{}')
		  from organizations o
		  left join booking_rules r on r.org_id = o.id
		  left join inbound_agent_config i on i.org_id = o.id
		 where o.id = $1`, []any{org},
		&c.name, &c.locale, &zone, &hours, &services, &calendars, &length, &buffer, &lead, &days, &business)
	if err != nil {
		return clinic{}, fmt.Errorf("reading the clinic: %w", err)
	}
	if !found {
		return clinic{}, fmt.Errorf("reading the clinic: it is not there")
	}
	if c.zone, err = d.zones.find(zone); err != nil {
		return clinic{}, fmt.Errorf("reading the clinic's time zone: %w", err)
	}
	c.rules = rules{
		hours: hoursOf(hours, business), calendars: calendars, length: time.Duration(length) * time.Minute,
		buffer: time.Duration(buffer) * time.Minute, lead: time.Duration(lead) * time.Minute,
		horizon: time.Duration(days) * 24 * time.Hour,
	}
	var list []booking.Service
	if json.Unmarshal(services, &list) == nil {
		for _, s := range list {
			c.rules.services = append(c.rules.services, service{s.Name, time.Duration(s.Minutes) * time.Minute})
		}
	}
	return c, nil
}

// hoursOf are the first of the settings that name a weekday, or office hours.
func hoursOf(settings ...[]byte) week {
	for _, text := range settings {
		var doc map[string]any
		if json.Unmarshal(text, &doc) != nil {
			continue
		}
		if w, ok := readWeek(doc); ok {
			return w
		}
	}
	return officeHours()
}

// lengthOf is how long a visit for this service takes, and the service as the
// clinic writes it. A clinic that lists its services gives no others.
func (r rules) lengthOf(asked string) (name string, length time.Duration, err error) {
	if len(r.services) == 0 || asked == "" {
		return asked, r.length, nil
	}
	var known []string
	for _, s := range r.services {
		if strings.EqualFold(s.name, asked) {
			return s.name, s.length, nil
		}
		known = append(known, s.name)
	}
	return "", 0, refuse("unknown_service", "Appointments can be made for: "+strings.Join(known, ", ")+".")
}

// zones are the time zones read so far: each is a file.
type zones struct{ byName sync.Map }

func (z *zones) find(name string) (*time.Location, error) {
	if known, ok := z.byName.Load(name); ok {
		if zone, ok := known.(*time.Location); ok {
			return zone, nil
		}
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, err
	}
	z.byName.Store(name, zone)
	return zone, nil
}
