package opa_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/voxanne/cascade/policy"
	"github.com/voxanne/cascade/policy/opa"
)

// A recorded decision is made again from its document alone, exactly.
func TestADecisionIsMadeAgainFromItsRecord(t *testing.T) {
	t.Parallel()
	e := newEngine(t)
	replaying := newEngine(t) // which remembers nothing of the first time
	draw := newDraw(2)
	allowed := 0
	for range 2_000 {
		q := draw.request()
		// Rows have times between seconds; a record keeps none.
		q.Now = q.Now.Add(time.Duration(draw.IntN(int(time.Second))))
		for i := range q.Subject.Grants {
			g := &q.Subject.Grants[i]
			g.Starts, g.Expires = g.Starts.Add(time.Duration(draw.IntN(int(time.Second)))), g.Expires.Add(time.Duration(draw.IntN(int(time.Second))))
		}
		d := e.Current().Decide(t.Context(), q)
		again, err := opa.ReadInput(d.Input())
		if err != nil {
			t.Fatalf("%v: %s", err, d.Input())
		}
		if d2 := replaying.Current().Decide(t.Context(), again); !opa.SameAnswer(d, d2) {
			t.Fatalf("%v %s, and again %v %s: %s", d.Allowed(), d.Reason(), d2.Allowed(), d2.Reason(), d.Input())
		}
		question, err := opa.ReadQuestion(d.Input())
		if err != nil {
			t.Fatal(err)
		}
		for range 2 { // a question may be put again
			if d2 := replaying.Deployed().Active.Answer(t.Context(), question); !opa.SameAnswer(d, d2) || d2.Revision() != d.Revision() {
				t.Fatalf("%v %s, and answered %v %s: %s", d.Allowed(), d.Reason(), d2.Allowed(), d2.Reason(), d.Input())
			}
		}
		if d.Allowed() {
			allowed++
		}
	}
	if allowed < 200 || allowed > 1_800 {
		t.Errorf("%d of 2000 allowed; the draw proves nothing", allowed)
	}
}

// A replay is nobody's traffic: a policy that it finds broken raises no alarm, and
// what rollback goes by does not see it.
func TestAnAnswerLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	good := newEngine(t)
	document := good.Current().Decide(t.Context(), newDraw(4).request()).Input()
	question, err := opa.ReadQuestion(document)
	if err != nil {
		t.Fatal(err)
	}
	heard := 0
	g, err := opa.Compile(t.Context(), fstest.MapFS{
		"schema/input.json":   mustRead(t, "schema/input.json"),
		"cascade/access.rego": {Data: []byte("package cascade.access\ndecision := 1")},
	}, opa.Config{Alarm: func(context.Context, string, error) { heard++ }})
	if err != nil {
		t.Fatal(err)
	}
	if d := g.Answer(t.Context(), question); d.Allowed() || d.Reason() != policy.ReasonUndefined {
		t.Errorf("allowed %v, reason %s", d.Allowed(), d.Reason())
	}
	if h := g.Health(); heard != 0 || h != (opa.Health{}) {
		t.Errorf("%d alarms, %+v", heard, h)
	}
	if d := (opa.Question{}); g.Answer(t.Context(), d).Allowed() || good.Deployed().Active.Answer(t.Context(), d).Allowed() {
		t.Error("no question was allowed")
	}
}

// A document that would not have been written so is not replayed as if it were.
func TestADocumentOfAnotherShapeIsRefused(t *testing.T) {
	t.Parallel()
	whole := string(newEngine(t).Current().Decide(t.Context(), newDraw(3).request()).Input())
	if _, err := opa.ReadInput([]byte(whole)); err != nil {
		t.Fatal(err)
	}
	for name, document := range map[string]string{
		"empty":            "",
		"no object":        "[]",
		"an unknown field": strings.Replace(whole, `{"now"`, `{"then":1,"now"`, 1),
		"a missing field":  strings.Replace(whole, `"operation":"Draw",`, "", 1),
		"a misspelt id":    strings.Replace(whole, person.String(), "person", 1),
		"another spelling": strings.Replace(whole, person.String(), strings.ToUpper(person.String()), 1),
		"two documents":    whole + whole,
		"facts of another": strings.Replace(whole, `"grants":{`, `"grants":{"018f0000-0000-7000-8000-0000000000ee":[],`, 1),
	} {
		if _, err := opa.ReadInput([]byte(document)); !errors.Is(err, opa.ErrInput) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
