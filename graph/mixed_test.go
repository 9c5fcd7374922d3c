package graph_test

import (
	"fmt"
	"testing"
)

// A mutation of which one field is refused does nothing, wherever that field
// stands: each of the others says that it was not tried.
func TestAMutationRefusedInPartDoesNothing(t *testing.T) {
	t.Parallel()
	c := newClinicPair(t)
	contact := c.row(t, "contact", "contacts", c.own, map[string]any{"name": "Before"})
	const (
		permitted = `mine: createContact(input: {name: "Half"}) { contact { id } }`
		changed   = `change: updateContact(id: "%s", input: {name: "Half"}) { contact { id } }`
		refused   = `refused: createEscalationRule(input: {name: "x", trigger: MANUAL, transferNumber: "+442071838750"}) { escalationRule { id } }`
	)
	change := fmt.Sprintf(changed, contact)
	for _, fields := range []string{permitted + refused, refused + permitted, change + refused, refused + change} {
		got := c.ask(t, c.staff, "mutation {"+fields+"}", nil)
		codes := map[any]any{}
		for _, e := range got.Errors {
			codes[e.Path[0]] = e.Extensions["code"]
		}
		if len(codes) != 2 || codes["refused"] != "FORBIDDEN" || codes["mine"] != "CONFLICT" && codes["change"] != "CONFLICT" {
			t.Errorf("%s\n%s", fields, got.Body)
		}
	}
	if n := c.count(t, `select count(*) from contacts where name = 'Half'`); n != 0 {
		t.Errorf("%d changes were made outside of a transaction", n)
	}
}
