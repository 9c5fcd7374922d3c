package attack

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/voxanne/cascade/server/stage"
)

// read tries every query as everybody. No row of anybody may change.
func (a *attack) read(ctx context.Context) error {
	cursors, err := a.cursors(ctx)
	if err != nil {
		return err
	}
	r := reads{api: a.api, world: a.World, quick: a.Quick, cursors: cursors}
	return a.unchanged(ctx, a.World.Clinics(), func() error {
		return a.each(ctx, a.everybody(), a.api.fields(a.api.schema.Query), r.shots)
	})
}

// write tries every mutation, together with those who may write to the same
// clinics: the others' rows may not change meanwhile.
func (a *attack) write(ctx context.Context) error {
	w := writes{api: a.api, world: a.World, quick: a.Quick, serial: &a.serial}
	var resources []string
	for r := range a.api.tables {
		resources = append(resources, r)
	}
	groups := map[string][]*stance{}
	writable := map[string][]*stage.Clinic{}
	for _, who := range a.everybody() {
		key := ""
		var clinics []*stage.Clinic
		for _, c := range a.World.Clinics() {
			if who.writes(c, resources) {
				key, clinics = key+c.Slug+" ", append(clinics, c)
			}
		}
		groups[key], writable[key] = append(groups[key], who), clinics
	}
	for key, group := range groups {
		foreign := slices.DeleteFunc(slices.Clone(a.World.Clinics()), func(c *stage.Clinic) bool { return slices.Contains(writable[key], c) })
		err := a.unchanged(ctx, foreign, func() error {
			if err := a.each(ctx, group, a.api.fields(a.api.schema.Mutation), w.shots); err != nil {
				return err
			}
			if a.Quick {
				return nil
			}
			return a.each(ctx, group, []*ast.FieldDefinition{nil}, func(who *stance, _ *ast.FieldDefinition) ([]shot, error) { return w.chosen(who) })
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// control shows that what failed could have succeeded.
func (a *attack) control(ctx context.Context) error {
	if a.Quick {
		return nil
	}
	w := writes{api: a.api, world: a.World, serial: &a.serial}
	shots, err := w.controls()
	if err != nil {
		return err
	}
	others := []*stage.Clinic{a.World.B, a.World.C}
	return a.unchanged(ctx, others, func() error {
		var failed []error
		for _, s := range shots {
			failed = append(failed, a.fire(ctx, s))
		}
		return errors.Join(failed...)
	})
}

// hooked are the webhooks, where they are attacked alone.
func (a *attack) hooked(ctx context.Context) error {
	return a.unchanged(ctx, []*stage.Clinic{a.World.B, a.World.C}, func() error { return a.webhooks(ctx) })
}

// overheard looks for the clinics' texts where nobody's belong.
func (a *attack) overheard(ctx context.Context) error {
	metrics, err := a.client.send(ctx, nil, request{method: http.MethodGet, path: "/metrics"})
	if err != nil {
		return err
	}
	heard := map[string]string{"the log": a.Stage.Log.String(), "the metrics": metrics.body}
	if a.Spans != nil {
		heard["the traces"] = a.Spans()
	}
	for where, text := range heard {
		a.tell(&a.report.Leaks, "", a.judge.traces(nil, "", where, text))
	}
	return nil
}

func (a *attack) crossed(ctx context.Context) (err error) {
	a.report.Crossings, err = a.ledger.crossings(ctx)
	return err
}

// unchanged does something and looks whether rows of the clinics changed.
func (a *attack) unchanged(ctx context.Context, clinics []*stage.Clinic, do func() error) error {
	before, err := a.ledger.read(ctx)
	if err != nil {
		return err
	}
	if err := do(); err != nil {
		return err
	}
	after, err := a.ledger.read(ctx)
	if err != nil {
		return err
	}
	for _, c := range clinics {
		a.tell(&a.report.Leaks, "", before.changed(after, c))
	}
	return nil
}

// cursors takes a real cursor of each list, for the form of it.
func (a *attack) cursors(ctx context.Context) (map[string]string, error) {
	owner := stances(a.World, a.World.Subject("owner A"), false)[0]
	found := map[string]string{}
	for _, f := range a.api.fields(a.api.schema.Query) {
		if !a.api.connection(f.Type.Name()) {
			continue
		}
		got, err := a.client.send(ctx, owner, request{document: "{ " + f.Name + "(first: 1) { pageInfo { endCursor } } }"})
		if err != nil {
			return nil, err
		}
		list, _ := got.data()[f.Name].(map[string]any)
		info, _ := list["pageInfo"].(map[string]any)
		if cursor, ok := info["endCursor"].(string); ok {
			found[f.Name] = cursor
		}
	}
	return found, nil
}
