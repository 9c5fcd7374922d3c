package attack

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/voxanne/cascade/server/stage"
)

// report is what a provider says of a call: that it began.
func report(callID, number, more string) string {
	return fmt.Sprintf(`{"message": {"type": "status-update", "status": "in-progress", "timestamp": %d%s,
		"call": {"id": %q, "type": "inboundPhoneCall", "createdAt": %q, "customer": {"number": %q}}}}`,
		time.Now().UnixMilli(), more, callID, time.Now().UTC().Format(time.RFC3339), number)
}

// webhooks speak to each clinic's address with other clinics' secrets, and to
// A's with its own about the calls and ids of others. The providers of the
// others say nothing meanwhile: no row of theirs may change.
func (a *attack) webhooks(ctx context.Context) error {
	post := func(path, secret, body string) request {
		return request{method: http.MethodPost, path: path, body: body, headers: []string{"Content-Type: application/json", "X-Vapi-Secret: " + secret}}
	}
	var shots []shot
	for _, c := range a.World.Clinics() {
		for _, other := range a.World.Clinics() {
			body := report(stage.NewID().String(), "+15557650000", "")
			if other != c {
				shots = append(shots, shot{
					name: "the secret of " + other.Slug + " at the address of " + c.Slug, cells: 1, wantStatus: http.StatusUnauthorized, loose: true,
					request: post(c.Vapi.Path, other.Vapi.Secret, body),
				})
			}
			shots = append(shots, shot{
				name: "the secret of " + other.Slug + " at nobody's address", cells: 1, wantStatus: http.StatusNotFound, loose: true,
				request: post("/webhooks/vapi/"+stage.NewID().String(), other.Vapi.Secret, body),
			})
		}
		shots = append(shots, shot{
			name: "no secret at the address of " + c.Slug, cells: 1, wantStatus: http.StatusUnauthorized, loose: true,
			request: post(c.Vapi.Path, "", report(stage.NewID().String(), "+15557650000", "")),
		})
	}
	hook := a.World.A.Vapi
	for _, c := range []*stage.Clinic{a.World.B, a.World.C} {
		org := fmt.Sprintf(`, "org_id": %[1]q, "orgId": %[1]q, "metadata": {"org_id": %[1]q}, "assistant": {"id": %[2]q, "metadata": {"org_id": %[1]q}}`,
			c.ID, c.Canary+" agents.provider_assistant_id 0")
		theirs := c.Canary + " call_logs.provider_call_id 0"
		for name, body := range map[string]string{
			"a call": report(theirs, "+15557650000", ""),
			"an org": report(stage.NewID().String(), "+15557650000", org),
			"a number": report(stage.NewID().String(), "+15557650000", fmt.Sprintf(`, "phoneNumber": {"number": "+%s0001", "id": %q}`,
				c.Digits, c.Canary+" phone_numbers.provider_number_id 0")),
			"a tool": fmt.Sprintf(`{"message": {"type": "tool-calls"%s, "timestamp": %d, "call": {"id": %q}, "toolCallList": [
				{"id": %q, "name": "capture_lead", "arguments": {"org_id": %q, "orgId": %[5]q, "clinic": %q, "name": "attacker", "phone": "+15557651111"}},
				{"id": %q, "name": "book_appointment", "arguments": {"organization": %[5]q, "contactId": %q, "startsAt": "2027-01-01T10:00:00Z"}}]}}`,
				org, time.Now().UnixMilli(), theirs, stage.NewID(), c.ID, c.Slug, stage.NewID(), a.api.ids(c, "Contact", 1)[0]),
		} {
			shots = append(shots, shot{
				name: "a webhook of A about " + name + " of " + c.Slug, cells: 1, wantStatus: http.StatusOK, loose: true,
				request: post(hook.Path, hook.Secret, body),
			})
		}
	}
	return a.all(ctx, shots)
}
