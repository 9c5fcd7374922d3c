package migrations_test

import (
	"fmt"
)

// breakGlass is how sessions of support staff begin and end.
func (w *world) breakGlass(add func(what, scene, sql, look, want string) *step) {
	const (
		session = "00000000-0000-7000-8000-000000000009"
		// One request of b's, a minute ago, in clinic b; sessions of others stand beside it.
		asked = `update organizations set kind = 'clinic';
			update break_glass_sessions set approved_by = null, starts_at = null, expires_at = null, ended_at = null, created_at = now() - interval '1 minute';
			insert into break_glass_sessions (org_id, id, user_id, reason, ticket, minutes, created_at)
			values ('[B]', '` + session + `', '[B]', 'the calls do not arrive', 'T-1', 30, now() - interval '1 minute');`
		// A session with the same id in another clinic is nobody's business.
		twin = `update break_glass_sessions set id = '` + session + `' where org_id = '[A]';`
		mine = "(select count(*) from break_glass_sessions where id = '" + session + "' and org_id = '[B]' and "
	)
	user, other := w.b.String(), w.a.String()
	says := func(what, scene, truth string) {
		add(what, asked+scene, "select count(*) where "+truth, "", rows(1))
	}
	does := func(what, scene, call, look string) {
		add(what, asked+scene, "select count(*) from "+call+" done where done is not null", "select count(*) where "+look, rows(1))
	}
	request := func(place string) string {
		id := "00000000-0000-7000-8000-000000000008"
		return w.call("break_glass_request", []string{"break_glass.request", id, place, user, "20"}, quoted(id), quoted(place), quoted(user), "'the calls do not arrive'", "'T-2'", "20", "now()")
	}
	const made = "(select count(*) = 1 from break_glass_sessions where ticket = 'T-2' and minutes = 20 and org_id = '[B]' and approved_by is null)"
	does("a session is asked for by the clinic's slug", "", request("b"), made)
	does("or by its id", "", request(w.b.String()), made)
	says("in no clinic", "", request("nowhere")+" is null")
	add("and nothing is kept then", asked, "select count(*) from "+request("nowhere"), "select count(*) where not exists (select from break_glass_sessions where ticket = 'T-2')", rows(1))
	says("not in one that is suspended", "update organizations set status = 'suspended';", request("b")+" is null")
	says("not with a partner", "update organizations set kind = 'partner';", request("b")+" is null")

	approve := func(who string) string {
		return w.call("break_glass_approve", []string{"break_glass.approve", session, who}, quoted(session), quoted(who), "now()")
	}
	opened := mine + "approved_by = '[A]' and starts_at = now() and expires_at = now() + interval '30 minutes') = 1"
	does("somebody else opens it, for as long as was asked", "", approve(other), opened)
	does("and no other", "", approve(other), "(select count(*) = 1 from break_glass_sessions where approved_by is not null)")
	does("not its namesake elsewhere", twin+"update break_glass_sessions set created_at = now() where org_id = '[A]';", approve(other), "(select count(*) = 1 from break_glass_sessions where approved_by is not null)")
	refuses := func(what, scene, who, code string) {
		add(what, asked+scene, fmt.Sprintf("select count(*) from %s done where done.refused = '%s'", approve(who), code),
			"select count(*) where "+mine+"starts_at = now()) = 0", rows(1))
	}
	refuses("not oneself", "", user, "own_request")
	refuses("not after its end", "update break_glass_sessions set ended_at = now();", other, "ended")
	refuses("not twice", "update break_glass_sessions set approved_by = '[C]', starts_at = now() - interval '1 minute', expires_at = now();", other, "approved_before")
	refuses("not after an hour", "update break_glass_sessions set created_at = now() - interval '61 minutes';", other, "too_late")
	refuses("not what nobody asked for", "delete from break_glass_sessions;", other, "not_found")

	end := func(who string) string {
		arg, name := "null", "-"
		if who != "" {
			arg, name = quoted(who), who
		}
		return w.call("break_glass_end", []string{"break_glass.end", session, name}, quoted(session), arg, "now()")
	}
	ended := mine + "ended_at = now()) = 1 and (select count(*) = 1 from break_glass_sessions where ended_at is not null)"
	does("who asked ends it", "", end(user), ended)
	does("security ends it", "", end(""), ended)
	does("and not its namesake elsewhere", twin, end(user), ended)
	says("nobody else does", "", end(other)+" is null")
	does("what has ended stays as it ended", "update break_glass_sessions set ended_at = now() - interval '1 minute';", end(user), mine+"ended_at < now()) = 1")

	told := w.call("break_glass_session", []string{"break_glass.session", session}, quoted(session))
	says("who did something with a session is told of it", "", told+" ->> 'ticket' = 'T-1' and "+told+" ->> 'org_id' = '[B]'")
	add("with a proof over another", asked, "select count(*) where "+w.call("break_glass_session", []string{"break_glass.session", other}, quoted(session))+" is null", "", refused)
}
