package drill_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// answers is what a caller with the app role learns from each function that it
// may call and that runs with more rights than its own. A function that is not
// here is a hole until somebody has thought about it.
//
//nolint:gochecknoglobals // immutable table
var answers = map[string]string{
	"app.sole(text)":                                             "the caller's own scope",
	"app.scope()":                                                "the caller's own scope",
	"app.working()":                                              "whether its own connection is a worker's, which it must prove",
	"app.directory_users(text[],text[])":                         "who a login identity is and where it belongs, to one who knows its issuer and subject; asked before a scope exists, on a verified token",
	"app.label_range(text,text)":                                 "nothing: a range of what it is given; Postgres makes these with their type",
	"app.label_range(text,text,text)":                            "nothing: as above",
	"app.label_multirange()":                                     "nothing: as above",
	"app.label_multirange(app.label_range)":                      "nothing: as above",
	"app.label_multirange(app.label_range[])":                    "nothing: as above",
	"app.text_config(text)":                                      "nothing: what grammar a language tag stands for",
	"app.seal_key_ids()":                                         "the names of the seal keys, and nothing that they are",
	"app.directory_key(text)":                                    "whose an API key is and the hash that proves it, to one who knows its public id of 58 random bits; asked before a scope exists",
	"app.directory_key_used(text)":                               "nothing: void",
	"app.directory_webhook(bytea)":                               "whose a webhook address is and how its messages are signed, sealed, to one who knows the hash of its 160-bit key; asked before a scope exists",
	"app.accept_invitation(bytea,text,text,text,text,uuid,uuid)": "membership, to one who knows the hash of an open invitation's token and the address it was sent to",
	"app.find_partner(text)":                                     "the id of an active partner, to one who knows its slug, as a clinic must to grant it anything; no clinic's",
	"app.due_onboardings(integer)":                               "the ids of clinics whose onboarding is due; asked for all clinics by the sweep, which then works under one clinic's scope",
	"app.create_organization(text,text)":                         "nothing without the seal key",
	"app.set_organization_status(text,text)":                     "nothing without the seal key",
	"app.verify_organization(text,text)":                         "nothing without the seal key",
	"app.waiting_messages(integer)":                              "the ids of clinics and messages that wait to be applied; asked for all clinics by the sweep, which then works under one clinic's scope",
}

// calls are how an attacker asks about clinic b: with what he may know of it, and
// with the same about nobody. The answers must be the same, or the model must
// say why not.
//
//nolint:gochecknoglobals // immutable table
var calls = map[string]struct {
	foreign, absent string
	tells           bool
}{
	"app.sole(text)": {`select app.sole('contact')`, `select app.sole('contact')`, false},
	"app.working()":  {`select app.working()`, `select app.working()`, false},
	"app.scope()":    {`select app.scope() -> 'r' ->> 'contact'`, `select app.scope() -> 'r' ->> 'contact'`, false},
	"app.audit_head(text,text)": {
		`select * from app.audit_head('{b.chain}', '{proof}')`, `select * from app.audit_head('org:nobody', '{proof}')`, false,
	},
	"app.audit_append(text,bigint,bytea,text[],bytea[],text)": {
		`select app.audit_append('{b.chain}', 2, sha256('x'), array['{}'], array[sha256('y')], '{proof}')`,
		`select app.audit_append('nobody', 2, sha256('x'), array['{}'], array[sha256('y')], '{proof}')`, false,
	},
	"app.record_attempt(text,uuid[],text,text)": {
		`select app.record_attempt('contact', array['{b.contact}']::uuid[], '{}', '{proof}')`,
		`select app.record_attempt('contact', array[gen_random_uuid()], '{}', '{proof}')`, false,
	},
	"app.claim_recordings(text,integer,integer,integer,bigint,text)": {
		`select * from app.claim_recordings('w', 10, 10, 60, extract(epoch from now())::bigint, '{proof}')`,
		`select * from app.claim_recordings('w', 0, 0, 60, extract(epoch from now())::bigint, '{proof}')`, false,
	},
	"app.recording_clinics(uuid,integer,bigint,text)": {
		`select * from app.recording_clinics('00000000-0000-0000-0000-000000000000', 10, extract(epoch from now())::bigint, '{proof}')`,
		`select * from app.recording_clinics('00000000-0000-0000-0000-000000000000', 0, extract(epoch from now())::bigint, '{proof}')`, false,
	},
	"app.recording_health(bigint,text)": {
		`select * from app.recording_health(extract(epoch from now())::bigint, '{proof}')`,
		`select * from app.recording_health(0, '{proof}')`, false,
	},
	"app.directory_users(text[],text[])": {
		`select app.directory_users(array['https://issuer.example'], array['{b.subject}'])`,
		`select app.directory_users(array['https://issuer.example'], array['nobody'])`, true,
	},
	"app.seal_key_ids()":           {`select app.seal_key_ids()`, `select app.seal_key_ids()`, false},
	"app.directory_key(text)":      {`select app.directory_key('{b.key}')`, `select app.directory_key('nobody')`, true},
	"app.directory_key_used(text)": {`select app.directory_key_used('{b.key}')`, `select app.directory_key_used('nobody')`, false},
	"app.directory_webhook(bytea)": {`select app.directory_webhook('{b.hash}')`, `select app.directory_webhook(sha256('x'))`, true},
	"app.find_partner(text)":       {`select app.find_partner('{b.slug}')`, `select app.find_partner('nobody')`, false},
	"app.due_onboardings(integer)": {`select * from app.due_onboardings(10)`, `select * from app.due_onboardings(0)`, false},
	"app.create_organization(text,text)": {
		`select app.create_organization('{"e": 4102444800, "id": "{b.id}"}', '{proof}')`,
		`select app.create_organization('{"e": 4102444800, "id": "0"}', '{proof}')`, false,
	},
	"app.set_organization_status(text,text)": {
		`select app.set_organization_status('{"e": 4102444800, "id": "{b.id}", "status": "closed"}', '{proof}')`,
		`select app.set_organization_status('{"e": 4102444800, "id": "0", "status": "closed"}', '{proof}')`, false,
	},
	"app.verify_organization(text,text)": {
		`select app.verify_organization('{"e": 4102444800, "id": "{b.id}"}', '{proof}')`,
		`select app.verify_organization('{"e": 4102444800, "id": "0"}', '{proof}')`, false,
	},
	"app.waiting_messages(integer)": {`select * from app.waiting_messages(10)`, `select * from app.waiting_messages(0)`, true},
	"app.accept_invitation(bytea,text,text,text,text,uuid,uuid)": {
		// He knows the address and not the token.
		`select app.accept_invitation(sha256('x'), 'i', 's', '{b.email}', 'n', gen_random_uuid(), gen_random_uuid())`,
		`select app.accept_invitation(sha256('x'), 'i', 's', 'nobody@example.com', 'n', gen_random_uuid(), gen_random_uuid())`, false,
	},
}

func TestDefinerFunctionsAnswerWhatTheyMust(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 3)
	var callable []string
	if err := w.super.QueryRow(t.Context(), `select array_agg(replace(p.oid::regprocedure::text, ', ', ',')) from pg_proc p
		where p.pronamespace in ('app'::regnamespace, 'public'::regnamespace) and has_function_privilege('cascade_app', p.oid, 'EXECUTE')`).Scan(&callable); err != nil {
		t.Fatal(err)
	}
	proven := w.provenFunctions(t)
	for _, f := range callable {
		if answers[f] == "" && proven[f] == "" {
			t.Errorf("%s may be called by the app role: what does it learn?", f)
		}
	}
	for _, f := range slices.Sorted(maps.Keys(answers)) {
		if !slices.Contains(callable, f) {
			t.Errorf("%s may not be called: take it off the list", f)
		}
	}
	known := w.known(t)
	before := w.victims(t)
	calls := maps.Clone(calls)
	for f, call := range proven {
		if _, written := calls[f]; !written {
			calls[f] = struct {
				foreign, absent string
				tells           bool
			}{call, call, false}
		}
	}
	for name, a := range map[string]*attacker{"a genuine seal": w.attack(t, everything()), "no seal": w.attack(t, nil)} {
		for f, call := range calls {
			foreign, absent := a.run(t, known.Replace(call.foreign)), a.run(t, known.Replace(call.absent))
			if tells := foreign.text != absent.text || foreign.code != absent.code; tells != call.tells {
				t.Errorf("%s, %s: %q of b and %q of nobody", name, f, foreign.text, absent.text)
			}
			if strings.Contains(call.foreign, "{proof}") && foreign.code != "42501" {
				t.Errorf("%s, %s: %q, want 42501", name, f, foreign.code)
			}
		}
	}
	// A key's last use is written by whoever knows the key's id.
	w.Exec(t, `update api_keys k set last_used_at = now() - interval '1 minute'`)
	delete(before, "api_keys")
	for table, now := range w.victims(t) {
		if was, ok := before[table]; ok && was != now {
			t.Errorf("%s changed from %s to %s", table, was, now)
		}
	}
}

// provenFunctions are those that take a proof, which must therefore answer
// nobody who lacks the seal key, and a call of each without any other argument.
func (w *world) provenFunctions(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	if err := w.super.QueryRow(t.Context(), `
		select jsonb_object_agg(replace(p.oid::regprocedure::text, ', ', ','), format('select %s(%s)', p.oid::regproc,
		         (select string_agg(case when a.i = p.pronargs then '''{proof}''' else format('null::%s', a.kind::regtype) end, ', ' order by a.i)
		            from unnest(p.proargtypes::oid[]) with ordinality a(kind, i))))
		  from pg_proc p where p.pronamespace = 'app'::regnamespace and p.proargnames[p.pronargs] = 'proof'
		   and has_function_privilege('cascade_app', p.oid, 'EXECUTE')`).Scan(&out); err != nil {
		t.Fatal(err)
	}
	if len(out) < 10 {
		t.Errorf("only %d functions take a proof", len(out))
	}
	return out
}

// known is what the attacker is granted to know of clinic b, and a genuine scope
// in the place of a proof.
func (w *world) known(t *testing.T) *strings.Replacer {
	t.Helper()
	pairs := []string{"{proof}", sign(`{"e":4102444800}`)}
	for name, query := range map[string]string{
		"{b.chain}": `select chain from audit_decisions where org_id = $1 limit 1`, "{b.contact}": `select id::text from contacts where org_id = $1 limit 1`,
		"{b.subject}": `select subject from users where id::text like left($1::uuid::text, 8) || '%' limit 1`, "{b.key}": `select public_id from api_keys where org_id = $1 limit 1`,
		"{b.hash}": `select webhook_key_hash::text from integrations where org_id = $1 limit 1`, "{b.slug}": `select slug from organizations where id = $1`, "{b.id}": `select $1::uuid::text`,
		"{b.email}": `select email from invitations where org_id = $1 limit 1`,
	} {
		var value string
		if err := w.super.QueryRow(t.Context(), query, w.b.id).Scan(&value); err != nil {
			t.Fatal(fmt.Errorf("%s: %w", name, err))
		}
		pairs = append(pairs, name, value)
	}
	return strings.NewReplacer(pairs...)
}
