package attack

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/voxanne/cascade/server/stage"
)

// remembered reuses the idempotency keys of other clinics, and a person's own
// in another of their clinics: an answer is remembered for one org and one
// principal, and nobody else is given it.
func (a *attack) remembered(ctx context.Context) error {
	w := a.World
	in := func(name string, c *stage.Clinic) *stance {
		all := stances(w, w.Subject(name), a.Undecided)
		for _, s := range all {
			if s.chosen != nil && s.chosen.clinic == c {
				return s
			}
		}
		return all[0]
	}
	key := stage.NewID().String()
	create := func(word string) string {
		return fmt.Sprintf(`mutation { createContact(input: {name: %q}) { contact %s } }`, word, a.api.selection("Contact", 1))
	}
	fresh := func(data map[string]any) []string {
		payload, _ := data["createContact"].(map[string]any)
		contact, _ := payload["contact"].(map[string]any)
		if id, _ := contact["id"].(string); id == "" || strings.Contains(id, w.B.Traces()[3]) {
			return []string{"no contact of its own"}
		}
		return nil
	}
	var shots []shot
	try := func(name string, who *stance, key, document string) {
		shots = append(shots, shot{
			name: "an idempotency key " + name, cells: 1, who: who, verify: fresh,
			request: request{document: document, headers: []string{"Idempotency-Key: " + key}},
		})
	}
	// The owner of B is answered with the clinic's word in it; then others ask the same.
	document := create(w.B.Canary + " remembered")
	try("of one's own", in("owner B", w.B), key, document)
	for _, name := range []string{"owner A", "admin A", "staff A", "key of A"} {
		shots = append(shots, shot{
			name: "an idempotency key of another clinic", cells: 1, who: in(name, w.A), verify: fresh,
			request: request{document: create("asked alike"), headers: []string{"Idempotency-Key: " + key}},
		})
	}
	for _, c := range w.Clinics() { // keys that rows of the clinic hold
		for i := range c.Rows["idempotency_keys"] {
			try("that a row of "+c.Slug+" holds", in("staff A", w.A), fmt.Sprintf("%s idempotency_keys.key %d", c.Canary, i), create("asked alike"))
		}
	}
	both := stage.NewID().String()
	try("in one clinic", in("staff A and B", w.B), both, create("in both"))
	try("of the other clinic", in("staff A and B", w.A), both, create("in both"))
	var failed []error
	for _, s := range shots { // one after the other: who comes second is answered from memory
		failed = append(failed, a.fire(ctx, s))
	}
	return errors.Join(failed...)
}
