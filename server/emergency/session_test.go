// Package emergency_test is the story of sessions of support staff, told over the
// whole server.
package emergency_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent/nodeid"
	"github.com/voxanne/cascade/server/auth"
	"github.com/voxanne/cascade/server/stage"
)

// emergency is a server with two clinics, people of theirs, and the platform's.
type emergency struct {
	*stage.Stage
	sunrise, harbor                   uuid.UUID
	owner, admin, other               string // headers
	support, second, unproven, watch  string
	supportID, securityID, unprovenID uuid.UUID
}

func newEmergency(t *testing.T) *emergency {
	t.Helper()
	s := stage.Prepare(t)
	s.Start(t)
	e := &emergency{Stage: s, sunrise: s.Clinic(t, "sunrise"), harbor: s.Clinic(t, "harbor")}
	e.owner, e.admin = stage.Bearer(s.Member(t, "owner", "owner", e.sunrise)), stage.Bearer(s.Member(t, "admin", "admin", e.sunrise))
	e.other = stage.Bearer(s.Member(t, "other", "owner", e.harbor))
	e.support, e.supportID = e.staff(t, "ann", "support", true)
	e.second, _ = e.staff(t, "bob", "support", true)
	e.unproven, e.unprovenID = e.staff(t, "cid", "support", false)
	e.watch, e.securityID = e.staff(t, "dee", "security", true)
	return e
}

func (e *emergency) staff(t *testing.T, name, kind string, mfa bool) (header string, id uuid.UUID) {
	t.Helper()
	id = stage.NewID()
	e.Exec(t, `insert into users (id, issuer, subject, email, name, platform_kind) values ($1, $2, $3, $3 || '@example.test', $3, $4)`,
		id, stage.IssuerName, name, kind)
	return stage.Bearer(e.Token(t, name, func(r *auth.TokenRequest) { r.MFA = mfa })), id
}

func request(clinic string, minutes int) string {
	return fmt.Sprintf(`mutation { requestBreakGlass(input: {clinic: %q, reason: "the calls do not arrive", ticket: "T-1", minutes: %d}) { sessionId } }`, clinic, minutes)
}

func approve(id string) string {
	return fmt.Sprintf(`mutation { approveBreakGlass(id: %q) { sessionId expiresAt } }`, id)
}

func end(id string) string {
	return fmt.Sprintf(`mutation { endBreakGlassSession(id: %q) { sessionId endedAt } }`, id)
}

// asked asks for a session and returns its id.
func (e *emergency) asked(t *testing.T, who, clinic string) string {
	t.Helper()
	var out struct {
		RequestBreakGlass struct{ SessionID string }
	}
	e.Ask(t, request(clinic, 30), who).Decode(t, &out)
	return out.RequestBreakGlass.SessionID
}

// opened has a session approved.
func (e *emergency) opened(t *testing.T, who, clinic string) string {
	t.Helper()
	id := e.asked(t, who, clinic)
	var out any
	e.Ask(t, approve(id), e.watch).Decode(t, &out)
	return id
}

// sees reports whether somebody reads the calls of a clinic.
func (e *emergency) sees(t *testing.T, who, clinic string) bool {
	t.Helper()
	var out struct {
		Calls *struct{ Nodes []struct{ CallerName string } }
	}
	answer := e.Ask(t, `{ calls { nodes { callerName } } }`, who, "X-Cascade-Org: "+clinic)
	if len(answer.Errors) > 0 {
		return false
	}
	answer.Decode(t, &out)
	return len(out.Calls.Nodes) == 1 && out.Calls.Nodes[0].CallerName == "canary-"+clinic
}

// A session is asked for, approved by a second person, works at the next request
// in its clinic alone, and ends at once. The clinic sees each step of it.
func TestASessionOfSupportStaff(t *testing.T) {
	t.Parallel()
	e := newEmergency(t)
	id := e.asked(t, e.support, "sunrise")
	if e.sees(t, e.support, "sunrise") {
		t.Error("support staff saw calls before anybody approved")
	}
	var approved struct {
		ApproveBreakGlass struct{ SessionID, ExpiresAt string }
	}
	e.Ask(t, approve(id), e.watch).Decode(t, &approved)
	if approved.ApproveBreakGlass.SessionID != id || approved.ApproveBreakGlass.ExpiresAt == "" {
		t.Errorf("%+v", approved)
	}
	if !e.sees(t, e.support, "sunrise") {
		t.Error("an approved session does not work at the next request")
	}
	if e.sees(t, e.support, "harbor") || e.sees(t, e.second, "sunrise") {
		t.Error("a session opens another clinic, or to somebody else")
	}
	if answer := e.Ask(t, `mutation { createContact(input: {name: "x"}) { __typename } }`, e.support, "X-Cascade-Org: sunrise"); len(answer.Errors) == 0 {
		t.Errorf("support staff wrote: %s", answer.Body)
	}

	// With this session open, a step in another clinic is the other clinic's to see.
	elsewhere := e.asked(t, e.support, nodeid.Encode("organization", e.harbor))
	const steps = `select count(*) from audit_decisions where org_id = $1 and chain = 'org:' || $1::text and resource = 'break_glass' and allow and wide and subject_id = $2`
	if n := e.Count(t, steps, e.sunrise, e.supportID); n != 1 {
		t.Errorf("%d steps of support staff are sunrise's to see, want that of its own session", n)
	}
	if n := e.Count(t, steps, e.harbor, e.supportID); n != 1 {
		t.Errorf("%d steps are harbor's to see", n)
	}
	if n := e.Count(t, steps, e.sunrise, e.securityID); n == 0 {
		t.Error("the approval is not sunrise's to see")
	}

	type session struct{ ID, RequestedByID, RequestedByKind, ApprovedByID, ApprovedByKind, Reason, Ticket, State string }
	var list struct{ BreakGlassSessions struct{ Nodes []session } }
	for _, who := range []string{e.owner, e.admin} {
		e.Ask(t, `{ breakGlassSessions { nodes { id requestedById requestedByKind approvedById approvedByKind reason ticket state } } }`, who).Decode(t, &list)
		want := session{
			id, nodeid.Encode("user", e.supportID), "SUPPORT", nodeid.Encode("user", e.securityID), "SECURITY", "the calls do not arrive", "T-1", "OPEN",
		}
		if got := list.BreakGlassSessions.Nodes; len(got) != 1 || got[0] != want {
			t.Errorf("%+v, want %+v", got, want)
		}
	}

	var ended struct {
		EndBreakGlassSession struct{ SessionID, EndedAt string }
	}
	e.Ask(t, end(id), e.support).Decode(t, &ended)
	if ended.EndBreakGlassSession.EndedAt == "" || e.sees(t, e.support, "sunrise") {
		t.Errorf("an ended session is open: %+v", ended)
	}
	if answer := e.Ask(t, approve(id), e.watch); !answer.Is("CONFLICT", "ended") {
		t.Errorf("an ended session was approved: %s", answer.Body)
	}
	// What nobody approved can be taken back; security ends any.
	var both any
	e.Ask(t, end(elsewhere), e.watch).Decode(t, &both)
	if n := e.Count(t, `select count(*) from break_glass_sessions where ended_at is null`); n != 0 {
		t.Errorf("%d sessions are not ended", n)
	}
}

// Sessions end by their time, by the clinic's owner and by security.
func TestEndsOfSessions(t *testing.T) {
	t.Parallel()
	e := newEmergency(t)
	for name, over := range map[string]func(id string){
		"by time": func(string) {
			e.Exec(t, `update break_glass_sessions set starts_at = now() - interval '2 minutes', expires_at = now() - interval '1 second'`)
		},
		"by the clinic": func(id string) {
			var out struct {
				EndBreakGlassSession struct{ BreakGlassSession struct{ State string } }
			}
			e.Ask(t, fmt.Sprintf(`mutation { endBreakGlassSession(id: %q) { breakGlassSession { state } } }`, id), e.owner).Decode(t, &out)
			if out.EndBreakGlassSession.BreakGlassSession.State != "ENDED" {
				t.Errorf("%+v", out)
			}
		},
		"by security": func(id string) {
			var out struct {
				EndBreakGlassSession struct{ BreakGlassSession struct{ State string } }
			}
			e.Ask(t, fmt.Sprintf(`mutation { endBreakGlassSession(id: %q) { breakGlassSession { state } } }`, id), e.watch).Decode(t, &out)
			if out.EndBreakGlassSession.BreakGlassSession.State != "ENDED" {
				t.Errorf("%+v", out)
			}
		},
	} {
		id := e.opened(t, e.support, "sunrise")
		if !e.sees(t, e.support, "sunrise") {
			t.Fatalf("%s: it was not open", name)
		}
		over(id)
		if e.sees(t, e.support, "sunrise") {
			t.Errorf("%s: it is open", name)
		}
	}
}

// Whoever is not the right person, or asks for the wrong thing, is refused.
func TestStepsThatAreRefused(t *testing.T) {
	t.Parallel()
	e := newEmergency(t)
	id, late := e.asked(t, e.support, "sunrise"), e.asked(t, e.support, "sunrise")
	decoded := func(id string) uuid.UUID {
		_, row, err := nodeid.Decode(id)
		if err != nil {
			t.Fatal(err)
		}
		return row
	}
	e.Exec(t, `update break_glass_sessions set created_at = now() - interval '61 minutes' where id = $1`, decoded(late))
	// Somebody of security who was of support when they asked.
	own := stage.NewID()
	e.Exec(t, `insert into break_glass_sessions (org_id, id, user_id, reason, ticket, minutes) values ($1, $2, $3, 'asked for before', 'T', 5)`, e.sunrise, own, e.securityID)
	long := `mutation { requestBreakGlass(input: {clinic: "sunrise", reason: %q, ticket: %q, minutes: 5}) { sessionId } }`
	for name, tt := range map[string]struct{ document, who, code, reason string }{
		"support without a second factor":    {request("sunrise", 30), e.unproven, "FORBIDDEN", "mfa_required"},
		"security asking":                    {request("sunrise", 30), e.watch, "FORBIDDEN", "platform_lacks_right"},
		"an owner asking":                    {request("sunrise", 30), e.owner, "FORBIDDEN", "role_lacks_right"},
		"a clinic that is none":              {request("nowhere", 30), e.support, "NOT_FOUND", ""},
		"too long":                           {request("sunrise", 61), e.support, "BAD_USER_INPUT", ""},
		"no time":                            {request("sunrise", 0), e.support, "BAD_USER_INPUT", ""},
		"a reason that says nothing":         {fmt.Sprintf(long, "  help     ", "T-1"), e.support, "BAD_USER_INPUT", ""},
		"no ticket":                          {fmt.Sprintf(long, "the calls do not arrive", " "), e.support, "BAD_USER_INPUT", ""},
		"approving one's own":                {approve(nodeid.Encode("break_glass_session", own)), e.watch, "FORBIDDEN", "own_request"},
		"approving by who asked":             {approve(id), e.support, "FORBIDDEN", "not_security"},
		"approving by others of support":     {approve(id), e.second, "FORBIDDEN", "not_security"},
		"approving by the clinic":            {approve(id), e.owner, "FORBIDDEN", "not_security"},
		"approving too late":                 {approve(late), e.watch, "CONFLICT", "too_late"},
		"approving what nobody asked for":    {approve(nodeid.Encode("break_glass_session", stage.NewID())), e.watch, "NOT_FOUND", ""},
		"ending somebody else's":             {end(id), e.second, "NOT_FOUND", ""},
		"ending another clinic's":            {end(id), e.other, "NOT_FOUND", ""},
		"ending without a second factor":     {end(id), e.unproven, "FORBIDDEN", "mfa_required"},
		"ending what nobody asked for":       {end(nodeid.Encode("break_glass_session", stage.NewID())), e.watch, "NOT_FOUND", ""},
		"a step in each of two clinics":      {`mutation { a: ` + request("sunrise", 5)[len("mutation { "):len(request("sunrise", 5))-1] + ` b: ` + request("harbor", 5)[len("mutation { "):], e.support, "BAD_USER_INPUT", ""},
		"reading sessions, as support staff": {`{ breakGlassSessions { totalCount } }`, e.support, "FORBIDDEN", ""},
	} {
		before := e.Count(t, `select count(*) from break_glass_sessions where approved_by is not null or ended_at is not null`)
		sessions := e.Count(t, `select count(*) from break_glass_sessions`)
		answer := e.Ask(t, tt.document, tt.who)
		if !answer.Is(tt.code, tt.reason) {
			t.Errorf("%s: %s", name, answer.Body)
		}
		if e.Count(t, `select count(*) from break_glass_sessions where approved_by is not null or ended_at is not null`) != before ||
			e.Count(t, `select count(*) from break_glass_sessions`) != sessions {
			t.Errorf("%s: something was done", name)
		}
	}
	if answer := e.Ask(t, approve(id), e.watch); len(answer.Errors) > 0 {
		t.Fatal(answer.Body)
	}
	if answer := e.Ask(t, approve(id), e.watch); !answer.Is("CONFLICT", "approved_before") {
		t.Errorf("approved twice: %s", answer.Body)
	}
	// Each refusal is on record: that of the policy as its decision, that of a step
	// with the session's clinic, once the watch has looked.
	if n := e.Count(t, `select count(*) from audit_decisions where not allow and reason = 'mfa_required' and subject_id = $1 and action in ('create', 'update')`, e.unprovenID); n != 2 {
		t.Errorf("%d refusals for want of a second factor are on record", n)
	}
	e.Stop()
	if err := <-e.Ended; err != nil {
		t.Fatal(err)
	}
	for reason, want := range map[string]int{"break_glass_own_request": 1, "break_glass_not_security": 3, "break_glass_too_late": 1, "break_glass_approved_before": 1} {
		n := e.Count(t, `select count(*) from audit_decisions where not allow and reason = $1 and chain = 'attempts' and org_id = $2`, reason, e.sunrise)
		if n != want {
			t.Errorf("%s is on record %d times, want %d", reason, n, want)
		}
	}
}

func (e *emergency) eventually(t *testing.T, what string, hold func() bool) {
	t.Helper()
	deadline := time.After(time.Minute)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !hold() {
		select {
		case <-deadline:
			t.Fatalf("never: %s", what)
		case <-tick.C:
		}
	}
}
