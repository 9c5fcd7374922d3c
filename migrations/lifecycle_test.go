package migrations_test

import (
	"crypto/sha256"
	"fmt"
	"strings"
)

// shelf are revisions in the states that the steps below begin with: one that ran
// once, one that runs, and one that was reviewed against it and may go on.
const shelf = `
	delete from policy_shadows; delete from policy_approvals; delete from policy_revisions;
	insert into policy_revisions (id, revision, sequence, state, bundle, author_id, base, expires_at, activated_at)
	select id::uuid, revision, sequence, state, 'text', who, base, now() + interval '1 day', activated
	  from names, (values
		('00000000-0000-7000-8000-000000000001', 'old', 1, 'retired', '', now() - interval '2 days'),
		('00000000-0000-7000-8000-000000000002', 'run', 5, 'active', '', now()),
		('00000000-0000-7000-8000-000000000003', 'new', 7, 'reviewed', 'run', null)) v(id, revision, sequence, state, base, activated)
	 where n = 'a';`

// revisionOf is the id of a revision on the shelf; of one that is not, a new id.
func revisionOf(name string) string {
	return fmt.Sprintf("00000000-0000-7000-8000-%012d", map[string]int{"old": 1, "run": 2, "new": 3}[name])
}

// call writes a call of a function with a proof over what it says it does.
func (w *world) call(name string, proof []string, args ...string) string {
	return fmt.Sprintf("app.%s(%s, '%s')", name, strings.Join(args, ", "), w.Key.Prove(strings.Join(proof, " ")))
}

func quoted(text string) string { return "'" + text + "'" }

func hexSum(text string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(text))) }

// lifecycle is what policies go through on their way, and what stops them.
func (w *world) lifecycle(add func(what, scene, sql, look, want string) *step) {
	author, other := w.a.String(), w.b.String()
	says := func(what, scene, call, want string) {
		add(what, shelf+scene, fmt.Sprintf("select count(*) where %s = '%s'", call, want), "", rows(1))
	}
	does := func(what, scene, call, look string) {
		add(what, shelf+scene, "select count(*) from "+call+" done where done::text in ('', '(00000000-0000-7000-8000-000000000003,\"\")', '(00000000-0000-7000-8000-000000000000,\"\")')",
			"select count(*) where "+look, rows(1))
	}
	state := func(name, want string) string {
		return fmt.Sprintf("exists (select from policy_revisions where revision = '%s' and state = '%s')", name, want)
	}
	move := func(name, to string) string {
		id := revisionOf(name)
		return w.call("policy_move", []string{"policy.move", id, to, "10", "built-in", other}, quoted(id), quoted(to), "10", "'built-in'", quoted(other), "'why'")
	}
	for _, to := range []string{"shadow", "canary", "active", "retired"} {
		does("a reviewed policy becomes "+to, "", move("new", to), state("new", to))
	}
	does("a canary has its share", "", move("new", "canary"), "(select percent = 10 from policy_revisions where revision = 'new')")
	does("what is active has none", "", move("new", "active"), "(select percent = 0 and activated_at is not null from policy_revisions where revision = 'new')")
	does("a shadow was never active", "", move("new", "shadow"), "(select activated_at is null from policy_revisions where revision = 'new')")
	does("what ran is replaced", "", move("new", "active"), state("run", "retired")+" and (select count(*) = 1 from policy_revisions where moved_why = 'replaced')")
	does("what runs goes on beside a canary", "", move("new", "canary"), state("run", "active"))
	does("what is replaced was active", "update policy_revisions set state = 'shadow' where revision = 'old';", move("new", "active"), state("old", "shadow"))
	for from, tos := range map[string][]string{
		"draft": {"retired"}, "reviewed": {"shadow", "canary", "active", "retired"}, "shadow": {"canary", "active", "reviewed", "retired"},
		"canary": {"canary", "active", "reviewed", "retired"}, "retired": {},
	} {
		for _, to := range []string{"draft", "reviewed", "shadow", "canary", "active", "retired"} {
			want := "wrong_state"
			for _, may := range tos {
				if may == to {
					want = ""
				}
			}
			says("from "+from+" to "+to, "update policy_revisions set state = '"+from+"' where revision = 'new';", move("new", to), want)
		}
	}
	says("a policy nobody proposed", "", move("none", "active"), "wrong_state")
	says("a review against what no longer runs", "update policy_revisions set base = 'old' where revision = 'new';", move("new", "shadow"), "stale_review")
	says("a review against what the program was built with", "update policy_revisions set state = 'retired' where revision = 'run'; update policy_revisions set base = 'built-in' where revision = 'new';", move("new", "active"), "")
	says("a review against what is retired", "update policy_revisions set state = 'retired' where revision = 'run';", move("new", "active"), "stale_review")
	says("to take back needs no review", "update policy_revisions set base = 'old', expires_at = now(), state = 'shadow' where revision = 'new';", move("new", "reviewed"), "")
	says("a bundle that is over", "update policy_revisions set expires_at = now() where revision = 'new';", move("new", "canary"), "expired")
	says("a number below what was active", "update policy_revisions set sequence = 8 where revision = 'old';", move("new", "active"), "out_of_turn")
	says("a number below what never was", "insert into policy_revisions select (jsonb_populate_record(p, '{\"id\": \"[C]\", \"revision\": \"x\", \"sequence\": 9}')).* from policy_revisions p where revision = 'new';", move("new", "active"), "")
	says("its own number", "update policy_revisions set activated_at = now() where revision = 'new';", move("new", "active"), "")
	for _, place := range []string{"shadow", "canary"} {
		taken := "update policy_revisions set state = '" + place + "', activated_at = null where revision = 'old';"
		says("a "+place+" beside another", taken, move("new", place), "occupied")
		says("active beside a "+place, taken, move("new", "active"), "")
	}
	says("a canary grows", "update policy_revisions set state = 'canary' where revision = 'new';", move("new", "canary"), "")
	const widens = "update policy_revisions set widens = true where revision = 'new';"
	approved := func(revision, who, verdict string) string {
		return widens + fmt.Sprintf("insert into policy_approvals (id, revision_id, approver_id, verdict) select gen_random_uuid(), '%s', who, '%s' from names where n = '%s';", revisionOf(revision), verdict, who)
	}
	for _, to := range []string{"canary", "active"} {
		says("what widens, alone, to "+to, widens, move("new", to), "second_approver")
		says("what widens, approved, to "+to, approved("new", "b", "approved"), move("new", to), "")
	}
	says("what widens, as a shadow", widens, move("new", "shadow"), "")
	says("what widens, approved by its author", approved("new", "a", "approved"), move("new", "active"), "second_approver")
	says("what widens, rejected", approved("new", "b", "rejected"), move("new", "active"), "second_approver")
	says("what widens, another's approval", approved("old", "b", "approved"), move("new", "active"), "second_approver")

	propose := func(revision string) string {
		id := "00000000-0000-7000-8000-000000000000"
		return w.call("policy_propose", []string{"policy.propose", id, revision, "11", hexSum("b"), author}, quoted(id), quoted(revision), "11", "'b'", quoted(author), "'n'", "now() + interval '1 day'")
	}
	does("a policy is proposed", "", propose("x"), state("x", "draft"))
	for _, from := range []string{"draft", "reviewed", "retired"} {
		does("proposed again, "+from, approved("new", "b", "approved")+"update policy_revisions set state = '"+from+"' where revision = 'new';", propose("new"),
			"(select state = 'draft' and sequence = 11 and not widens from policy_revisions where revision = 'new') and not exists (select from policy_approvals)")
	}
	does("proposed again, and another's approvals stay", approved("old", "b", "approved"), propose("new"), "exists (select from policy_approvals)")
	for _, from := range []string{"shadow", "canary", "active"} {
		scene := "update policy_revisions set state = 'retired' where revision = 'run'; update policy_revisions set state = '" + from + "' where revision = 'new';"
		add("proposed again, "+from, shelf+scene, "select count(*) from "+propose("new")+" done where done.refused = 'deployed'", "", rows(1))
	}

	reviewed := func(name, passed string) string {
		id := revisionOf(name)
		return w.call("policy_review", []string{"policy.review", id, hexSum("{}"), passed, "t", "base"}, quoted(id), "'{}'", quoted(passed), "true", "'base'")
	}
	review := func(name string) string { return reviewed(name, "t") }
	does("what does not pass is a draft", "", reviewed("new", "f"), state("new", "draft"))
	does("a draft is reviewed", approved("new", "b", "approved")+"update policy_revisions set state = 'draft' where revision = 'new';", review("new"),
		"(select state = 'reviewed' and base = 'base' and widens from policy_revisions where revision = 'new') and not exists (select from policy_approvals)")
	does("it alone", approved("old", "b", "approved")+"update policy_revisions set state = 'draft' where revision = 'old';", review("new"), "(select count(*) = 1 from policy_revisions where base = 'base') and exists (select from policy_approvals)")
	for _, from := range []string{"shadow", "canary", "active", "retired"} {
		says("reviewed again, "+from, "update policy_revisions set state = 'retired' where revision = 'run'; update policy_revisions set state = '"+from+"' where revision = 'new';", review("new"), "wrong_state")
	}

	judge := func(name, who, verdict string) string {
		id := revisionOf(name)
		return w.call("policy_judge", []string{"policy.judge", id, who, verdict}, quoted(id), "gen_random_uuid()", quoted(who), quoted(verdict), "'n'")
	}
	const people = "update policy_revisions p set author_id = '[A]'; set session_replication_role = replica;"
	does("somebody else approves", people, judge("new", other, "approved"), "exists (select from policy_approvals where revision_id = '"+revisionOf("new")+"' and verdict = 'approved') and "+state("new", "reviewed"))
	does("or rejects", people, judge("new", other, "rejected"), state("new", "retired")+" and "+state("run", "active"))
	does("a shadow too", people+"update policy_revisions set state = 'shadow' where revision = 'new';", judge("new", other, "approved"), state("new", "shadow"))
	says("not its author", people, judge("new", author, "approved"), "own_work")
	says("not twice", people+"insert into policy_approvals (id, revision_id, approver_id, verdict) values ('[C]', '"+revisionOf("new")+"', '[B]', 'approved');", judge("new", other, "approved"), "judged_before")
	says("not what is a draft", people+"update policy_revisions set state = 'draft' where revision = 'new';", judge("new", other, "approved"), "wrong_state")
	says("not what runs", people, judge("run", other, "approved"), "wrong_state")
	says("not what nobody proposed", people, judge("none", other, "approved"), "wrong_state")
	w.rollbacks(says, does, add)
}

// rollbacks are the ways back, and what nodes are told.
func (w *world) rollbacks(says, does func(what, scene, call, want string), add func(what, scene, sql, look, want string) *step) {
	back := func(to, from string) string {
		id := revisionOf(to)
		return w.call("policy_rollback", []string{"policy.rollback", id, from, "12", hexSum("b"), "-"}, quoted(id), quoted(from), "12", "'b'", "null", "null", "'why'")
	}
	const after = `(select array_agg(revision || ' ' || state || ' ' || sequence order by revision) from policy_revisions)`
	does("back to what ran once", "", back("old", "run"), after+" = '{new reviewed 7,old active 12,run retired 5}' and (select moved_why = 'why' from policy_revisions where revision = 'run')")
	does("and nothing stays beside it", "update policy_revisions set state = 'canary' where revision = 'new';", back("old", "run"), after+" = '{new retired 7,old active 12,run retired 5}'")
	does("nor a shadow", "update policy_revisions set state = 'shadow' where revision = 'new';", back("old", "run"), after+" = '{new retired 7,old active 12,run retired 5}'")
	does("back to what the program was built with", "", w.call("policy_rollback", []string{"policy.rollback", "-", "run", "-", "-", "-"}, "null", "'run'", "null", "null", "null", "null", "'why'"),
		after+" = '{new reviewed 7,old retired 1,run retired 5}'")
	says("back from what does not run", "", back("old", "new"), "not_active")
	says("back from nothing", "update policy_revisions set state = 'retired';", back("old", "run"), "not_active")
	says("back to what never ran", "update policy_revisions set activated_at = null where revision = 'old';", back("old", "run"), "never_active")
	says("back to what is not retired", "update policy_revisions set state = 'reviewed' where revision = 'old';", back("old", "run"), "never_active")
	says("back to what nobody proposed", "", back("none", "run"), "never_active")

	deployed := w.call("policy_deployed", []string{"policy.deployed"})
	deployed = strings.Replace(deployed, "(, ", "(", 1)
	add("nodes are told what runs", shelf, "select count(*) from "+deployed, "", rows(1))
	add("and of what is beside it", shelf+"update policy_revisions set state = 'shadow' where revision = 'new'; update policy_revisions set state = 'canary' where revision = 'old';",
		"select count(*) from "+deployed, "", rows(3))
	before := strings.Replace(w.call("policy_before", []string{"policy.before"}), "(, ", "(", 1)
	add("what ran before is found", shelf+"update policy_revisions set moved_why = 'replaced' where revision = 'old';", "select count(*) from "+before+" where id = '"+revisionOf("old")+"'", "", rows(1))
	add("not what was taken back", shelf+"update policy_revisions set moved_why = 'slow' where revision = 'old';", "select count(*) from "+before, "", rows(0))
	add("nor what is on its way again", shelf+"update policy_revisions set moved_why = 'replaced', state = 'draft' where revision = 'old';", "select count(*) from "+before, "", rows(0))
	next := strings.Replace(w.call("policy_next", []string{"policy.next"}), "(, ", "(", 1)
	add("each bundle has a number of its own", shelf, "select count(*) where "+next+" = 8", "", rows(1))
	observe := func(n string) string {
		id := revisionOf("new")
		return w.call("policy_observe", []string{"policy.observe", id, "node", n, "1", "0", hexSum("[]")}, "gen_random_uuid()", quoted(id), "'node'", n, "1", "0", "'[]'")
	}
	does("a shadow's report is kept", "", observe("5"), "exists (select from policy_shadows where compared = 5)")
	does("and takes the place of the one before", fmt.Sprintf("insert into policy_shadows (id, revision_id, node, compared, differing, dropped) values ('[C]', '%s', 'node', 1, 1, 1);", revisionOf("new")),
		observe("5"), "(select count(*) = 1 and sum(compared) = 5 from policy_shadows)")
}
