package migrations_test

import (
	"fmt"
	"strings"

	"github.com/google/uuid"
)

// log adds what the functions of the decision log must do. The chains c, d and e
// have three records each, a minute apart, the first an hour old.
func (w *world) log(add func(what, scene, sql, look, want string) *step) {
	const chains = `
		delete from audit_decision_orgs; delete from audit_decisions;
		insert into audit_decisions (id, chain, seq, at, request_id, subject_kind, action, resource, allow, reason, revision, body, prev_hash, hash)
		select gen_random_uuid(), c, n, now() - interval '61 minutes' + interval '1 minute' * n, '', '', '', '', true, '', '', repeat('x', n::int), sha256(''), sha256('')
		  from unnest(array['c', 'd', 'e']) c, generate_series(1, 3) n;`
	ours, other := uuid.MustParse("018f0000-0000-7000-8000-000000000001"), uuid.MustParse("018f0000-0000-7000-8000-000000000002")
	lease := func(holder uuid.UUID, seconds int) string {
		return fmt.Sprintf("select app.log_lease('s', '%s', %d, '%s')", holder, seconds, w.Key.Prove(fmt.Sprintf("log.lease s %s %d", holder, seconds)))
	}
	says := func(truth bool, call string) string {
		return fmt.Sprintf("select count(*) where (%s) = %t", call, truth)
	}
	const held = "select count(*) from decision_log.sinks where holder = '%s' and until > now()"
	add("a lease", "", lease(ours, 60), fmt.Sprintf(held, ours), rows(1))
	add("a lease is given", "", says(true, lease(ours, 60)), "", rows(1))
	add("one's own is renewed", lease(ours, 1), lease(ours, 60), "select count(*) from decision_log.sinks where until > now() + interval '30 seconds'", rows(1))
	add("another's is not given", lease(other, 60), says(false, lease(ours, 60)), "", rows(1))
	add("nor taken", lease(other, 60), lease(ours, 60), fmt.Sprintf(held, other), rows(1))
	add("one that is over is", lease(other, 0), lease(ours, 60), fmt.Sprintf(held, ours), rows(1))
	add("one that is given back is over", lease(ours, 60), lease(ours, 0), fmt.Sprintf(held, ours), rows(0))
	add("without a proof none is", "", strings.Replace(lease(ours, 60), "60", "61", 1), fmt.Sprintf(held, ours), refused)

	cursors := chains + lease(ours, 60) + "; insert into decision_log.cursors values ('s', 'c', 1), ('s', 'd', 3);"
	elsewhere := chains + fmt.Sprintf("insert into decision_log.sinks values ('z', '%s', now()); insert into decision_log.cursors values ('z', 'c', 1), ('z', 'd', 3);", ours)
	next := func(after string, most int, where string) string {
		return fmt.Sprintf("select count(*) from app.log_next('s', '%s', %d, '%s')%s", after, most, w.Key.Prove(fmt.Sprintf("log.next s %s %d", after, most)), where)
	}
	add("everything comes next", chains, next("", 10, ""), "", rows(9))
	add("of a chain from its beginning", chains, next("", 2, " where chain = 'c' and seq <= 2"), "", rows(2))
	add("to a sink that has nothing", elsewhere, next("", 10, ""), "", rows(9))
	add("what a sink has not got", cursors, next("", 10, ""), "", rows(5))
	add("of the first chain", cursors, next("", 10, " where chain = 'c' and seq > 1 and bytes = seq"), "", rows(2))
	add("after a chain", cursors, next("c", 10, " where chain = 'e'"), "", rows(3))
	add("and no other", cursors, next("c", 10, ""), "", rows(3))
	add("after the last chain", cursors, next("e", 10, ""), "", rows(0))
	add("four at most", cursors, next("", 4, ""), "", rows(4))
	add("without a proof", chains, strings.Replace(next("", 10, ""), "10", "11", 1), "", refused)
	w.delivering(add, chains, cursors, lease, ours, other)
}

func (w *world) delivering(add func(what, scene, sql, look, want string) *step, chains, cursors string, lease func(uuid.UUID, int) string, ours, other uuid.UUID) {
	delivered := func(holder uuid.UUID, seq int) string {
		return fmt.Sprintf("select app.log_delivered('s', '%s', array['c', 'e'], array[%d, 1], '%s')", holder, seq,
			w.Key.Prove(fmt.Sprintf("log.delivered s %s c:%d,e:1", holder, seq)))
	}
	const all = "select sum(seq) from decision_log.cursors where sink = 's'"
	add("what a sink has got is noted", cursors, delivered(ours, 2), all, rows(6))
	add("and never less", cursors+"update decision_log.cursors set seq = 3;", delivered(ours, 2), all, rows(7))
	add("by who has the lease", cursors, delivered(other, 2), all, "55000")
	add("while it has it", cursors+lease(ours, 0)+";", delivered(ours, 2), all, "55000")
	add("for that sink", strings.Replace(cursors, "; insert", "; insert into decision_log.sinks values ('z', '"+other.String()+"', now() + interval '1 minute'); insert", 1), delivered(other, 2), all, "55000")
	add("with a proof", cursors, strings.Replace(delivered(ours, 2), "[2, 1]", "[3, 1]", 1), all, refused)
	refuse := func(seq int) string {
		return fmt.Sprintf("select app.log_refused('s', '%s', 'c', %d, 400, '%s')", ours, seq, w.Key.Prove(fmt.Sprintf("log.refused s %s c %d 400", ours, seq)))
	}
	const aside = "select count(*) from decision_log.refused where sink = 's' and chain = 'c' and seq = 2 and status = 400"
	add("a record is set aside", cursors, refuse(2), aside, rows(1))
	add("once", cursors+refuse(2)+";", refuse(2), aside, rows(1))
	add("not without a proof", cursors, strings.Replace(refuse(2), "400", "401", 1), aside, refused)
	lag := func(where string) string {
		return "select count(*) from app.log_lag('s', '" + w.Key.Prove("log.lag s") + "')" + where
	}
	add("how old is the oldest", chains, lag(" where oldest = now() - interval '60 minutes' and refused = 0"), "", rows(1))
	add("that a sink has not got", cursors+"update decision_log.cursors set seq = 2 where chain = 'c'; insert into decision_log.cursors values ('s', 'e', 1);",
		lag(" where oldest = now() - interval '59 minutes'"), "", rows(1))
	add("and not another sink", cursors+"insert into decision_log.sinks values ('z', '"+other.String()+"', now()); insert into decision_log.cursors values ('z', 'e', 3);",
		lag(" where oldest = now() - interval '60 minutes'"), "", rows(1))
	add("when it has all", cursors+"insert into decision_log.cursors values ('s', 'e', 3) ; update decision_log.cursors set seq = 3;", lag(" where oldest is null"), "", rows(1))
	add("when it has all of a short chain", cursors+"insert into decision_log.cursors values ('s', 'e', 3); delete from audit_decisions where chain = 'c' and seq > 1;", lag(" where oldest is null"), "", rows(1))
	add("what was set aside is counted", cursors+refuse(2)+"; insert into decision_log.sinks values ('z', '"+other.String()+"', now()); insert into decision_log.refused values ('z', 'c', 1, 1);",
		lag(" where refused = 1"), "", rows(1))
	add("and not told without a proof", chains, strings.Replace(lag(""), "'s'", "'t'", 1), "", refused)
}
