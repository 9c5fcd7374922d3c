package server_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/voxanne/cascade/server/auth"
)

// An owner invites; the invited person, and nobody else, joins, once; and is in
// at the next request.
func TestAnInvitedPersonJoins(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	sunrise := s.clinic(t, "sunrise")
	owner := s.member(t, "boss", "owner", sunrise)
	invited := s.ask(t, `mutation { inviteMember(input: {email: "dana@example.com", role: STAFF}) { token } }`, bearer(owner))
	var data struct{ InviteMember struct{ Token string } }
	if err := json.Unmarshal(invited.Data, &data); err != nil || data.InviteMember.Token == "" {
		t.Fatalf("%s", invited.Body)
	}
	body := `{"token": "` + data.InviteMember.Token + `", "name": "Dana"}`
	as := func(subject, email string) string {
		return bearer(s.token(t, subject, func(r *auth.TokenRequest) { r.Email = email }))
	}
	dana := as("dana", "dana@example.com")
	if got := s.ask(t, calls, dana); got.Status != http.StatusUnauthorized {
		t.Errorf("before: %d %s", got.Status, got.Body)
	}
	for name, tc := range map[string]struct {
		credential, body string
		status           int
	}{
		"nobody":        {"X-Nobody: 1", body, http.StatusUnauthorized},
		"somebody else": {as("eve", "eve@example.com"), body, http.StatusNotFound},
		"a guess":       {dana, `{"token": "guess"}`, http.StatusNotFound},
		"no token":      {dana, `{}`, http.StatusBadRequest},
		"no JSON":       {dana, `token`, http.StatusBadRequest},
		"a NUL":         {dana, strings.Replace(body, "Dana", `D\u0000`, 1), http.StatusBadRequest},
	} {
		if got := s.do(t, http.MethodPost, "/invitations/accept", tc.body, "Content-Type: application/json", tc.credential); got.Status != tc.status {
			t.Errorf("%s: %d %s", name, got.Status, got.Body)
		}
	}
	if got := s.do(t, http.MethodPost, "/invitations/accept", body, "Content-Type: application/json", dana); got.Status != http.StatusOK || !strings.Contains(got.Body, "organization_") {
		t.Fatalf("joining: %d %s", got.Status, got.Body)
	}
	if got := s.ask(t, calls, dana); got.Status != http.StatusOK || !strings.Contains(got.Body, "canary-sunrise") {
		t.Errorf("after: %d %s", got.Status, got.Body)
	}
	if got := s.do(t, http.MethodPost, "/invitations/accept", body, "Content-Type: application/json", dana); got.Status != http.StatusNotFound {
		t.Errorf("again: %d %s", got.Status, got.Body)
	}
	const records = `select count(*) from audit_decisions where operation = 'acceptInvitation' and allow = $1`
	if joined, refused := s.count(t, records, true), s.count(t, records, false); joined != 1 || refused != 3 {
		t.Errorf("%d records of joining, %d of refusals", joined, refused)
	}
}
