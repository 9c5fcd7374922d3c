package opa_test

import (
	"errors"
	"strings"
	"testing"
	"time"

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
		if d.Allowed() {
			allowed++
		}
	}
	if allowed < 200 || allowed > 1_800 {
		t.Errorf("%d of 2000 allowed; the draw proves nothing", allowed)
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
