package migrations_test

import (
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
)

// asks is a call of a function that wants a proof, with the genuine one.
func (w *world) asks(function, what, request string) string {
	request = strings.NewReplacer("[A]", w.a.String(), "[B]", w.b.String()).Replace(request)
	return fmt.Sprintf("app.%s('%s', '%s')", function, request, w.Key.Prove(what+" "+request))
}

// onboarding is what the platform's functions do to one clinic, and to no other.
func (w *world) onboarding(holds func(what, scene, truth string), add func(what, scene, sql, look, want string) *step) {
	until := time.Now().Add(time.Hour).Unix()
	org, id := uuid.NewString(), uuid.NewString()
	const create = "organization.create"
	request := func(org string, slugs string) string {
		return fmt.Sprintf(`{"e": %d, "id": "%s", "name": "N", "slugs": [%s], "timezone": "UTC", "region": "us", "locale": "en-US", "email": "o@example.test",
			"invitation": "%s", "invited_by": "%s", "token_hash": "%s", "expires_at": "2099-01-01T00:00:00Z", "onboarding": "%s", "secrets": "00", "request": {}}`,
			until, org, slugs, id, id, strings.Repeat("00", 32), id)
	}
	made := w.asks("create_organization", create, request(org, `"new"`))
	holds("a clinic is made", "", made+" = 'new'")
	for table, where := range map[string]string{
		"organizations": "id = '%s' and kind = 'clinic' and status = 'active' and slug = 'new'",
		"onboardings":   "org_id = '%s' and status = 'running' and verified_at is null",
		"invitations":   "org_id = '%s' and role = 'owner' and accepted_at is null",
	} {
		add("a clinic is made, with its "+table, "", "select "+made, "select count(*) from "+table+" where "+fmt.Sprintf(where, org), rows(1))
	}
	holds("of slugs that are taken the next is got", "", w.asks("create_organization", create, request(org, `"a", "b", "new", "newer"`))+" = 'new'")
	add("once", "", "select "+w.asks("create_organization", create, request(org, `"new", "newer"`)), "select count(*) from organizations where slug = 'newer'", rows(0))
	add("one of that id is left alone", "", "select "+w.asks("create_organization", create, request("[A]", `"new"`)),
		"select count(*) from organizations where slug = 'new' or (id = '[A]' and slug <> 'a')", rows(0))
	holds("and answers null", "", w.asks("create_organization", create, request("[A]", `"new"`))+" is null")

	clinics := "update organizations set kind = 'clinic'; "
	status := func(org, to string) string {
		return w.asks("set_organization_status", "organization.status", fmt.Sprintf(`{"e": %d, "id": "%s", "status": "%s"}`, until, org, to))
	}
	mixed := clinics + "update organizations set status = 'suspended' where id = '[A]'; "
	holds("the status before", mixed, status("[A]", "active")+" = 'suspended'")
	holds("the status before", mixed, status("[B]", "suspended")+" = 'active'")
	add("a clinic is suspended, and no other", clinics, "select "+status("[B]", "suspended"), "select count(*) from organizations where (id = '[B]') = (status = 'suspended') and id in ('[A]', '[B]')", rows(2))
	add("closed is for good", clinics+"update organizations set status = 'closed'", "select "+status("[B]", "active"), "select count(*) from organizations where id = '[B]' and status = 'closed'", rows(1))
	holds("a partner is no clinic", "", status("[B]", "suspended")+" is null")
	holds("nobody", clinics, status(uuid.NewString(), "suspended")+" is null")

	verify := func(org string) string {
		return w.asks("verify_organization", "organization.verify", fmt.Sprintf(`{"e": %d, "id": "%s", "spend_limit_minor": 77}`, until, org))
	}
	fresh := "update onboardings set verified_at = null, spend_limit_minor = null, waits_for = 'verification'; "
	add("a clinic is verified, and no other", fresh, "select "+verify("[B]"),
		"select count(*) from onboardings where spend_limit_minor = 77 and verified_at = now() and waits_for is null", rows(1))
	holds("and says so", fresh, verify("[B]"))
	holds("nobody is not", fresh, "not "+verify(uuid.NewString()))

	for what, call := range map[string]string{
		"made": made, "suspended": status("[B]", "suspended"), "verified": verify("[B]"),
	} {
		add("what was signed for something else is not "+what, "", "select "+strings.Replace(call, `"e": `, `"f": 0, "e": `, 1), "", refused)
		old := fmt.Sprintf(`{"e": %d}`, time.Now().Add(-time.Minute).Unix())
		function := call[len("app."):strings.Index(call, "(")]
		name := map[string]string{"made": create, "suspended": "organization.status", "verified": "organization.verify"}[what]
		add("what was signed long ago is not "+what, "", "select "+w.asks(function, name, old), "", refused)
		add("what is good for ever is not "+what, "", "select "+w.asks(function, name, "{}"), "", refused)
	}

	due := func(what, scene string, most, n int) {
		add(what, clinics+`update onboardings set status = 'running', waits_for = null, next_attempt_at = now() - interval '1 minute', lease_expires_at = null; `+scene,
			fmt.Sprintf("select count(*) from app.due_onboardings(%d)", most), "", rows(n))
	}
	due("onboardings are due", "", 10, 2)
	due("one at most", "", 1, 1)
	due("of a suspended clinic", "update organizations set status = 'suspended' where id = '[A]'", 10, 1)
	due("ended", "update onboardings set status = 'ready' where org_id = '[A]'", 10, 1)
	due("not due", "update onboardings set next_attempt_at = now() + interval '1 minute' where org_id = '[A]'", 10, 1)
	due("waiting for somebody", "update onboardings set waits_for = 'verification' where org_id = '[A]'", 10, 1)
	due("somebody's", "update onboardings set lease_expires_at = now() + interval '1 minute' where org_id = '[A]'", 10, 1)
	due("nobody's any more", "update onboardings set lease_expires_at = now() - interval '1 minute'", 10, 2)

	direct := func(what, sql, want string) { add(what, "", sql, "", want).role = "cascade_directory" }
	direct("the directory makes no partner", "insert into organizations (id, kind, name, slug) values (gen_random_uuid(), 'partner', 'p', 'p')", refused)
	direct("nor changes one", "update organizations set status = 'closed' where id in ('[A]', '[B]')", rows(0))
	direct("nor invites any but an owner", fmt.Sprintf(`insert into invitations (org_id, id, email, role, token_hash, invited_by, expires_at)
		values ('%s', gen_random_uuid(), 'x@example.test', 'admin', sha256('y'), gen_random_uuid(), now())`, w.a), refused)
	direct("nor verifies what it makes", fmt.Sprintf("insert into onboardings (org_id, id, verified_at) values ('%s', gen_random_uuid(), now())", w.a), refused)
}
