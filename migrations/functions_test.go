package migrations_test

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

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
	w.onboarding(holds, add)
	w.keeper(add)
	w.recordings(add)
	w.lifecycle(add)
	w.breakGlass(add)
	w.jobs(add)
	w.log(add)
	return append(steps, w.seals()...)
}

// asking is what the directory knows of one user.
func asking(issuer, subject string) string {
	return fmt.Sprintf("(select u.facts from app.directory_users(array['%s'], array['%s']) u)", issuer, subject)
}

func (w *world) directory(holds func(what, scene, truth string), add func(what, scene, sql, look, want string) *step) {
	for _, who := range []string{"a", "b"} {
		other := map[string]string{"a": "b", "b": "a"}[who]
		user := asking("iss-"+who, "sub-"+who)
		holds("a user's own membership", "", fmt.Sprintf("jsonb_array_length(%s -> 'memberships') = 1", user))
		holds("with its clinic", "", user+" -> 'memberships' -> 0 ->> 'slug' = '"+who+"'")
		holds("a user's own session", "", fmt.Sprintf("jsonb_array_length(%s -> 'break_glass') = 1", user))
		holds("with its clinic", "", user+" -> 'break_glass' -> 0 ->> 'slug' = '"+who+"'")
		holds("a session of nobody in support", "update users set platform_kind = 'auditor'", user+" -> 'break_glass' = 'null'")
		holds("a session long over", "update break_glass_sessions set expires_at = now() - interval '2 days'", fmt.Sprintf("jsonb_array_length(%s -> 'break_glass') = 0", user))
		holds("a user of another issuer", "", asking("iss-"+other, "sub-"+who)+" is null")
		key := fmt.Sprintf("app.directory_key('%s')", who)
		holds("a key's org", "", key+" ->> 'slug' = '"+who+"'")
		holds("a webhook's org", "", fmt.Sprintf("app.directory_webhook(sha256('%s')) ->> 'slug' = '%s'", who, who))
	}
	holds("users asked for together are each in their place", "", `(select array_agg(place || (facts -> 'memberships' -> 0 ->> 'slug') order by place)
		from app.directory_users(array['iss-b', 'iss-x', 'iss-a'], array['sub-b', 'sub-x', 'sub-a'])) = '{1b,3a}'`)
	holds("a key nobody has", "", "app.directory_key('x') is null")
	holds("a grant to the key's org, with its clinic", "", "app.directory_key('a') -> 'grants' @> '[{\"slug\": \"b\"}]' and jsonb_array_length(app.directory_key('a') -> 'grants') = 1")
	holds("no grant to the key's org", "", "app.directory_key('b') -> 'grants' = '[]'")
	holds("a grant long over", "alter table access_grants drop constraint access_grants_check1; update access_grants set expires_at = now() - interval '2 days'", "app.directory_key('a') -> 'grants' = '[]'")
	const used = "select count(*) from api_keys where last_used_at = now()"
	for scene, n := range map[string]int{"null": 1, "now() - interval '2 minutes'": 1, "now() - interval '10 seconds'": 0} {
		add("a key is used", "update api_keys set last_used_at = "+scene, "select count(*) from app.directory_key_used('b')", used, rows(n))
	}
	holds("a webhook nobody has", "", "app.directory_webhook(sha256('x')) is null")
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
	// The proof is over the text with the ids in it, as it is sent.
	names := strings.NewReplacer("[A]", w.a.String(), "[B]", w.b.String())
	attempting := func(resource policy.Resource, id uuid.UUID, more string) string {
		text := names.Replace(fmt.Sprintf(record, more))
		return fmt.Sprintf("app.record_attempt('%s', array['%s']::uuid[], '%s', '%s')", resource, id, text,
			w.Key.Prove(fmt.Sprintf("audit.attempt %s %s %s", resource, id, text)))
	}
	attempt := func(what, scene string, t table, more string, n int) {
		add(what, scene, "select count(*) from "+attempting(t.Resource, dbtest.RowID(w.b, t.Name), more), attempts, rows(n))
	}
	for _, t := range w.tables {
		if t.Kind == "resource" && t.Org == "org_id" && slices.Contains(t.Columns, "id") {
			attempt("an attempt at "+t.Name, "", t, "", 1)
		}
	}
	contacts := w.tables[slices.IndexFunc(w.tables, func(t table) bool { return t.Name == "contacts" })]
	attempt("an attempt at one's own", "", contacts, `, "asked_org_ids": ["[B]"]`, 0)
	attempt("a comment on a column", "comment on column contacts.notes is 'resource:contact'", contacts, "", 1)
	attempt("a comment on something else", "comment on schema spare is 'resource:contact'", contacts, "", 1)
	add("an attempt at an organization", "", "select count(*) from "+attempting(policy.Organization, w.b, ""), attempts, rows(0))
	one := attempting(policy.Contact, dbtest.RowID(w.b, "contacts"), "")
	add("an attempt without its proof", "", "select count(*) from "+strings.Replace(one, "\"action\"", "\"Action\"", 1), "", refused)
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
	names := strings.NewReplacer("[A]", w.a.String(), "[B]", w.b.String())
	body := func(more string) string {
		return names.Replace(strings.Replace(fmt.Sprintf(record, more), "{", `{"id": "`+dbtest.RowID(w.c, more).String()+`", `, 1))
	}
	link := func(prev [sha256.Size]byte, body string) [sha256.Size]byte {
		return sha256.Sum256(append(prev[:], body...))
	}
	var zero [sha256.Size]byte
	first, second := body(`, "org_id": "[A]", "org_ids": ["[A]"]`), body(`, "org_ids": ["[A]", "[B]"]`)
	h1 := link(zero, first)
	h2 := link(h1, second)
	proof := func(chain string, seq int, last [sha256.Size]byte) string {
		return w.Key.Prove(fmt.Sprintf("audit.append %s %d %x", chain, seq, last))
	}
	// The call, with a proof of its own unless another is given.
	appending := func(chain string, seq int, prev [sha256.Size]byte, bodies []string, hashes [][sha256.Size]byte, proven ...string) string {
		texts := make([]string, len(hashes))
		for i, h := range hashes {
			texts[i] = fmt.Sprintf("'\\x%x'", h)
		}
		proven = append(proven, proof(chain, seq, hashes[len(hashes)-1]))
		return fmt.Sprintf("app.audit_append('%s', %d, '\\x%x', array['%s'], array[%s]::bytea[], '%s')",
			chain, seq, prev, strings.Join(bodies, "', '"), strings.Join(texts, ", "), proven[0])
	}
	app := func(what, scene, call, look, want string) {
		add(what, scene, "select count(*) from "+call, look, want)
	}
	both, sums := []string{first, second}, [][sha256.Size]byte{h1, h2}
	two := appending("n", 1, zero, both, sums)
	app("two records are kept", "", two, "select count(*) from audit_decisions where chain = 'n'", rows(2))
	app("each linked to the one before", "", two, fmt.Sprintf("select count(*) from audit_decisions where chain = 'n' and seq = 2 and prev_hash = '\\x%x'", h1), rows(1))
	app("those about several orgs name them", "", two, "select count(*) from audit_decision_orgs o join audit_decisions d on d.id = o.decision_id where d.chain = 'n'", rows(2))
	app("a chain that begins elsewhere", "", appending("n", 1, h1, both, sums), "", "23514")
	app("a hash that is wrong", "", appending("n", 1, zero, both[:1], sums[1:]), "", "23502")
	begun := "select " + appending("n", 1, zero, both[:1], sums[:1]) + ";"
	app("a chain goes on", begun, appending("n", 2, h1, both[1:], sums[1:]), "select count(*) from audit_decisions where chain = 'n'", rows(2))
	app("another chain does not", begun, appending("m", 2, h1, both[1:], sums[1:]), "", "23514")
	app("nor after a gap", begun, appending("n", 3, h1, both[1:], sums[1:]), "", "23514")
	for what, other := range map[string]string{
		"of another chain": proof("m", 1, h2), "of another place": proof("n", 2, h2), "of other records": proof("n", 1, h1),
		"under an unknown key": "x" + proof("n", 1, h2), "that is none": "",
	} {
		app("a proof "+what, "", appending("n", 1, zero, both, sums, other), "", refused)
	}
	app("no proof", "", strings.Replace(two, "'"+proof("n", 1, h2)+"'", "null", 1), "", refused)
	app("a proof under a retired key", "update app.seal_keys set retired_at = now()", two, "", refused)
	app("a proof under another's name", "insert into app.seal_keys select 'other', inner_pad, outer_pad from app.seal_keys; update app.seal_keys set inner_pad = outer_pad where kid <> 'other'", two, "", refused)
	head := func(chain string) string {
		return fmt.Sprintf("app.audit_head('%s', '%s')", chain, w.Key.Prove("audit.head "+chain))
	}
	add("the end of a chain", begun, "select seq from "+head("n"), "", rows(1))
	add("of one not begun", begun, fmt.Sprintf("select count(*) from %s where seq = 0 and hash = '\\x%x'", head("m"), zero), "", rows(1))
	add("without a proof", "", "select count(*) from "+strings.Replace(head("n"), "'n'", "'m'", 1), "", refused)
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
	for scene, n := range map[string]int{"": 1, "update app.seal_keys set retired_at = now()": 0} {
		steps = append(steps, step{what: "the seal keys in use are named", scene: scene, sql: "select count(*) from app.seal_key_ids()", want: rows(n)})
	}
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
