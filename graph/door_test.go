package graph_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/voxanne/cascade/ent/audit"
	"github.com/voxanne/cascade/graph"
	"github.com/voxanne/cascade/policy"
)

// count runs a query that gives one number, past every wall.
func (a *api) count(t *testing.T, sql string, args ...any) int {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), a.SuperDSN)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	var n int
	if err := conn.QueryRow(t.Context(), sql, args...).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

const rename = `mutation($name: String!) { updateOrganization(input: {name: $name}) { organization { name } } }`

func TestNobodyGetsNothing(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	got := a.askWith(t, graph.Request{}, `{ calls { totalCount } }`, nil)
	if got.Status != http.StatusUnauthorized || got.code() != "UNAUTHENTICATED" || got.Data != nil {
		t.Errorf("%d %s", got.Status, got.Body)
	}
}

// One question a row type, each with its record, all under one revision, and
// there when the answer is.
func TestEveryAnswerHasItsRecords(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	org := a.clinic(t, "sunrise")
	a.calls(t, org, 2)
	got := a.ask(t, member(org, "sunrise", policy.Staff),
		`query Home { calls { nodes { id agent { name } } } again: calls(first: 1) { totalCount } organization { name } }`, nil)
	if len(got.Errors) > 0 {
		t.Fatal(got.Body)
	}
	const where = ` from audit_decisions where operation = 'Home' and allow and org_id = $1 and request_id = 'r-test'`
	if n := a.count(t, `select count(*)`+where, org); n != 3 {
		t.Errorf("%d records, want one each for call, agent and organization", n)
	}
	if n := a.count(t, `select count(distinct revision)`+where, org); n != 1 {
		t.Errorf("%d revisions decided one request", n)
	}
}

// A field that is refused says so and leaves its neighbours alone.
func TestARefusedFieldIsAnErrorOfItsOwn(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	org := a.clinic(t, "sunrise")
	got := a.ask(t, member(org, "sunrise", policy.Staff), `{ auditDecisions { totalCount } organization { slug } }`, nil)
	if got.code() != "FORBIDDEN" || got.Errors[0].Extensions["reason"] != "role_lacks_right" || got.Errors[0].Path[0] != "auditDecisions" {
		t.Errorf("%s", got.Body)
	}
	if !strings.Contains(string(got.Data), `"slug":"sunrise"`) {
		t.Errorf("the neighbour is missing: %s", got.Body)
	}
	if n := a.count(t, `select count(*) from audit_decisions where not allow and reason = 'role_lacks_right'`); n != 1 {
		t.Errorf("%d records of the denial", n)
	}
}

// Without a record there is no answer, and no change.
func TestNothingLeavesUnrecorded(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	org := a.clinic(t, "sunrise")
	owner := member(org, "sunrise", policy.Owner)
	a.Exec(t, `revoke execute on function app.audit_append(text, bigint, bytea, text[], bytea[], text) from cascade_app`)
	for _, document := range []string{`{ organization { name } }`, `mutation { updateOrganization(input: {name: "x"}) { organization { name } } }`} {
		got := a.ask(t, owner, document, nil)
		if got.code() != "UNAVAILABLE" || got.Status != http.StatusServiceUnavailable || strings.Contains(got.Body, "sunrise") {
			t.Errorf("%d %s", got.Status, got.Body)
		}
	}
	if n := a.count(t, `select count(*) from organizations where name = 'x'`); n != 0 {
		t.Error("an unrecorded mutation was kept")
	}
}

// A mutation of two fields, the second of which fails: neither is done, both
// decisions are on record.
func TestAMutationIsDoneWholeOrNotAtAll(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	org := a.clinic(t, "sunrise")
	owner := member(org, "sunrise", policy.Owner)
	got := a.ask(t, owner, `mutation { a: updateOrganization(input: {name: "half"}) { organization { name } }
		b: updateOrganization(input: {timezone: "Mars/Base"}) { organization { name } } }`, nil)
	if got.code() != "BAD_USER_INPUT" || string(got.Data) != "null" {
		t.Errorf("%s", got.Body)
	}
	if n := a.count(t, `select count(*) from organizations where name = 'half'`); n != 0 {
		t.Error("half of it was kept")
	}
	if n := a.count(t, `select count(*) from audit_decisions where action = 'update'`); n != 1 {
		t.Errorf("%d records of the decision", n)
	}
	if got := a.ask(t, member(org, "sunrise", policy.Viewer), rename, map[string]any{"name": "v"}); got.code() != "FORBIDDEN" {
		t.Errorf("a viewer: %s", got.Body)
	}
	a.ask(t, owner, rename, map[string]any{"name": "whole"}).decode(t, &struct{}{})
	if n := a.count(t, `select count(*) from audit_decisions where chain = 'org:' || $1 and allow`, org.String()); n == 0 {
		t.Error("the record did not ride in the mutation's transaction")
	}
}

// The same key from eight clients at once: done once, answered eight times.
func TestAnIdempotencyKeyIsDoneOnce(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	org := a.clinic(t, "sunrise")
	owner := member(org, "sunrise", policy.Owner)
	ask := func(key, name string) answer {
		return a.askWith(t, graph.Request{
			Subject: owner, Orgs: []uuid.UUID{org}, Origin: audit.Origin{RequestID: "r"}, IdempotencyKey: key,
		}, rename, map[string]any{"name": name})
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if got := ask("k1", "once"); string(got.Data) != `{"updateOrganization": {"organization": {"name": "once"}}}` &&
				string(got.Data) != `{"updateOrganization":{"organization":{"name":"once"}}}` {
				t.Errorf("%s", got.Body)
			}
		})
	}
	wg.Wait()
	if n := a.count(t, `select count(*) from audit_decisions where action = 'update' and resource = 'organization' and chain like 'org:%'`); n != 1 {
		t.Errorf("done %d times", n)
	}
	if got := ask("k1", "other"); got.code() != "CONFLICT" {
		t.Errorf("another request under the key: %s", got.Body)
	}
	if got := ask("k1", "once"); got.Extensions["idempotentReplayed"] != true {
		t.Errorf("a replay does not say so: %s", got.Body)
	}
	// Somebody else's key of the same name is another key.
	if got := a.askWith(t, graph.Request{
		Subject: member(org, "sunrise", policy.Owner), Orgs: []uuid.UUID{org}, IdempotencyKey: "k1",
	}, rename, map[string]any{"name": "mine"}); !strings.Contains(got.Body, "mine") {
		t.Errorf("%s", got.Body)
	}
}

// What would cost too much is refused before any question is asked.
func TestHostileDocumentsAreRefusedUnread(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	org := a.clinic(t, "sunrise")
	nurse := member(org, "sunrise", policy.Staff)
	deep := strings.Repeat("agent { calls { nodes { ", 20)
	for name, document := range map[string]string{
		"a million rows":     `{ calls(first: 1000000) { totalCount } }`,
		"a thousand aliases": "{" + strings.Repeat(" a%: organization { id }", 1000) + "}",
		"depth":              "{ calls { nodes { " + deep,
		"a fragment cycle":   `{ organization { ...a } } fragment a on Organization { ...b } fragment b on Organization { ...a }`,
	} {
		for i := 0; strings.Contains(document, "%"); i++ {
			document = strings.Replace(document, "%", string(rune('a'+i%26))+strings.Repeat("z", i/26), 1)
		}
		got := a.ask(t, nurse, document, nil)
		if len(got.Errors) == 0 || got.Data != nil {
			t.Errorf("%s: %.200s", name, got.Body)
		}
		if limited := got.code() == "TOO_COMPLEX"; limited && got.Errors[0].Extensions["limit"] == nil {
			t.Errorf("%s: the limit is not named: %.200s", name, got.Body)
		}
	}
	if n := a.count(t, `select count(*) from audit_decisions`); n != 0 {
		t.Errorf("%d questions were asked", n)
	}
}
