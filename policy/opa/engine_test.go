package opa_test

import (
	"context"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/policy"
	"github.com/voxanne/cascade/policy/opa"
	"github.com/voxanne/cascade/policy/rego"
)

var (
	clinic = uuid.MustParse("018f0000-0000-7000-8000-00000000000a")
	other  = uuid.MustParse("018f0000-0000-7000-8000-00000000000b")
	person = uuid.MustParse("018f0000-0000-7000-8000-000000000001")
	noon   = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
)

func newEngine(t testing.TB) *opa.Engine {
	t.Helper()
	e, err := opa.New(t.Context(), rego.Files, opa.Config{Budget: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func staffOf(org uuid.UUID, role policy.Role) policy.Subject {
	return policy.Subject{
		ID: person, Kind: policy.Member,
		Memberships: []policy.Membership{{OrgID: org, Slug: "sunrise", Role: role, Status: policy.OrgActive}},
		Credential:  policy.Credential{Type: policy.JWT, ID: "t1"},
	}
}

func TestStaffReachTheirOwnClinicAlone(t *testing.T) {
	t.Parallel()
	d := newEngine(t).Current().Decide(t.Context(), policy.Request{
		Subject: staffOf(clinic, policy.Staff), Action: policy.Read, Resource: policy.Call,
		Orgs: []uuid.UUID{clinic, other}, Now: noon,
	})
	if !d.Allowed() || len(d.Orgs()) != 1 || d.Orgs()[0] != clinic {
		t.Errorf("allowed %v in %v: %s", d.Allowed(), d.Orgs(), d.Reason())
	}
	if len(d.Input()) == 0 || d.Revision() == "" {
		t.Error("the decision does not say what was asked of which revision")
	}
}

// A policy may say what it likes; it stays inside the envelope.
func TestAllowEverythingReachesNothingForeign(t *testing.T) {
	t.Parallel()
	everything := fstest.MapFS{
		"schema/input.json": mustRead(t, "schema/input.json"),
		"cascade/access.rego": {Data: []byte(`package cascade.access
decision := {"allow": true, "reason": "yes", "org_ids": input.orgs, "wide": false, "masks": {}, "obligations": []}`)},
	}
	e, err := opa.New(t.Context(), everything, opa.Config{})
	if err != nil {
		t.Fatal(err)
	}
	for name, s := range map[string]policy.Subject{
		"staff of another clinic": staffOf(other, policy.Owner),
		"support without session": {ID: person, Kind: policy.Support, Credential: policy.Credential{MFA: true}},
		"partner without grant":   {ID: person, Kind: policy.Partner, OrgID: other, OrgStatus: policy.OrgActive},
		"security":                {ID: person, Kind: policy.Security},
		"nobody":                  {},
	} {
		d := e.Current().Decide(t.Context(), policy.Request{
			Subject: s, Action: policy.Read, Resource: policy.Call, Orgs: []uuid.UUID{clinic}, Now: noon,
		})
		if d.Allowed() || d.Reason() != policy.ReasonEnvelope {
			t.Errorf("%s: allowed %v, reason %s", name, d.Allowed(), d.Reason())
		}
	}
}

func TestMisshapenAnswersAreDenials(t *testing.T) {
	t.Parallel()
	for name, rule := range map[string]string{
		"undefined":     `decision := 1 if false`,
		"not an object": `decision := true`,
		"missing field": `decision := {"allow": true, "reason": "r", "org_ids": input.orgs, "wide": false, "masks": {}}`,
		"unknown field": `decision := {"allow": true, "reason": "r", "org_ids": input.orgs, "wide": false, "masks": {}, "obligation": []}`,
		"allow is text": `decision := {"allow": "true", "reason": "r", "org_ids": input.orgs, "wide": false, "masks": {}, "obligations": []}`,
		"no uuid":       `decision := {"allow": true, "reason": "r", "org_ids": ["*"], "wide": false, "masks": {}, "obligations": []}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			heard := ""
			e, err := opa.New(t.Context(), fstest.MapFS{
				"schema/input.json":   mustRead(t, "schema/input.json"),
				"cascade/access.rego": {Data: []byte("package cascade.access\n" + rule)},
			}, opa.Config{Alarm: func(_ context.Context, reason string, _ error) { heard = reason }})
			if err != nil {
				t.Fatal(err)
			}
			d := e.Current().Decide(t.Context(), policy.Request{
				Subject: staffOf(clinic, policy.Owner), Action: policy.Read, Resource: policy.Call, Orgs: []uuid.UUID{clinic}, Now: noon,
			})
			if d.Allowed() || d.Reason() != policy.ReasonUndefined || heard != policy.ReasonUndefined {
				t.Errorf("allowed %v, reason %q, alarm %q", d.Allowed(), d.Reason(), heard)
			}
		})
	}
}

func TestABrokenPolicyLeavesTheRunningOne(t *testing.T) {
	t.Parallel()
	e := newEngine(t)
	before := e.Current().Revision()
	for name, text := range map[string]string{
		"syntax":            "package cascade.access\ndecision := {",
		"misspelt input":    "# METADATA\n# schemas:\n#   - input: schema.input\npackage cascade.access\ndecision := input.subject.mfaa",
		"forbidden builtin": `package cascade.access` + "\n" + `decision := http.send({"method": "get", "url": "http://127.0.0.1"})`,
		"clock":             "package cascade.access\ndecision := time.now_ns()",
	} {
		_, err := e.Load(t.Context(), fstest.MapFS{
			"schema/input.json":   mustRead(t, "schema/input.json"),
			"cascade/access.rego": {Data: []byte(text)},
		})
		if err == nil || !strings.Contains(err.Error(), "access.rego:") {
			t.Errorf("%s: %v does not name file and line", name, err)
		}
	}
	if e.Current().Revision() != before {
		t.Error("the running revision changed")
	}
}

func TestARunawayPolicyIsCutOff(t *testing.T) {
	t.Parallel()
	loop := `package cascade.access
digits := [0,1,2,3,4,5,6,7,8,9]
decision := count([1 | some a in digits; some b in digits; some c in digits; some d in digits; some e in digits; some f in digits; some g in digits; a+b+c+d+e+f+g == 99])`
	e, err := opa.New(t.Context(), fstest.MapFS{
		"schema/input.json": mustRead(t, "schema/input.json"), "cascade/access.rego": {Data: []byte(loop)},
	}, opa.Config{Budget: 20 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	d := e.Current().Decide(t.Context(), policy.Request{
		Subject: staffOf(clinic, policy.Owner), Action: policy.Read, Resource: policy.Call, Orgs: []uuid.UUID{clinic}, Now: noon,
	})
	if d.Allowed() || d.Reason() != policy.ReasonFailed {
		t.Errorf("allowed %v, reason %s", d.Allowed(), d.Reason())
	}
}

func BenchmarkDecide(b *testing.B) {
	e := newEngine(b)
	q := policy.Request{Subject: staffOf(clinic, policy.Staff), Action: policy.Read, Resource: policy.Call, Orgs: []uuid.UUID{clinic}, Now: noon}
	b.ReportAllocs()
	for b.Loop() {
		q.Now = q.Now.Add(time.Second) // the same question twice is answered from memory
		if !e.Current().Decide(b.Context(), q).Allowed() {
			b.Fatal("denied")
		}
	}
}

func mustRead(t testing.TB, name string) *fstest.MapFile {
	t.Helper()
	text, err := rego.Files.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return &fstest.MapFile{Data: text}
}
