package ent_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent"
	"github.com/voxanne/cascade/ent/contact"
	"github.com/voxanne/cascade/ent/privacy"
	"github.com/voxanne/cascade/ent/rls"
	_ "github.com/voxanne/cascade/ent/runtime"
	"github.com/voxanne/cascade/migrations/dbtest"
	"github.com/voxanne/cascade/policy"
)

// task is the context of a system task of one clinic that may do everything
// with the row types given.
func task(t *testing.T, org uuid.UUID, resources ...policy.Resource) context.Context {
	t.Helper()
	s := policy.Subject{ID: uuid.New(), Kind: policy.System, OrgID: org, OrgStatus: policy.OrgActive}
	var decisions []policy.Decision
	for _, r := range resources {
		for _, a := range []policy.Action{policy.Read, policy.Create, policy.Update, policy.Delete} {
			s.Credential.Scopes = append(s.Credential.Scopes, string(r)+":"+string(a))
		}
	}
	for _, r := range resources {
		for _, a := range []policy.Action{policy.Read, policy.Create, policy.Update, policy.Delete} {
			decisions = append(decisions, policy.Judge(policy.Request{
				Subject: s, Action: a, Resource: r, Orgs: []uuid.UUID{org}, Now: time.Now(),
			}, policy.Verdict{Allow: true, OrgIDs: []uuid.UUID{org}}, policy.Evidence{}))
		}
	}
	return policy.WithScope(t.Context(), policy.NewScope(s, decisions...))
}

// With row-level security switched off altogether, ent's rules alone keep two
// clinics apart; and composite keys alone keep references inside one.
func TestRulesAndKeysHoldWithoutRowSecurity(t *testing.T) {
	t.Parallel()
	db := dbtest.Open(t)
	client := ent.NewClient(ent.Driver(rls.New(rls.Config{Pool: db.Pool(t, 2), Key: db.Key})))
	db.Exec(t, `do $$ declare t regclass; begin
		for t in select oid from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' loop
			execute format('alter table %s no force row level security, disable row level security', t); end loop; end $$`)
	mine, theirs := uuid.Must(uuid.NewV7()), uuid.Must(uuid.NewV7())
	db.Exec(t, `insert into organizations (id, kind, name, slug) values ($1, 'clinic', 'a', 'a'), ($2, 'clinic', 'b', 'b')`, mine, theirs)

	me := task(t, mine, policy.Contact, policy.Agent, policy.Call)
	them := task(t, theirs, policy.Contact, policy.Agent)
	client.Contact.Create().SetOrgID(mine).SetName("mine").SaveX(me)
	foreign := client.Contact.Create().SetOrgID(theirs).SetName("theirs").SaveX(them)
	agent := client.Agent.Create().SetOrgID(theirs).SetName("theirs").SetRole("inbound").SaveX(them)

	if rows := client.Contact.Query().AllX(me); len(rows) != 1 || *rows[0].Name != "mine" {
		t.Errorf("reading: %v", rows)
	}
	if n := client.Contact.Query().CountX(me); n != 1 {
		t.Errorf("counting: %d", n)
	}
	if _, err := client.Contact.Get(me, foreign.ID); !ent.IsNotFound(err) {
		t.Errorf("reading by id: %v", err)
	}
	if n := client.Contact.Update().SetName("taken").SaveX(me); n != 1 {
		t.Errorf("updating all: %d rows", n)
	}
	if _, err := client.Contact.UpdateOneID(foreign.ID).SetName("taken").Save(me); !ent.IsNotFound(err) {
		t.Errorf("updating by id: %v", err)
	}
	if n := client.Contact.Delete().Where(contact.ID(foreign.ID)).ExecX(me); n != 0 {
		t.Errorf("deleting: %d rows", n)
	}
	if err := client.Contact.Create().SetOrgID(theirs).SetName("planted").Exec(me); !errors.Is(err, privacy.Deny) {
		t.Errorf("creating in another clinic: %v", err)
	}
	bulk := []*ent.ContactCreate{
		client.Contact.Create().SetOrgID(mine).SetName("own"), client.Contact.Create().SetOrgID(theirs).SetName("planted"),
	}
	if _, err := client.Contact.CreateBulk(bulk...).Save(me); !errors.Is(err, privacy.Deny) {
		t.Errorf("creating own and foreign together: %v", err)
	}
	// An upsert by somebody else's id meets the composite key, not their row.
	err := client.Contact.Create().SetOrgID(mine).SetID(foreign.ID).SetName("taken").
		OnConflictColumns(contact.FieldOrgID, contact.FieldID).Update(func(u *ent.ContactUpsert) { u.SetName("taken") }).Exec(me)
	if err != nil {
		t.Errorf("upserting: %v", err)
	}
	if got := client.Contact.GetX(them, foreign.ID); *got.Name != "theirs" {
		t.Errorf("their contact became %q", *got.Name)
	}
	call := client.Call.Create().SetOrgID(mine).SetProviderCallID("c").SetDirection("inbound").SetStatus("completed").SetStartedAt(time.Now())
	if err := call.SetAgentID(agent.ID).Exec(me); !ent.IsConstraintError(err) {
		t.Errorf("a call answered by their agent: %v", err)
	}
	if rows := client.Contact.Query().Where(contact.HasCalls()).AllX(me); len(rows) != 0 {
		t.Errorf("a condition through an edge: %v", rows)
	}
	if _, err := client.Contact.Query().All(t.Context()); !errors.Is(err, privacy.Deny) {
		t.Errorf("no scope: %v", err)
	}
	if _, err := client.PhoneNumber.Query().All(me); !errors.Is(err, privacy.Deny) {
		t.Errorf("a row type that was not decided: %v", err)
	}
}

// A field that a decision hides is empty however the row is reached, and its
// values cannot be asked for past the rows.
func TestMasksReachEveryWayToARow(t *testing.T) {
	t.Parallel()
	db := dbtest.Open(t)
	client := ent.NewClient(ent.Driver(rls.New(rls.Config{Pool: db.Pool(t, 2), Key: db.Key})))
	org := uuid.Must(uuid.NewV7())
	db.Exec(t, `insert into organizations (id, kind, name, slug) values ($1, 'clinic', 'a', 'a')`, org)
	row := client.Contact.Create().SetOrgID(org).SetName("secret").SetStatus("new").SaveX(task(t, org, policy.Contact))

	s := policy.Subject{ID: uuid.New(), Kind: policy.Member, Memberships: []policy.Membership{{OrgID: org, Role: policy.Staff, Status: policy.OrgActive}}}
	d := policy.Judge(policy.Request{Subject: s, Action: policy.Read, Resource: policy.Contact, Orgs: []uuid.UUID{org}},
		policy.Verdict{Allow: true, OrgIDs: []uuid.UUID{org}, Masks: map[policy.Resource][]string{policy.Contact: {"name"}}}, policy.Evidence{})
	ctx := policy.WithScope(t.Context(), policy.NewScope(s, d))
	for name, got := range map[string]*ent.Contact{
		"by id": client.Contact.GetX(ctx, row.ID), "in a list": client.Contact.Query().AllX(ctx)[0], "first": client.Contact.Query().FirstX(ctx),
	} {
		if got.Name != nil {
			t.Errorf("%s shows %q", name, *got.Name)
		}
	}
	if names, err := client.Contact.Query().Select(contact.FieldName).Strings(ctx); err == nil {
		t.Errorf("selecting shows %v", names)
	}
	if names, err := client.Contact.Query().GroupBy(contact.FieldName).Strings(ctx); err == nil {
		t.Errorf("grouping shows %v", names)
	}
}
