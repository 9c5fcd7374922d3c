package graph_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/policy"
)

// A partner who may change contacts, and not keep keys in the clinic, is told so
// and changes nothing; without the key it changes the contact.
func TestAnIdempotencyKeyThatMayNotBeKept(t *testing.T) {
	t.Parallel()
	c := newClinicPair(t)
	contact := c.row(t, "contact", "contacts", c.own, map[string]any{"name": "Before"})
	request := c.partner(policy.Grant{
		ID: uuid.Must(uuid.NewV7()), Actions: []policy.Action{policy.Read, policy.Update}, Resources: []policy.Resource{policy.Contact},
		Masks: map[policy.Resource][]string{}, Starts: time.Now().Add(-time.Hour), Expires: time.Now().Add(time.Hour),
	}, "contact:read", "contact:update", "idempotency_key:create", "idempotency_key:read", "idempotency_key:update")
	change := fmt.Sprintf(`mutation { updateContact(id: "%s", input: {name: "After"}) { contact { name } } }`, contact)
	request.IdempotencyKey = "once"
	if got := c.askWith(t, request, change, nil); got.Status != http.StatusForbidden || got.code() != "FORBIDDEN" {
		t.Errorf("%d %s", got.Status, got.Body)
	}
	if n := c.count(t, `select count(*) from contacts where name = 'After'`); n != 0 {
		t.Error("it was done all the same")
	}
	request.IdempotencyKey = ""
	if got := c.askWith(t, request, change, nil); got.Status != http.StatusOK || len(got.Errors) > 0 {
		t.Errorf("without a key: %d %s", got.Status, got.Body)
	}
}
