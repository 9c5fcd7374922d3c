package migrations_test

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/voxanne/cascade/migrations/dbtest"
	"github.com/voxanne/cascade/policy"
)

// named gives the rows that the directory finds the names that the steps below
// call them by: everything of the first clinic is called a, of the second b.
const named = `
	update users set issuer = 'iss-' || x.n, subject = 'sub-' || x.n, platform_kind = 'support' from names x where x.who = users.id;
	update organizations set slug = x.n, kind = 'partner', status = 'active' from names x where x.org = id;
	update api_keys k set public_id = x.n, last_used_at = null from names x where x.org = k.org_id;
	update integrations i set webhook_key_hash = sha256(x.n::bytea) from names x where x.org = i.org_id;
	update invitations i set token_hash = sha256(x.n::bytea), email = x.n || '@example.test', role = 'staff',
		accepted_at = null, revoked_at = null, expires_at = now() + interval '1 hour' from names x where x.org = i.org_id;
	update break_glass_sessions b set user_id = x.who, approved_by = null, starts_at = now(), expires_at = now() + interval '1 hour'
		from names x where x.org = b.org_id;
	update webhook_inbox set applied_at = null, attempts = 0, received_at = now() - interval '1 hour';`

// functions is what the functions that work before a scope exists must answer,
// and what those that keep records and figures must keep.
func (w *world) functions() []step {
	names := fmt.Sprintf(`create temporary table names on commit drop as select * from (values
		('a', '%s'::uuid, '%s'::uuid), ('b', '%s', '%s')) v(n, org, who);`,
		w.a, dbtest.RowID(w.a, "users"), w.b, dbtest.RowID(w.b, "users"))
	text := strings.NewReplacer("[A]", w.a.String(), "[B]", w.b.String(), "[C]", w.c.String())
	var steps []step
	add := func(what, scene, sql, look, want string) *step {
		scene = names + strings.ReplaceAll(named, "\n\tupdate break", "\n\talter table break_glass_sessions drop constraint break_glass_sessions_check1;\n\tupdate break") + scene
		steps = append(steps, step{what: what, scene: text.Replace(scene), sql: text.Replace(sql), look: text.Replace(look), want: want})
		return &steps[len(steps)-1]
	}
	// holds asks for one truth.
	holds := func(what, scene, truth string) {
		add(what, scene, "select count(*) where "+truth, "", rows(1))
	}
	w.directory(holds, add)
	w.invitations(holds, add)
	w.keeper(add)
	return append(steps, w.seals()...)
}

func (w *world) directory(holds func(what, scene, truth string), add func(what, scene, sql, look, want string) *step) {
	for _, who := range []string{"a", "b"} {
		other := map[string]string{"a": "b", "b": "a"}[who]
		user := fmt.Sprintf("app.directory_user('iss-%s', 'sub-%s')", who, who)
		holds("a user's own membership", "", fmt.Sprintf("jsonb_array_length(%s -> 'memberships') = 1", user))
		holds("with its clinic", "", user+" -> 'memberships' -> 0 ->> 'slug' = '"+who+"'")
		holds("a user's own session", "", fmt.Sprintf("jsonb_array_length(%s -> 'break_glass') = 1", user))
		holds("with its clinic", "", user+" -> 'break_glass' -> 0 ->> 'slug' = '"+who+"'")
		holds("a session of nobody in support", "update users set platform_kind = 'auditor'", fmt.Sprintf("jsonb_array_length(%s -> 'break_glass') = 0", user))
		holds("a session long over", "update break_glass_sessions set expires_at = now() - interval '2 days'", fmt.Sprintf("jsonb_array_length(%s -> 'break_glass') = 0", user))
		holds("a user of another issuer", "", fmt.Sprintf("app.directory_user('iss-%s', 'sub-%s') is null", other, who))
		key := fmt.Sprintf("app.directory_key('%s')", who)
		holds("a key's org", "", key+" ->> 'slug' = '"+who+"'")
		holds("a webhook's org", "", fmt.Sprintf("app.directory_webhook(sha256('%s')) ->> 'slug' = '%s'", who, who))
	}
	holds("a key nobody has", "", "app.directory_key('x') is null")
	holds("a grant to the key's org, with its clinic", "", "app.directory_key('a') -> 'grants' @> '[{\"slug\": \"b\"}]' and jsonb_array_length(app.directory_key('a') -> 'grants') = 1")
	holds("no grant to the key's org", "", "app.directory_key('b') -> 'grants' = '[]'")
	holds("a grant long over", "alter table access_grants drop constraint access_grants_check1; update access_grants set expires_at = now() - interval '2 days'", "app.directory_key('a') -> 'grants' = '[]'")
	const used = "select count(*) from api_keys where last_used_at = now()"
	for scene, n := range map[string]int{"null": 1, "now() - interval '2 minutes'": 1, "now() - interval '10 seconds'": 0} {
		add("a key is used", "update api_keys set last_used_at = "+scene, "select count(*) from app.directory_key_used('b')", used, rows(n))
	}
	holds("a webhook nobody has", "", "app.directory_webhook(sha256('x')) is null")
	add("integrations without a webhook", "update integrations set webhook_key_hash = null where org_id = '[A]'", "select count(*) from integrations", "", rows(1)).role = "cascade_directory"
	holds("a partner", "", "app.find_partner('b') = '[B]' and app.find_partner('a') = '[A]'")
	holds("a partner nobody is", "", "app.find_partner('x') is null")
	holds("a clinic is no partner", "update organizations set kind = 'clinic'", "app.find_partner('b') is null")
	holds("a partner suspended", "update organizations set status = 'suspended'", "app.find_partner('b') is null")
	waiting := func(what, scene string, most, n int) {
		add(what, scene, fmt.Sprintf("select count(*) from app.waiting_messages(%d)", most), "", rows(n))
	}
	waiting("messages wait", "", 10, 2)
	waiting("one at most", "", 1, 1)
	waiting("applied", "update webhook_inbox set applied_at = now() where org_id = '[A]'", 10, 1)
	waiting("applied, and the directory sees them", "create policy open on webhook_inbox for select to cascade_directory using (true); update webhook_inbox set applied_at = now() where org_id = '[A]'", 10, 1)
	waiting("tried too often", "update webhook_inbox set attempts = 16, received_at = now() - interval '1 year' where org_id = '[A]'", 10, 1)
	waiting("tried often", "update webhook_inbox set attempts = 15, received_at = now() - interval '1 year'", 10, 2)
	waiting("not due", "update webhook_inbox set attempts = 5, received_at = now() where org_id = '[A]'", 10, 1)
	waiting("of a suspended clinic", "update organizations set status = 'suspended' where id = '[A]'", 10, 1)
	add("applied, to the directory itself", "update webhook_inbox set applied_at = now() where org_id = '[A]'", "select count(*) from webhook_inbox", "", rows(1)).role = "cascade_directory"
}

func (w *world) invitations(holds func(what, scene, truth string), add func(what, scene, sql, look, want string) *step) {
	const accept = "app.accept_invitation(sha256('b'), 'iss', 'sub', 'B@example.test', 'B', gen_random_uuid(), gen_random_uuid())"
	join := func(what, scene, look string, n int) {
		add(what, scene, "select count(*) from "+accept, look, rows(n))
	}
	join("an invited person is made", "", "select count(*) from users where issuer = 'iss' and subject = 'sub' and platform_kind is null", 1)
	join("joins the clinic that invited", "", "select count(*) from memberships m join users u on u.id = m.user_id where u.issuer = 'iss' and m.org_id = '[B]' and m.role = 'staff'", 1)
	join("and no other", "", "select count(*) from memberships m join users u on u.id = m.user_id where u.issuer = 'iss'", 1)
	join("once", "", "select count(*) from invitations where accepted_at is not null", 1)
	join("a namesake elsewhere stays open", "update invitations set id = '[C]'", "select count(*) from invitations where accepted_at is not null", 1)
	join("another invitation stays open", "insert into invitations select (jsonb_populate_record(i, '{\"id\": \"[C]\", \"email\": \"c@example.test\", \"token_hash\": \"\\\\x"+strings.Repeat("00", 32)+"\"}')).* from invitations i where org_id = '[B]'",
		"select count(*) from invitations where accepted_at is not null", 1)
	for _, known := range []string{"issuer = 'iss'", "subject = 'sub'"} {
		join("somebody else of that "+known, "update users set "+known, "select count(*) from users where issuer = 'iss' and subject = 'sub'", 1)
	}
	join("somebody known", "update users set issuer = 'iss', subject = 'sub' where id = (select who from names where n = 'a')",
		"select count(*) from memberships m join names on who = user_id where n = 'a' and org_id = '[B]'", 1)
	for what, scene := range map[string]string{
		"accepted": "accepted_at = now()", "revoked": "revoked_at = now()", "over": "expires_at = now() - interval '1 second'",
		"for another address": "email = 'c@example.test'", "of another token": "token_hash = sha256('c')",
	} {
		holds("an invitation "+what, "update invitations set "+scene, accept+" is null")
	}
	holds("an invitation accepted, and the directory may change it", "create policy open on invitations for update to cascade_directory using (true); update invitations set accepted_at = now()", accept+" is null")
	direct := func(what, scene, sql, want string) {
		add(what, scene, sql, "", want).role = "cascade_directory"
	}
	direct("the directory accepts nothing twice", "update invitations set accepted_at = now()", "update invitations set accepted_at = now()", rows(0))
	direct("nor takes it back", "", "update invitations set accepted_at = null", refused)
	direct("nor makes platform staff", "", "insert into users (id, issuer, subject, email, name, platform_kind) values (gen_random_uuid(), 'i', 's', 'e', 'n', 'support')", refused)
}

// keeper adds what keeps records and figures.
func (w *world) keeper(add func(what, scene, sql, look, want string) *step) {
	const record = `{"at": "2026-11-23T12:00:00Z", "request_id": "r", "subject_kind": "member", "action": "read", "resource": "call", "allow": false, "reason": "foreign_row", "revision": "1"%s}`
	const attempts = "select count(*) from audit_decisions where chain = 'attempts' and org_id = '[B]'"
	ids := func(t table) string { return fmt.Sprintf("array['%s']::uuid[]", dbtest.RowID(w.b, t.Name)) }
	attempt := func(what, scene string, t table, more string, n int) {
		add(what, scene, fmt.Sprintf("select count(*) from app.record_attempt('%s', %s, '%s')", t.Resource, ids(t), fmt.Sprintf(record, more)), attempts, rows(n))
	}
	for _, t := range w.tables {
		if t.Kind == "resource" && t.Org == "org_id" && slices.Contains(t.Columns, "id") && t.Resource != policy.AuditDecision {
			attempt("an attempt at "+t.Name, "", t, "", 1)
		}
	}
	contacts := w.tables[slices.IndexFunc(w.tables, func(t table) bool { return t.Name == "contacts" })]
	attempt("an attempt at one's own", "", contacts, `, "asked_org_ids": ["[B]"]`, 0)
	attempt("a comment on a column", "comment on column contacts.notes is 'resource:contact'", contacts, "", 1)
	attempt("a comment on something else", "comment on schema spare is 'resource:contact'", contacts, "", 1)
	add("an attempt at an organization", "", "select count(*) from app.record_attempt('organization', array['[B]']::uuid[], '"+fmt.Sprintf(record, "")+"')", attempts, rows(0))
	one := fmt.Sprintf("app.record_attempt('contact', %s, '%s')", ids(contacts), fmt.Sprintf(record, ""))
	add("two attempts are a chain", "", "select count(*) from (select "+one+", "+one+") x",
		"select count(*) from audit_decisions n join audit_decisions p on p.chain = n.chain and p.seq = n.seq - 1 and p.hash = n.prev_hash where n.chain = 'attempts' and n.seq = 2", rows(1))
	w.appending(add, record)
	// Figures follow the calls.
	own := w.seal(scope([]policy.Resource{policy.Call, policy.CallStats, policy.Organization}, everything, w.c))
	live := func(what, scene, sql, look, want string) {
		s := add(what, scene, sql, look, want)
		s.seal, s.live = own, true
	}
	const total = "select coalesce(sum(total), 0) from org_daily_stats where org_id = '[C]'"
	call := "insert into call_logs select (jsonb_populate_record(c, '{\"agent_id\": null, \"contact_id\": null, \"phone_number_id\": null, \"is_test\": %t}')).* from spare.call_logs c"
	live("a call counts", "", fmt.Sprintf(call, false), total, rows(1))
	live("a test call does not", "", fmt.Sprintf(call, true), total, rows(0))
	had := fmt.Sprintf(call, false) + ";"
	live("a call that is gone does not", had, "delete from call_logs", total, rows(0))
	live("a call counts in the new time zone", had, "update organizations set timezone = 'Asia/Tokyo'", total, rows(1))
	live("and nobody else's", had, "update organizations set timezone = 'Asia/Tokyo'", "select count(*) from org_daily_stats where org_id <> '[C]'", rows(2))
}

func (w *world) appending(add func(what, scene, sql, look, want string) *step, record string) {
	const zero = `decode(repeat('00', 32), 'hex')`
	body := func(more string) string {
		return strings.Replace(fmt.Sprintf(record, more), "{", `{"id": "`+dbtest.RowID(w.c, more).String()+`", `, 1)
	}
	first, second := body(`, "org_id": "[A]", "org_ids": ["[A]"]`), body(`, "org_ids": ["[A]", "[B]"]`)
	hash := func(prev, body string) string {
		return fmt.Sprintf("sha256(%s || convert_to('%s', 'UTF8'))", prev, body)
	}
	h1 := hash(zero, first)
	h2 := hash(h1, second)
	two := fmt.Sprintf("array['%s', '%s'], array[%s, %s]", first, second, h1, h2)
	app := func(what, scene, args, look, want string) {
		add(what, scene, "select count(*) from app.audit_append("+args+")", look, want)
	}
	app("two records are kept", "", "'n', 1, "+zero+", "+two, "select count(*) from audit_decisions where chain = 'n'", rows(2))
	app("each linked to the one before", "", "'n', 1, "+zero+", "+two, "select count(*) from audit_decisions where chain = 'n' and seq = 2 and prev_hash = "+h1, rows(1))
	app("those about several orgs name them", "", "'n', 1, "+zero+", "+two, "select count(*) from audit_decision_orgs o join audit_decisions d on d.id = o.decision_id where d.chain = 'n'", rows(2))
	app("a chain that begins elsewhere", "", "'n', 1, "+h1+", "+two, "", "23514")
	app("a hash that is wrong", "", fmt.Sprintf("'n', 1, %s, array['%s'], array[%s]", zero, first, h2), "", "23502")
	begun := fmt.Sprintf("select app.audit_append('n', 1, %s, array['%s'], array[%s]);", zero, first, h1)
	next := fmt.Sprintf("2, %s, array['%s'], array[%s]", h1, second, h2)
	app("a chain goes on", begun, "'n', "+next, "select count(*) from audit_decisions where chain = 'n'", rows(2))
	app("another chain does not", begun, "'m', "+next, "", "23514")
	app("nor after a gap", begun, "'n', "+strings.Replace(next, "2", "3", 1), "", "23514")
	add("the end of a chain", begun, "select seq from app.audit_head('n')", "", rows(1))
	add("of one not begun", begun, "select count(*) from app.audit_head('m') where seq = 0 and hash = "+zero, "", rows(1))
}

// seals tries every way in which a seal can be no good.
func (w *world) seals() []step {
	pid := w.conn.PgConn().PID()
	s := scope([]policy.Resource{policy.Contact}, everything, w.a)
	good := w.seal(s)
	last := map[string]string{"0": "1", "1": "0"}[good[5:6]]
	if last == "" {
		last = "0"
	}
	var steps []step
	for what, tc := range map[string]struct{ seal, scene, want string }{
		"good":               {good, "", rows(1)},
		"none":               {"", "", rows(0)},
		"expired":            {w.Key.Seal(s, pid, time.Now().Add(-time.Second)), "", refused},
		"another backend's":  {w.Key.Seal(s, pid+1, time.Now().Add(time.Hour)), "", refused},
		"a wrong mac":        {good[:5] + last + good[6:], "", refused},
		"an altered body":    {strings.Replace(good, w.a.String(), w.b.String(), 1), "", refused},
		"of a key not known": {"x" + good, "", refused},
		"of a retired key":   {good, "update app.seal_keys set retired_at = now()", refused},
		"of another's name":  {good, "insert into app.seal_keys select 'other', inner_pad, outer_pad from app.seal_keys; update app.seal_keys set inner_pad = outer_pad where kid <> 'other'", refused},
	} {
		steps = append(steps, step{what: "a seal " + what, scene: tc.scene, seal: tc.seal, sql: "select count(*) from contacts", want: tc.want})
	}
	return steps
}
