package migrations_test

import "fmt"

// proving makes a proof of the seal key over a message that ends in the time of
// asking, for the steps' statements to use: $proof and $at.
func proving(message, at string) string {
	return fmt.Sprintf(`
		select set_config('test.at', (extract(epoch from now())::bigint %s)::text, true);
		select set_config('test.proof', (select k.kid || '.' || encode(sha256(k.outer_pad || sha256(k.inner_pad ||
			convert_to('%s ' || current_setting('test.at'), 'UTF8'))), 'hex') from app.seal_keys k limit 1), true);`, at, message)
}

// recordings is what may be claimed, and by whom.
func (w *world) recordings(add func(what, scene, sql, look, want string) *step) {
	const (
		proof = `current_setting('test.at')::bigint, current_setting('test.proof')`
		queue = `update organizations set kind = 'clinic', status = 'active';
			update recording_upload_queue set status = 'pending', next_attempt_at = now() - interval '1 hour', attempt_count = 1,
				lease_token = null, lease_owner = null, lease_expires_at = null, priority = 100;`
		another = `insert into recording_upload_queue select (jsonb_populate_record(q, '{"id": "00000000-0000-0000-0000-0000000000aa", "kind": "assistant"}')).* from recording_upload_queue q where org_id = '[A]';`
	)
	claim := func(what, scene string, most, share, n int, look string) {
		add(what, queue+scene+proving(fmt.Sprintf("recording.claim w %d %d 60", most, share), ""),
			fmt.Sprintf("select count(*) from app.claim_recordings('w', %d, %d, 60, %s)", most, share, proof), look, rows(n))
	}
	gone := func(what, set string) {
		claim(what, "update recording_upload_queue set "+set+" where org_id = '[A]';", 10, 9, 1, "")
	}
	claim("what is due", "", 10, 9, 2, "")
	claim("no more than asked for", "", 1, 9, 1, "")
	claim("nothing", "", 0, 9, 0, "")
	claim("of a suspended clinic", "update organizations set status = 'suspended' where id = '[A]';", 10, 9, 1, "")
	gone("what is done", "status = 'done'")
	gone("what is dead", "status = 'dead'")
	gone("what is not due", "next_attempt_at = now() + interval '1 second'")
	gone("what another holds", "status = 'leased', next_attempt_at = now() + interval '1 second'")
	claim("what another held", "update recording_upload_queue set status = 'leased', lease_expires_at = now() - interval '1 minute' where org_id = '[A]';", 10, 9, 2, "")
	claim("what another held, of a small share", "update recording_upload_queue set status = 'leased', lease_expires_at = now() - interval '1 minute' where org_id = '[A]';", 10, 1, 2, "")
	claim("what waits is not held", another+"update recording_upload_queue set next_attempt_at = now() + interval '1 hour' where kind = 'assistant';", 10, 1, 2, "")
	claim("what is not due hides nothing", another+"update recording_upload_queue set priority = 1, next_attempt_at = now() + interval '1 hour' where kind = 'assistant';", 10, 1, 2, "")
	claim("what is done hides nothing", another+"update recording_upload_queue set priority = 1, status = 'done' where kind = 'assistant';", 10, 1, 2, "")
	claim("a namesake elsewhere", "update recording_upload_queue set id = '00000000-0000-0000-0000-0000000000bb';", 1, 9, 1, `select count(*) from recording_upload_queue where status = 'leased'`)
	claim("two of a clinic", another, 10, 2, 3, "")
	claim("a clinic's share", another, 10, 1, 2, "")
	claim("a share that is held", another+"update recording_upload_queue set status = 'leased', next_attempt_at = now() + interval '1 second' where kind = 'assistant';", 10, 1, 1, "")
	claim("a lease is a lease", "", 10, 9, 2, `select count(*) from recording_upload_queue where status = 'leased' and lease_owner = 'w' and lease_token is not null
		and attempt_count = 2 and lease_expires_at = now() + interval '60 seconds' and next_attempt_at = lease_expires_at`)
	claim("each has a token of its own", "", 10, 9, 2, `select count(distinct lease_token) from recording_upload_queue`)
	const late = "update recording_upload_queue set next_attempt_at = now() - interval '2 hours' where org_id = '[A]';"
	claim("who was served longest ago comes first", late+"update recording_upload_queue set lease_expires_at = now() - interval '1 day'; update recording_upload_queue set lease_expires_at = now() - interval '2 days' where org_id = '[B]';",
		1, 9, 1, `select count(*) from recording_upload_queue where status = 'leased' and org_id = '[B]'`)
	claim("who was never served before those", late+"update recording_upload_queue set lease_expires_at = now() - interval '1 day' where org_id <> '[B]';",
		1, 9, 1, `select count(*) from recording_upload_queue where status = 'leased' and org_id = '[B]'`)
	claim("who holds fewest comes first", another+"update recording_upload_queue set status = 'leased', next_attempt_at = now() + interval '1 second' where kind = 'assistant'; update recording_upload_queue set lease_expires_at = now() - interval '1 hour' where org_id <> '[A]';",
		1, 9, 1, `select count(*) from recording_upload_queue where status = 'leased' and org_id <> '[A]'`)
	claim("the urgent of a clinic first", another+"update organizations set status = 'suspended' where id <> '[A]'; update recording_upload_queue set priority = 1, next_attempt_at = now() where kind = 'assistant';",
		1, 9, 1, `select count(*) from recording_upload_queue where status = 'leased' and kind = 'assistant'`)

	directly := func(what, scene, sql string, want string) {
		add(what, queue+scene, sql, "", want).role = "cascade_directory"
	}
	const lease = "update recording_upload_queue set status = 'leased' where org_id = '[A]'"
	directly("the directory leases", "", lease, rows(1))
	directly("nothing that is done", "update recording_upload_queue set status = 'done';", lease, rows(0))
	directly("nothing that is not due", "update recording_upload_queue set next_attempt_at = now() + interval '1 second';", lease, rows(0))
	directly("and does nothing else", "", "update recording_upload_queue set status = 'done' where org_id = '[A]'", "42501")

	for what, p := range map[string]struct{ message, at, want string }{
		"lately": {"recording.claim w 10 9 60", "- 50", ""}, "soon": {"recording.claim w 10 9 60", "+ 50", ""},
		"long ago": {"recording.claim w 10 9 60", "- 120", "42501"}, "for later": {"recording.claim w 10 9 60", "+ 120", "42501"},
		"of another worker": {"recording.claim x 10 9 60", "", "42501"}, "for fewer": {"recording.claim w 9 9 60", "", "42501"},
		"of a smaller share": {"recording.claim w 10 8 60", "", "42501"}, "for a shorter lease": {"recording.claim w 10 9 6", "", "42501"},
		"for something else": {"recording.clinics w 10 9 60", "", "42501"},
	} {
		want := p.want
		if want == "" {
			want = rows(2)
		}
		add("a proof "+what, queue+proving(p.message, p.at), "select count(*) from app.claim_recordings('w', 10, 9, 60, "+proof+")", "", want)
	}
	add("no proof", queue, "select count(*) from app.claim_recordings('w', 10, 9, 60, extract(epoch from now())::bigint, null)", "", "42501")
	add("no time", queue+proving("recording.claim w 10 9 60", ""), "select count(*) from app.claim_recordings('w', 10, 9, 60, null, current_setting('test.proof'))", "", "42501")

	clinics := func(what, scene, after string, most, n int) {
		add(what, queue+scene+proving(fmt.Sprintf("recording.clinics %s %d", after, most), ""),
			fmt.Sprintf("select count(*) from app.recording_clinics('%s', %d, %s)", after, most, proof), "", rows(n))
	}
	const nobody = "00000000-0000-0000-0000-000000000000"
	others := "update organizations set kind = 'partner' where id not in ('[A]', '[B]', '[C]');"
	clinics("clinics", others, nobody, 10, 3)
	clinics("some clinics", others, nobody, 2, 2)
	clinics("clinics that are served", others+"update organizations set status = 'closed' where id = '[A]';", nobody, 10, 2)
	clinics("no partners", others+"update organizations set kind = 'partner' where id = '[A]';", nobody, 10, 2)
	clinics("none after the last", others, "ffffffff-ffff-ffff-ffff-ffffffffffff", 10, 0)
	add("clinics without a proof", queue, "select count(*) from app.recording_clinics('"+nobody+"', 10, extract(epoch from now())::bigint, null)", "", "42501")

	health := func(what, scene, truth string) {
		add(what, queue+`update recording_upload_metrics set status = 'success', created_at = now();`+scene+proving("recording.health", ""),
			"select count(*) from app.recording_health("+proof+") h where "+truth, "", rows(1))
	}
	health("all waits", "", "h.waiting = 2 and h.late_seconds = 3600 and h.below = 0")
	health("one is held", "update recording_upload_queue set status = 'leased', next_attempt_at = now() + interval '1 second' where org_id = '[A]';", "h.waiting = 1")
	health("one was held", "update recording_upload_queue set status = 'leased' where org_id = '[A]';", "h.waiting = 2")
	health("none waits", "update recording_upload_queue set status = 'done';", "h.waiting = 0 and h.late_seconds = 0")
	health("one clinic fails", "update recording_upload_metrics set status = 'failure' where org_id = '[A]';", "h.below = 1")
	health("it failed before", "update recording_upload_metrics set status = 'failure', created_at = now() - interval '61 minutes' where org_id = '[A]';", "h.below = 0")
	add("health without a proof", queue, "select count(*) from app.recording_health(extract(epoch from now())::bigint, null)", "", "42501")
}
