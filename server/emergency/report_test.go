package emergency_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/voxanne/cascade/ent/nodeid"
	"github.com/voxanne/cascade/server/stage"
)

type report struct {
	SessionID                                             string
	From, Until                                           *string
	Decisions, Allowed, Denied, AllowedWithout, Undecided int
	Cut                                                   bool
	Resources                                             []row
}

type row struct {
	Resource                                   string
	Decisions, Allowed, Denied, AllowedWithout int
	FirstAt, LastAt                            string
	MaskedFields                               []string
}

const reportFields = `sessionId from until decisions allowed denied allowedWithout undecided cut
	resources { resource decisions allowed denied allowedWithout firstAt lastAt maskedFields }`

// reported is the report that somebody reads; nil when there is none for them.
func (e *emergency) reported(t *testing.T, who, id string) *report {
	t.Helper()
	var out struct{ BreakGlassReport *report }
	e.Ask(t, fmt.Sprintf(`{ breakGlassReport(id: %q) { %s } }`, id, reportFields), who).Decode(t, &out)
	return out.BreakGlassReport
}

// The clinic and security read what was done in a session, and nothing else of
// that person; and which of it did not need the session.
func TestTheReportOfASession(t *testing.T) {
	t.Parallel()
	e := newEmergency(t)
	e.sees(t, e.support, "sunrise") // before: not of the session
	id := e.asked(t, e.support, "sunrise")
	if r := e.reported(t, e.owner, id); r == nil || r.Decisions != 0 || r.From != nil {
		t.Errorf("before it was open: %+v", r)
	}
	if answer := e.Ask(t, approve(id), e.watch); len(answer.Errors) > 0 {
		t.Fatal(answer.Body)
	}
	harbor := e.opened(t, e.support, "harbor")
	for range 3 {
		if !e.sees(t, e.support, "sunrise") {
			t.Fatal("it is not open")
		}
	}
	e.sees(t, e.support, "harbor")
	e.Ask(t, `{ contacts { nodes { name } } }`, e.support, "X-Cascade-Org: sunrise")
	e.Ask(t, `{ apiKeys { nodes { name } } }`, e.support, "X-Cascade-Org: sunrise") // nothing of an emergency
	e.Ask(t, end(id), e.support, "X-Cascade-Org: sunrise")
	e.sees(t, e.support, "sunrise") // after: not of the session

	for name, who := range map[string]string{"the owner": e.owner, "an admin": e.admin, "security": e.watch} {
		got := e.reported(t, who, id)
		if got == nil || got.From == nil || got.Until == nil {
			t.Fatalf("%s: %+v", name, got)
		}
		for i := range got.Resources {
			if got.Resources[i].FirstAt == "" || got.Resources[i].LastAt < got.Resources[i].FirstAt {
				t.Errorf("%s: %+v", name, got.Resources[i])
			}
			got.Resources[i].FirstAt, got.Resources[i].LastAt = "", ""
		}
		slices.SortFunc(got.Resources, func(a, b row) int { return strings.Compare(a.Resource, b.Resource) })
		want := &report{
			SessionID: id, From: got.From, Until: got.Until, Decisions: 7, Allowed: 5, Denied: 2, AllowedWithout: 1,
			Resources: []row{
				{Resource: "api_key", Decisions: 1, Denied: 1, MaskedFields: []string{}},
				// To end one's own takes no session; to read sessions is no right of support.
				{Resource: "break_glass", Decisions: 2, Allowed: 1, Denied: 1, AllowedWithout: 1, MaskedFields: []string{}},
				{Resource: "call", Decisions: 3, Allowed: 3, MaskedFields: []string{}},
				{Resource: "contact", Decisions: 1, Allowed: 1, MaskedFields: []string{}},
			},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if r := e.reported(t, e.watch, harbor); r == nil || r.Decisions != 1 || r.Resources[0].Resource != "call" {
		t.Errorf("harbor's: %+v", r)
	}
	if r := e.reported(t, e.owner, harbor); r != nil {
		t.Errorf("sunrise reads harbor's: %+v", r)
	}
	if r := e.reported(t, e.owner, nodeid.Encode("break_glass_session", stage.NewID())); r != nil {
		t.Errorf("of none: %+v", r)
	}
	if answer := e.Ask(t, fmt.Sprintf(`{ breakGlassReport(id: %q) { decisions } }`, id), e.support); !answer.Is("FORBIDDEN", "") {
		t.Errorf("support staff read it: %s", answer.Body)
	}
}

// A report stops at its bound, and says so.
func TestALongReportIsCut(t *testing.T) {
	t.Parallel()
	e := newEmergency(t)
	id := e.opened(t, e.support, "sunrise")
	// Not linked to their chain: a report counts, and does not verify.
	e.Exec(t, `insert into audit_decisions (chain, seq, id, org_id, at, request_id, subject_id, subject_kind, action, resource, asked_org_ids, org_ids,
		allow, reason, masks, revision, body, prev_hash, hash)
		select 'long', n, gen_random_uuid(), $1, now(), 'r', $2, 'support', 'read', 'call', array[$1::uuid], '{}',
		true, 'break_glass', '{"call": ["transcript"]}', 'old', '{}', sha256('0'), sha256('1') from generate_series(1, 10001) n`, e.sunrise, e.supportID)
	got := e.reported(t, e.owner, id)
	if got == nil || !got.Cut || got.Decisions != 10_000 || got.Undecided != 10_000 || !slices.Equal(got.Resources[0].MaskedFields, []string{"transcript"}) {
		t.Errorf("%+v", got)
	}
}
