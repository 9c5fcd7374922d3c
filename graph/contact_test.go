package graph_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent/nodeid"
	"github.com/voxanne/cascade/policy"
)

const (
	createContact = `mutation($in: CreateContactInput!) { createContact(input: $in) { contact { id name phone status score } } }`
	updateContact = `mutation($id: ID!, $in: UpdateContactInput!) { updateContact(id: $id, input: $in) { contact { name phone email status score } } }`
	deleteContact = `mutation($id: ID!) { deleteContact(id: $id) { deletedId } }`
	findContacts  = `query($q: String) { contacts(where: {search: $q}) { totalCount nodes { id } } }`
)

type contactRow struct {
	ID, Name, Phone, Email, Status string
	Score                          int
}

// found counts the contacts that a search finds.
func (c clinicPair) found(t *testing.T, search string) int {
	t.Helper()
	var out struct{ Contacts struct{ TotalCount int } }
	c.ask(t, c.staff, findContacts, map[string]any{"q": search}).decode(t, &out)
	return out.Contacts.TotalCount
}

// A lead comes in, is looked up, corrected, and at last removed.
func TestAContactsLife(t *testing.T) {
	t.Parallel()
	c := newClinicPair(t)
	var made struct{ CreateContact struct{ Contact contactRow } }
	c.ask(t, c.staff, createContact, map[string]any{"in": map[string]any{"name": "Ann  Lee", "phone": "+442071838750", "notes": ""}}).decode(t, &made)
	ann := made.CreateContact.Contact
	if diff := cmp.Diff(contactRow{ID: ann.ID, Name: "Ann  Lee", Phone: "+442071838750", Status: "NEW"}, ann); diff != "" {
		t.Error(diff)
	}
	if n := c.recorded(t, c.staff, policy.Create, policy.Contact); n != 1 {
		t.Errorf("%d records of the creation", n)
	}
	if again := c.ask(t, c.staff, createContact, map[string]any{"in": map[string]any{"phone": "+442071838750"}}); again.code() != "CONFLICT" {
		t.Errorf("the number twice: %s", again.Body)
	}
	for _, q := range []string{"ann lee", "LEE", "2071838"} {
		if n := c.found(t, q); n != 1 {
			t.Errorf("%q finds %d", q, n)
		}
	}

	var changed struct{ UpdateContact struct{ Contact contactRow } }
	change := map[string]any{"name": "Anna", "status": "QUALIFIED", "score": 85, "email": "anna@example.com"}
	c.ask(t, c.staff, updateContact, map[string]any{"id": ann.ID, "in": change}).decode(t, &changed)
	want := contactRow{Name: "Anna", Phone: "+442071838750", Email: "anna@example.com", Status: "QUALIFIED", Score: 85}
	if diff := cmp.Diff(want, changed.UpdateContact.Contact); diff != "" {
		t.Error(diff)
	}
	if c.found(t, "ann lee") != 0 || c.found(t, "anna") != 1 || c.found(t, "2071838") != 1 {
		t.Error("the search did not follow the name, or lost the number")
	}
	c.ask(t, c.staff, updateContact, map[string]any{"id": ann.ID, "in": map[string]any{"phone": " "}}).decode(t, &changed)
	if n := c.count(t, `select count(*) from contacts where phone is null and name = 'Anna' and search = 'anna'`); n != 1 {
		t.Error("an empty text did not clear the number alone")
	}

	call := c.calls(t, c.own, 1)[0]
	c.Exec(t, `update call_logs set contact_id = $1`, rowID(t, ann.ID))
	if got := c.ask(t, c.staff, deleteContact, map[string]any{"id": ann.ID}); got.code() != "FORBIDDEN" {
		t.Errorf("staff removed a contact: %s", got.Body)
	}
	c.ask(t, c.admin, deleteContact, map[string]any{"id": ann.ID}).decode(t, &struct{}{})
	if n := c.count(t, `select count(*) from call_logs where id = $1 and contact_id is null`, call); n != 1 {
		t.Error("the call did not outlive its contact")
	}
	foreign := c.row(t, "contact", "contacts", c.other, map[string]any{"name": "Bo", "phone": "+442071838751"})
	c.refuses(t, c.admin, deleteContact, nil, foreign)
	c.refuses(t, c.staff, updateContact, map[string]any{"in": map[string]any{"name": "x"}}, foreign)
	if n := c.count(t, `select count(*) from contacts where name = 'Bo'`); n != 1 {
		t.Error("the neighbour's contact was touched")
	}
}

func TestContactsRefuseWhatCannotBeMeant(t *testing.T) {
	t.Parallel()
	c := newClinicPair(t)
	for _, in := range []map[string]any{
		{},
		{"name": " "},
		{"phone": "020 7183 8750"},
		{"phone": "+0442071838750"},
		{"email": "nobody"},
		{"name": strings.Repeat("é", 201)},
		{"name": "x", "notes": strings.Repeat("x", 10_001)},
	} {
		if got := c.ask(t, c.staff, createContact, map[string]any{"in": in}); got.code() != "BAD_USER_INPUT" {
			t.Errorf("%v: %s", in, got.Body)
		}
	}
	id := c.row(t, "contact", "contacts", c.own, map[string]any{"name": "Ann"})
	if got := c.ask(t, c.staff, updateContact, map[string]any{"id": id, "in": map[string]any{"score": 101, "name": "z"}}); got.code() != "BAD_USER_INPUT" {
		t.Errorf("%s", got.Body)
	}
	if n := c.count(t, `select count(*) from contacts where name = 'Ann'`); n != 1 || c.count(t, `select count(*) from contacts`) != 1 {
		t.Error("something was half done")
	}
}

// Contacts without any contact have their place in the list too, and page by
// page each comes once.
func TestContactsByTheirLastContact(t *testing.T) {
	t.Parallel()
	c := newClinicPair(t)
	day := func(n int) time.Time { return time.Date(2026, 11, n, 9, 0, 0, 0, time.UTC) }
	var want []string
	for i, r := range []struct{ made, last any }{
		{day(1), day(20)}, {day(18), nil}, {day(2), day(15)}, {day(3), day(15)}, {day(10), nil},
	} {
		id := c.row(t, "contact", "contacts", c.own, map[string]any{"name": fmt.Sprint(i), "created_at": r.made, "last_contact_at": r.last})
		want = append(want, id)
	}
	want[2], want[3] = want[3], want[2] // equal times: the later id first
	for _, direction := range []string{"DESC", "ASC"} {
		var got []string
		var after any
		for range 3 {
			var p struct {
				Contacts struct {
					Nodes    []struct{ ID string }
					PageInfo struct{ EndCursor string }
				}
			}
			c.ask(t, c.staff, `query($after: String, $d: OrderDirection!) { contacts(first: 2, after: $after,
				orderBy: {field: LAST_CONTACT_AT, direction: $d}) { nodes { id } pageInfo { endCursor } } }`,
				map[string]any{"after": after, "d": direction}).decode(t, &p)
			for _, n := range p.Contacts.Nodes {
				if direction == "DESC" {
					got = append(got, n.ID)
				} else {
					got = append([]string{n.ID}, got...)
				}
			}
			after = p.Contacts.PageInfo.EndCursor
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", direction, diff)
		}
	}
}

// What a clinic hides from a partner stays hidden: in a list, in a search, and
// in the answer to a change; and the change loses nothing of what is hidden.
func TestMasksHoldForContacts(t *testing.T) {
	t.Parallel()
	c := newClinicPair(t)
	id := c.row(t, "contact", "contacts", c.own, map[string]any{"name": "Ann", "phone": "+442071838750", "search": "ann +442071838750"})
	bridge := c.partner(policy.Grant{
		Actions: []policy.Action{policy.Read, policy.Update}, Resources: []policy.Resource{policy.Contact},
		Masks: map[policy.Resource][]string{policy.Contact: {"phone"}}, Expires: time.Now().Add(time.Hour),
	}, "contact:read", "contact:update")
	list := c.askWith(t, bridge, `{ contacts { nodes { name phone calls { totalCount } } } }`, nil)
	if strings.Contains(list.Body, "+44") || !strings.Contains(list.Body, `"Contact.phone"`) || !strings.Contains(list.Body, `"calls":null`) {
		t.Errorf("%s", list.Body)
	}
	if got := c.askWith(t, bridge, findContacts, map[string]any{"q": "+44"}); got.code() != "FORBIDDEN" {
		t.Errorf("searching in a hidden number: %s", got.Body)
	}
	got := c.askWith(t, bridge, updateContact, map[string]any{"id": id, "in": map[string]any{"name": "Anna"}})
	if got.code() != "" || strings.Contains(got.Body, "+44") {
		t.Errorf("%s", got.Body)
	}
	if n := c.count(t, `select count(*) from contacts where search = 'anna +442071838750'`); n != 1 {
		t.Error("the search text lost the hidden number")
	}
}

// A contact with its calls and appointments, alone and in a list.
func TestAContactsCallsAndAppointments(t *testing.T) {
	t.Parallel()
	c := newClinicPair(t)
	contact := c.row(t, "contact", "contacts", c.own, map[string]any{"name": "Ann"})
	c.row(t, "contact", "contacts", c.own, map[string]any{"name": "Bo"})
	calls := c.calls(t, c.own, 3)
	c.Exec(t, `update call_logs set contact_id = $1 where id <> $2`, rowID(t, contact), calls[2])
	visit := c.row(t, "appointment", "appointments", c.own, map[string]any{"contact_id": rowID(t, contact), "call_id": calls[0], "starts_at": time.Now()})
	const below = `{ name calls(first: 1) { totalCount nodes { id contact { name } } pageInfo { hasNextPage } } appointments { nodes { id call { id } } } }`
	type row struct {
		Name  string
		Calls struct {
			TotalCount int
			Nodes      []struct {
				ID      string
				Contact struct{ Name string }
			}
			PageInfo struct{ HasNextPage bool }
		}
		Appointments struct {
			Nodes []struct {
				ID   string
				Call struct{ ID string }
			}
		}
	}
	var out struct {
		Contact  row
		Contacts struct{ Nodes []row }
	}
	c.ask(t, c.staff, `query($id: ID!) { contact(id: $id) `+below+` contacts { nodes `+below+` } }`, map[string]any{"id": contact}).decode(t, &out)
	ann := out.Contact
	if ann.Calls.TotalCount != 2 || len(ann.Calls.Nodes) != 1 || ann.Calls.Nodes[0].ID != nodeid.Encode("call", calls[0]) ||
		ann.Calls.Nodes[0].Contact.Name != "Ann" || !ann.Calls.PageInfo.HasNextPage {
		t.Errorf("calls: %+v", ann.Calls)
	}
	if len(ann.Appointments.Nodes) != 1 || ann.Appointments.Nodes[0].ID != visit || ann.Appointments.Nodes[0].Call.ID != nodeid.Encode("call", calls[0]) {
		t.Errorf("appointments: %+v", ann.Appointments)
	}
	if len(out.Contacts.Nodes) != 2 || out.Contacts.Nodes[0].Calls.TotalCount != 0 || cmp.Diff(ann, out.Contacts.Nodes[1]) != "" {
		t.Errorf("in the list: %+v", out.Contacts.Nodes)
	}
	if got := c.ask(t, c.staff, `query($id: ID!) { contact(id: $id) { id } }`, map[string]any{"id": nodeid.Encode("contact", uuid.New())}); got.code() != "" || string(got.Data) != `{"contact":null}` {
		t.Errorf("absent: %s", got.Body)
	}
}

// Whoever may write rows and not read them is shown none for having written.
func TestMasksHoldForThoseWhoOnlyWrite(t *testing.T) {
	t.Parallel()
	c := newClinicPair(t)
	id := c.row(t, "contact", "contacts", c.own, map[string]any{"name": "Ann", "email": "ann@example.com"})
	visit := c.row(t, "appointment", "appointments", c.own, map[string]any{"starts_at": time.Now(), "service": "Check-up"})
	form := c.partner(policy.Grant{
		Actions:   []policy.Action{policy.Create, policy.Update},
		Resources: []policy.Resource{policy.Contact, policy.Appointment}, Expires: time.Now().Add(time.Hour),
	}, "contact:create", "contact:update", "appointment:update")
	for document, vars := range map[string]map[string]any{
		createContact: {"in": map[string]any{"name": "Bo"}},
		updateContact: {"id": id, "in": map[string]any{"name": "Anna"}},
	} {
		if got := c.askWith(t, form, document, vars); got.code() != "" || !strings.Contains(got.Body, `"contact":null`) {
			t.Errorf("%s", got.Body)
		}
	}
	if n := c.count(t, `select count(*) from contacts where name in ('Anna', 'Bo')`); n != 2 {
		t.Errorf("%d of 2 were written", n)
	}
	if got := c.askWith(t, form, cancelAppointment, map[string]any{"id": visit}); got.code() != "FORBIDDEN" || strings.Contains(got.Body, "Check-up") {
		t.Errorf("%s", got.Body)
	}
}
