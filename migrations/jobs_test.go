package migrations_test

import (
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
)

// jobs adds what the functions of the queue must do, and what opens it.
func (w *world) jobs(add func(what, scene, sql, look, want string) *step) {
	job := func(unique string, at time.Time) string {
		return fmt.Sprintf(`{"kind": "k", "org": "%s", "lane": "local", "attempts": 3, "unique": "%s", "at": "%s"}`, w.b, unique, at.Format(time.RFC3339))
	}
	prove := func(message string) string { return w.Key.Prove(message) }
	calling := func(function, text string) string {
		return fmt.Sprintf("select app.%s('%s', '%s')", function, text, prove("job "+text))
	}
	now := time.Now().UTC()
	due, later := job("u", now.Add(-time.Hour)), job("u", now.Add(time.Hour))
	const all = "select count(*) from river.river_job"
	enqueue := calling("enqueue", due)
	add("a job that is due", "", enqueue, all+" where state = 'available'", rows(1))
	add("a job for later", "", calling("enqueue", later), all+" where state = 'scheduled'", rows(1))
	add("a job once", enqueue, enqueue, all, rows(1))
	for state, n := range map[string]int{"completed": 1, "cancelled": 2, "discarded": 2} {
		add("a job that is "+state, enqueue+"; update river.river_job set finalized_at = now(), state = '"+state+"'", enqueue, all, rows(n))
	}
	add("a job without its proof", "", strings.Replace(enqueue, `"k"`, `"l"`, 1), all, refused)
	facts := strings.Replace(calling("job_facts", due), "select app.", "select count(*) from app.", 1)
	add("the clinic of a job", "", facts+" where slug = 'b' and status = 'active'", "", rows(1))
	add("of no clinic", "", strings.Replace(calling("job_facts", strings.Replace(due, w.b.String(), uuid.Nil.String(), 1)), "select app.", "select count(*) from app.", 1)+" where slug is null and status is null", "", rows(1))
	add("of a job without its proof", "", strings.Replace(facts, `"k"`, `"l"`, 1), "", refused)
	w.ending(add, enqueue)

	slot := func(name, text string) string {
		return fmt.Sprintf("select app.enqueue_slot('%s', '%s', '%s', '%s')", name, text, prove("job "+text), prove("job.slot "+name+" "+text))
	}
	next := job("n", now.Add(-time.Minute))
	add("a slot of a name that is new", "", slot("s", due), all, rows(0))
	add("is kept", "", slot("s", due), "select count(*) from river.job_slots where name = 's'", rows(1))
	add("the next slot", slot("s", due), slot("s", next), all, rows(1))
	add("the same slot", slot("s", next), slot("s", next), all, rows(0))
	add("a slot before it", slot("s", next), slot("s", due), all, rows(0))
	add("a slot of another name", slot("r", due)+";"+slot("s", due), slot("s", next), "select count(distinct slot) from river.job_slots", rows(2))
	add("says that there is a job", slot("s", due), "select count(*) where ("+slot("s", next)+")", "", rows(1))
	add("says that there is none", slot("s", next), "select count(*) where not ("+slot("s", next)+")", "", rows(1))
	add("says that there was one", slot("s", due)+";"+calling("enqueue", next), "select count(*) where not ("+slot("s", next)+")", "", rows(1))
	add("a slot without its proof", "", strings.Replace(slot("s", due), "'s'", "'r'", 1), all, refused)

	expired := func(what, scene string, most, n int) {
		scene = "update idempotency_keys set expires_at = now() - interval '1 second';" + scene
		add(what, scene, fmt.Sprintf("select count(*) from app.expired_keys(%d, '%s')", most, prove(fmt.Sprintf("job.expired %d", most))), "", rows(n))
	}
	expired("clinics have expired keys", "", 10, 2)
	expired("one at most", "", 1, 1)
	expired("a clinic has none", "update idempotency_keys set expires_at = now() + interval '1 second' where org_id = '[A]'", 10, 1)
	expired("and the directory sees them", "create policy open on idempotency_keys for select to cascade_directory using (true); update idempotency_keys set expires_at = now() + interval '1 second' where org_id = '[A]'", 10, 1)
	expired("no clinic has any", "delete from idempotency_keys", 10, 0)
	expired("a suspended clinic has some", "update organizations set status = 'suspended' where id = '[A]'", 10, 1)
	add("which, without a proof", "", fmt.Sprintf("select count(*) from app.expired_keys(10, '%s')", prove("job.expired 9")), "", refused)
	add("keys in use, to the directory itself", "update idempotency_keys set expires_at = now() + interval '1 second' where org_id = '[A]'; update idempotency_keys set expires_at = now() - interval '1 second' where org_id = '[B]'",
		"select count(org_id) from idempotency_keys", "", rows(1)).role = "cascade_directory"
}

// ending adds how a job ends, and who sees the queue.
func (w *world) ending(add func(what, scene, sql, look, want string) *step, enqueue string) {
	const running = "; update river.river_job set id = 7, state = 'running', attempt = 2"
	const another = "; insert into river.river_job select (jsonb_populate_record(j, '{\"id\": 8, \"unique_key\": null}')).* from river.river_job j"
	const ended = "select count(*) from river.river_job where state = 'completed' and finalized_at is not null"
	done := func(id, attempt int) string {
		return fmt.Sprintf("select app.job_done(%d, %d, '%s')", id, attempt, w.Key.Prove(fmt.Sprintf("job.done %d %d", id, attempt)))
	}
	add("a job ends", enqueue+running+another, done(7, 2), ended+" and id = 7", rows(1))
	add("and no other", enqueue+running+another, done(7, 2), ended, rows(1))
	add("another attempt's", enqueue+running, done(7, 1), ended, "55000")
	add("another job", enqueue+running, done(9, 2), ended, "55000")
	add("a job that nobody works", enqueue+running+", scheduled_at = now(); update river.river_job set state = 'available'", done(7, 2), ended, "55000")
	add("an end without its proof", enqueue+running, strings.Replace(done(7, 2), "7", "8", 1), ended, refused)
	add("of a job that was changed", enqueue+running+"; update river.river_job set args = jsonb_set(args, '{job}', '\"{}\"')", done(7, 2), ended, refused)
	pid := w.conn.PgConn().PID()
	seal := func(pid uint32, in time.Duration) string {
		until := time.Now().Add(in).Unix()
		return fmt.Sprintf("%d %s", until, w.Key.Prove(fmt.Sprintf("job.work %d %d", pid, until)))
	}
	for what, tc := range map[string]struct{ seal, want string }{
		"no seal": {"", rows(0)}, "a seal": {seal(pid, time.Hour), rows(1)}, "a seal that expired": {seal(pid, -2*time.Second), refused},
		"another backend's seal": {seal(pid+1, time.Hour), refused}, "no proof": {"9999999999 x", refused},
	} {
		scene := enqueue + fmt.Sprintf("; select set_config('app.working', '%s', true)", tc.seal)
		add("a worker with "+what, scene, "select count(*) from river.river_job", "", tc.want)
	}
}
