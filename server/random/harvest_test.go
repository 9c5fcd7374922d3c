package random_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/voxanne/cascade/policy"
	"github.com/voxanne/cascade/server/random"
	"github.com/voxanne/cascade/server/stage"
)

// harvest asks as an owner for every list and every row that needs no argument,
// and so learns the ids and cursors of a clinic, whatever types it has.
func harvest(t testing.TB, s *stage.Stage, schema *ast.Schema, c *stage.Clinic, owner string) random.Values {
	t.Helper()
	v := random.Values{
		IDs: map[string][]string{}, Cursors: map[string][]string{},
		Words: []string{c.Canary, c.Canary + " call_logs.caller_name 1", "+" + c.Digits + "0001", c.Digits, c.Slug, c.ID.String()},
	}
	for _, f := range schema.Query.Fields {
		if slices.ContainsFunc(f.Arguments, func(a *ast.ArgumentDefinition) bool { return a.Type.NonNull && a.DefaultValue == nil }) ||
			strings.HasPrefix(f.Name, "__") || platforms(f) {
			continue
		}
		def := schema.Types[f.Type.Name()]
		switch {
		case def.Fields.ForName("nodes") != nil:
			for _, order := range orders(schema, f) {
				var got struct {
					It struct{ Edges []struct{ Cursor string } }
				}
				into(t, s.Ask(t, `{ it: `+f.Name+`(first: 100, orderBy: `+order+`) { edges { cursor } } }`, stage.Bearer(owner)), &got)
				for _, e := range got.It.Edges {
					v.Cursors[def.Name] = append(v.Cursors[def.Name], e.Cursor)
				}
			}
			a := s.Ask(t, `{ it: `+f.Name+`(first: 100) { nodes { id } edges { cursor } } }`, stage.Bearer(owner))
			var got struct {
				It struct {
					Nodes []struct{ ID string }
					Edges []struct{ Cursor string }
				}
			}
			into(t, a, &got)
			row := def.Fields.ForName("nodes").Type.Name()
			for i, n := range got.It.Nodes {
				v.IDs[row] = append(v.IDs[row], n.ID)
				v.Cursors[def.Name] = append(v.Cursors[def.Name], got.It.Edges[i].Cursor)
			}
			if len(v.IDs[row]) == 0 {
				t.Errorf("%s has no %s", c.Slug, f.Name)
			}
		case slices.Contains(def.Interfaces, "Node"):
			a := s.Ask(t, `{ it: `+f.Name+` { id } }`, stage.Bearer(owner))
			var got struct{ It struct{ ID string } }
			into(t, a, &got)
			v.IDs[def.Name] = append(v.IDs[def.Name], got.It.ID)
		}
	}
	return v
}

// platforms reports whether a root field is about what no clinic has.
func platforms(f *ast.FieldDefinition) bool {
	for _, can := range f.Directives.ForNames("can") {
		if can.Arguments.ForName("resource").Value.Raw == string(policy.PolicyRevision) {
			return true
		}
	}
	return f.Name == "requestBreakGlass" || f.Name == "approveBreakGlass"
}

// orders are the orders that a list has, one for each value of an enum.
func orders(schema *ast.Schema, f *ast.FieldDefinition) (list []string) {
	by := f.Arguments.ForName("orderBy")
	if by == nil {
		return nil
	}
	for _, part := range schema.Types[by.Type.Name()].Fields {
		for _, value := range schema.Types[part.Type.Name()].EnumValues {
			list = append(list, "{"+part.Name+": "+value.Name+"}")
		}
	}
	return list
}

// together are the values of several clinics.
func together(all ...random.Values) random.Values {
	v := random.Values{IDs: map[string][]string{}, Cursors: map[string][]string{}}
	for _, one := range all {
		for name, ids := range one.IDs {
			v.IDs[name] = append(v.IDs[name], ids...)
		}
		for name, cursors := range one.Cursors {
			v.Cursors[name] = append(v.Cursors[name], cursors...)
		}
		v.Words = append(v.Words, one.Words...)
	}
	return v
}

func into(t testing.TB, a stage.Answer, to any) {
	t.Helper()
	if err := json.Unmarshal(a.Data, to); err != nil || len(a.Errors) > 0 {
		t.Fatalf("%s: %v", a.Body, err)
	}
}
