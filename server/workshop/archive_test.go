package workshop

import (
	"context"
	"errors"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent/audit"
	"github.com/voxanne/cascade/ent/rls"
	"github.com/voxanne/cascade/migrations/dbtest"
	"github.com/voxanne/cascade/policy"
	"github.com/voxanne/cascade/policy/opa"
	"github.com/voxanne/cascade/policy/rego"
	"github.com/voxanne/cascade/policy/review"
)

// world is a database with two clinics whose decisions are recorded.
type world struct {
	*dbtest.DB
	records         *audit.Writer
	driver          *rls.Driver
	running         *opa.Generation
	sunrise, harbor uuid.UUID
	began           time.Time
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{DB: dbtest.Open(t), sunrise: uuid.Must(uuid.NewV7()), harbor: uuid.Must(uuid.NewV7()), began: time.Now().Add(-time.Hour)}
	pool := w.Pool(t, 4)
	w.records = audit.NewWriter(pool, w.Key, uuid.New())
	t.Cleanup(w.records.Close)
	w.driver = rls.New(rls.Config{Pool: pool, Key: w.Key})
	var err error
	if w.running, err = opa.Compile(t.Context(), rego.Files, opa.Config{Budget: time.Minute}); err != nil {
		t.Fatal(err)
	}
	w.Exec(t, `insert into organizations (id, kind, name, slug) values ($1, 'clinic', 'Sunrise Dental', 'sunrise'), ($2, 'clinic', 'Harbor Skin', 'harbor')`,
		w.sunrise, w.harbor)
	return w
}

// ask has one of the staff of org ask, n seconds after the world began, and
// returns the id of the decision.
func (w *world) ask(t *testing.T, n int, action policy.Action, org uuid.UUID) uuid.UUID {
	t.Helper()
	d := w.running.Decide(t.Context(), policy.Request{
		Subject: policy.Subject{
			ID: uuid.UUID{15: 7}, Kind: policy.Member, Credential: policy.Credential{Type: policy.JWT},
			Memberships: []policy.Membership{{OrgID: org, Role: policy.Staff, Status: policy.OrgActive}},
		},
		Action: action, Resource: policy.Recording, Orgs: []uuid.UUID{org}, Operation: "Story", Now: w.began.Add(time.Duration(n) * time.Second),
	})
	if err := w.records.Append(audit.NewRecord(d, audit.Origin{RequestID: "story"}))(t.Context()); err != nil {
		t.Fatal(err)
	}
	return d.ID()
}

func (w *world) archive(t *testing.T, running policy.Decider) (*Archive, error) {
	t.Helper()
	return OpenArchive(t.Context(), ArchiveConfig{
		Driver: w.driver, Records: w.records, Decider: running, Task: "policy-replay", Now: time.Now, NewID: uuid.New,
	})
}

func ids(t *testing.T, a *Archive, since, until time.Time) []uuid.UUID {
	t.Helper()
	var out []uuid.UUID
	for r, err := range a.Records(t.Context(), since, until) {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, r.ID)
	}
	return out
}

// Every clinic's decisions come back, once each and in the order of their time,
// however many pages they take; those outside the time asked for do not.
func TestAnArchiveReadsByPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var want []uuid.UUID
	for n := range 23 {
		org := w.sunrise
		if n%2 == 0 {
			org = w.harbor
		}
		want = append(want, w.ask(t, n/3, policy.Read, org)) // three at the same moment
	}
	a, err := w.archive(t, w.running)
	if err != nil {
		t.Fatal(err)
	}
	for _, a.page = range []int{1, 2, 5, 23, 24, inPage} {
		got := ids(t, a, w.began, w.began.Add(time.Minute))
		if len(got) != len(want) {
			t.Fatalf("pages of %d: %d of %d", a.page, len(got), len(want))
		}
		seen := map[uuid.UUID]int{}
		for i, id := range got {
			seen[id] = i
		}
		for i, id := range want {
			at, ok := seen[id]
			if !ok || at/3 != i/3 {
				t.Fatalf("pages of %d: the %dth is the %dth (%v)", a.page, i, at, ok)
			}
		}
	}
	if got := ids(t, a, w.began.Add(2*time.Second), w.began.Add(4*time.Second)); len(got) != 6 {
		t.Errorf("%d in two seconds", len(got))
	}
	if got := ids(t, a, w.began.Add(-time.Hour), w.began); len(got) != 0 {
		t.Errorf("%d before the first", len(got))
	}
	name, err := a.Names(t.Context())
	if err != nil || name(w.sunrise) != "Sunrise Dental" || name(uuid.New()) != "" {
		t.Errorf("%v: %q, %q", err, name(w.sunrise), name(uuid.New()))
	}
}

// What comes back from the database is what was decided: the same answers, by
// the same policy, with nothing to say against any of them.
func TestWhatIsReadBackIsVerified(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for n, action := range []policy.Action{policy.Read, policy.Update, policy.Create, policy.Delete} {
		w.ask(t, n, action, w.sunrise)
	}
	a, err := w.archive(t, w.running)
	if err != nil {
		t.Fatal(err)
	}
	// Those of the job itself are among them.
	v, err := review.Verify(t.Context(), review.VerifyConfig{
		Generations: map[string]*opa.Generation{w.running.Revision(): w.running}, Records: a.Records(t.Context(), w.began, time.Now().Add(time.Hour)),
	})
	if err != nil || v.Verified != 6 || !v.Holds() {
		t.Errorf("%v: %+v", err, v)
	}
	// Somebody changes a body behind everybody's back, and another a column.
	tampered := w.ask(t, 10, policy.Update, w.sunrise)
	w.Exec(t, `update audit_decisions set body = replace(body, '"allow":false', '"allow":true') where id = $1`, tampered)
	moved := w.ask(t, 11, policy.Update, w.sunrise)
	w.Exec(t, `update audit_decisions set at = at + interval '1 minute' where id = $1`, moved)
	v, err = review.Verify(t.Context(), review.VerifyConfig{
		Generations: map[string]*opa.Generation{w.running.Revision(): w.running}, Records: a.Records(t.Context(), w.began, time.Now().Add(time.Hour)),
	})
	if err != nil || v.Verified != 6 || v.Mismatches.Count != 1 || v.Mismatches.Examples[0].ID != tampered ||
		v.Unreadable.Count != 1 || v.Unreadable.Examples[0].ID != moved {
		t.Errorf("%v: %+v", err, v)
	}
}

// To read is a decision: it is on record before anything is read, as the job that
// asked, and a policy that refuses it is obeyed.
func TestReadingIsOnRecord(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.ask(t, 1, policy.Read, w.sunrise)
	a, err := w.archive(t, w.running)
	if err != nil {
		t.Fatal(err)
	}
	kept := 0
	for r, err := range a.Records(t.Context(), w.began, time.Now().Add(time.Minute)) {
		if err != nil {
			t.Fatal(err)
		}
		if r.Operation == "policy-replay" && r.SubjectKind == policy.Auditor && r.SubjectID != uuid.Nil && r.Allow && r.Wide {
			kept++
		}
	}
	if kept != 2 {
		t.Errorf("%d decisions about the reading are on record", kept)
	}
	files := fstest.MapFS{"cascade/access.rego": {Data: []byte(`package cascade.access
decision := {"allow": false, "reason": "no", "org_ids": [], "wide": false, "masks": {}, "obligations": []}`)}}
	schema, err := rego.Files.ReadFile("schema/input.json")
	if err != nil {
		t.Fatal(err)
	}
	files["schema/input.json"] = &fstest.MapFile{Data: schema}
	closed, err := opa.Compile(t.Context(), files, opa.Config{})
	if err != nil {
		t.Fatal(err)
	}
	var denied *policy.Denied
	if _, err := w.archive(t, closed); !errors.As(err, &denied) || denied.Reason != "no" {
		t.Errorf("%v", err)
	}
	refused := 0
	for r, err := range a.Records(t.Context(), w.began, time.Now().Add(time.Minute)) {
		if err != nil {
			t.Fatal(err)
		}
		if r.Reason == "no" {
			refused++
		}
	}
	if refused != 2 {
		t.Errorf("%d refusals are on record", refused)
	}
	// Without a record there is nothing to read.
	w.records.Close()
	if _, err := w.archive(t, w.running); !errors.Is(err, audit.ErrUnavailable) {
		t.Errorf("%v", err)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	for _, err := range a.Records(gone, w.began, time.Now()) {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%v", err)
		}
	}
}
