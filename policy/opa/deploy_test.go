package opa_test

import (
	"context"
	"io/fs"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/policy"
	"github.com/voxanne/cascade/policy/opa"
	"github.com/voxanne/cascade/policy/rego"
)

// shippedWithout is the shipped policies with one text left out of one file.
func shippedWithout(t testing.TB, name, text string) fs.FS {
	t.Helper()
	files := fstest.MapFS{}
	err := fs.WalkDir(rego.Files, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		files[path] = mustRead(t, path)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	before := string(files[name].Data)
	after := strings.Replace(before, text, "", 1)
	if after == before {
		t.Fatalf("%s has no %q", name, text)
	}
	files[name] = &fstest.MapFile{Data: []byte(after)}
	return files
}

func compile(t testing.TB, e *opa.Engine, files fs.FS) *opa.Generation {
	t.Helper()
	g, err := e.Compile(t.Context(), files)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// A canary decides for its share of the clinics, the same each time, and for
// no request that is not about one clinic.
func TestACanaryIsForSomeClinics(t *testing.T) {
	t.Parallel()
	e := newEngine(t)
	active := e.Deployed().Active
	canary := compile(t, e, shippedWithout(t, "cascade/member.rego", `	membership.status == "active"`+"\n"))
	clinics := make([]uuid.UUID, 2_000)
	for i := range clinics {
		clinics[i] = uuid.Must(uuid.NewV7()) // as clinics come: all alike but for their end
	}
	share := func(percent int) map[uuid.UUID]bool {
		if err := e.Deploy(opa.Deployment{Active: active, Canary: canary, Percent: percent}); err != nil {
			t.Fatal(err)
		}
		chosen := map[uuid.UUID]bool{}
		for _, c := range clinics {
			if e.For([]uuid.UUID{c}).Revision() == canary.Revision() {
				chosen[c] = true
			}
		}
		return chosen
	}
	ten, half := share(10), share(50)
	if len(ten) < 140 || len(ten) > 260 || len(half) < 900 || len(half) > 1_100 {
		t.Errorf("%d and %d of 2000 clinics", len(ten), len(half))
	}
	for c := range ten {
		if !half[c] {
			t.Fatalf("%s left when the share grew", c)
		}
	}
	if n := len(share(100)); n != len(clinics) {
		t.Errorf("%d of all", n)
	}
	for name, orgs := range map[string][]uuid.UUID{"none": nil, "two": {clinics[0], clinics[1]}} {
		if got := e.For(orgs).Revision(); got != active.Revision() {
			t.Errorf("a request about %s goes to the canary", name)
		}
	}
	for _, percent := range []int{-1, 0, 101} {
		if e.Deploy(opa.Deployment{Active: active, Canary: canary, Percent: percent}) == nil {
			t.Errorf("%d %% was deployed", percent)
		}
	}
	if e.Deploy(opa.Deployment{}) == nil {
		t.Error("nothing was deployed")
	}
}

// A shadow is asked when the request is over, and what it says changes nothing.
func TestAShadowIsAskedAfterTheAnswer(t *testing.T) {
	t.Parallel()
	e := newEngine(t)
	heard := make(chan opa.Comparison, 10)
	e.Observe(func(c opa.Comparison) { heard <- c })
	loose := compile(t, e, shippedWithout(t, "cascade/member.rego", `	membership.status == "active"`+"\n"))
	if err := e.Deploy(opa.Deployment{Active: e.Deployed().Active, Shadow: loose}); err != nil {
		t.Fatal(err)
	}
	suspended := staffOf(clinic, policy.Staff)
	suspended.Memberships[0].Status = policy.OrgSuspended
	ctx, answered := context.WithCancel(t.Context())
	for _, s := range []policy.Subject{staffOf(clinic, policy.Staff), suspended} {
		q := policy.Request{Subject: s, Action: policy.Read, Resource: policy.Call, Orgs: []uuid.UUID{clinic}, Now: noon}
		d := e.For(q.Orgs).Decide(ctx, q)
		if d.Revision() == loose.Revision() || d.Allowed() == (s.Memberships[0].Status == policy.OrgSuspended) {
			t.Errorf("decided by %s: %v", d.Revision(), d.Allowed())
		}
	}
	select {
	case <-heard:
		t.Fatal("the shadow was asked before the answer had gone")
	default:
	}
	answered()
	differing := 0
	for range 2 {
		c := <-heard
		if c.Proposed.Revision() != loose.Revision() {
			t.Errorf("compared with %s", c.Proposed.Revision())
		}
		if c.Differs() {
			differing++
			// The envelope holds the loose policy where the shipped one refuses by itself.
			if c.Decided.Reason() != "org_inactive" || c.Proposed.Reason() != policy.ReasonEnvelope {
				t.Errorf("%s, and the shadow %s", c.Decided.Reason(), c.Proposed.Reason())
			}
		}
	}
	if differing != 1 {
		t.Errorf("%d of 2 differ", differing)
	}
}

// A shadow that stands still holds nobody up, and the excess is counted.
func TestAStuckShadowDelaysNobody(t *testing.T) {
	t.Parallel()
	e := newEngine(t)
	stuck := make(chan struct{})
	var once sync.Once
	began := make(chan struct{})
	e.Observe(func(opa.Comparison) { once.Do(func() { close(began) }); <-stuck })
	active := e.Deployed().Active
	if err := e.Deploy(opa.Deployment{Active: active, Shadow: active}); err != nil {
		t.Fatal(err)
	}
	gone, answered := context.WithCancel(t.Context())
	answered()
	q := policy.Request{Subject: staffOf(clinic, policy.Staff), Action: policy.Read, Resource: policy.Call, Orgs: []uuid.UUID{clinic}, Now: noon}
	e.For(q.Orgs).Decide(gone, q)
	<-began
	for range 3_000 {
		if !e.For(q.Orgs).Decide(gone, q).Allowed() {
			t.Fatal("denied")
		}
	}
	for e.Dropped() == 0 {
		e.For(q.Orgs).Decide(gone, q)
	}
	close(stuck)
}

// A generation knows how it does: what rollback goes by.
func TestHealth(t *testing.T) {
	t.Parallel()
	var ticks time.Duration
	e, err := opa.New(t.Context(), rego.Files, opa.Config{Budget: time.Minute, Clock: func() time.Time {
		ticks += time.Millisecond
		return noon.Add(ticks)
	}})
	if err != nil {
		t.Fatal(err)
	}
	g := e.Deployed().Active
	if h := g.Health(); h != (opa.Health{}) {
		t.Errorf("before: %+v", h)
	}
	q := policy.Request{Subject: staffOf(clinic, policy.Staff), Action: policy.Read, Resource: policy.Call, Orgs: []uuid.UUID{clinic}, Now: noon}
	g.Decide(t.Context(), q)
	g.Decide(t.Context(), q) // remembered
	if h := g.Health(); h != (opa.Health{Evaluations: 1, P99: time.Millisecond}) {
		t.Errorf("after one: %+v", h)
	}
	broken := compile(t, e, fstest.MapFS{
		"schema/input.json":   mustRead(t, "schema/input.json"),
		"cascade/access.rego": {Data: []byte("package cascade.access\ndecision := 1")},
	})
	broken.Decide(t.Context(), q)
	if h := broken.Health(); h.Failed != 1 || h.Evaluations != 1 {
		t.Errorf("broken: %+v", h)
	}
}
