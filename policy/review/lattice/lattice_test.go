package lattice_test

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/policy"
	"github.com/voxanne/cascade/policy/opa"
	"github.com/voxanne/cascade/policy/review/lattice"
)

// part is the lattice with a few actions and row types: what follows depends on
// neither.
func part() lattice.Lattice {
	l := lattice.Full()
	l.Actions = []policy.Action{policy.Read, policy.Create}
	l.Resources = []policy.Resource{policy.APIKey, policy.Call}
	return l
}

// No question is there twice: no two cells have the same document.
func TestNoCellRepeatsAnother(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	for c := range part().Cells() {
		document := string(opa.WriteInput(c.Request))
		if other, ok := seen[document]; ok {
			t.Fatalf("%s\nis %s:\n%s", c.Name(), other, document)
		}
		seen[document] = c.Name()
	}
	if len(seen) < 5_000 {
		t.Errorf("only %d cells", len(seen))
	}
}

// Every cell can be read back from its document and is decided all the same.
func TestCellsHaveNamesOfTheirOwn(t *testing.T) {
	t.Parallel()
	names := map[string]bool{}
	for c := range part().Cells() {
		if names[c.Name()] {
			t.Fatalf("two cells are called %q", c.Name())
		}
		names[c.Name()] = true
	}
}

// Each field of a question has more than one value somewhere, unless no policy
// can see it: then it stands in no document.
func TestEveryFieldIsVaried(t *testing.T) {
	t.Parallel()
	values := map[string]map[string]bool{}
	example := map[string]policy.Request{}
	for c := range part().Cells() {
		fields(reflect.ValueOf(c.Request), "", func(path string, v reflect.Value) {
			if values[path] == nil {
				values[path] = map[string]bool{}
				example[path] = c.Request
			}
			values[path][fmt.Sprint(v.Interface())] = true
		})
	}
	unseen := []string{
		".Subject.OrgSlug", ".Subject.Memberships[].Slug", ".Subject.Grants[].Slug", ".Subject.BreakGlass[].Slug",
		".Subject.Grants[].PartnerID", ".Subject.BreakGlass[].Ticket", ".Subject.Credential.ID", ".Subject.Credential.Expires",
	}
	all := map[string]bool{}
	types(reflect.TypeFor[policy.Request](), "", func(path string) { all[path] = true })
	for path := range all {
		switch {
		case len(values[path]) == 0:
			t.Errorf("no cell has a %s", path)
		case slices.Contains(unseen, path):
			q := example[path]
			before := string(opa.WriteInput(q))
			set(reflect.ValueOf(&q).Elem(), "", path)
			if after := string(opa.WriteInput(q)); after != before {
				t.Errorf("%s is in the document, and in no dimension", path)
			}
		case len(values[path]) < 2:
			t.Errorf("%s is always %v", path, values[path])
		}
	}
	if len(all) < 40 {
		t.Errorf("only %d fields were found", len(all))
	}
}

// leaf reports whether a type is one value rather than several.
func leaf(t reflect.Type) bool {
	return t == reflect.TypeFor[time.Time]() || t == reflect.TypeFor[uuid.UUID]() ||
		t.Kind() != reflect.Struct && t.Kind() != reflect.Slice && t.Kind() != reflect.Map
}

func types(t reflect.Type, path string, found func(string)) {
	switch {
	case leaf(t):
		found(path)
	case t.Kind() == reflect.Struct:
		for f := range t.Fields() {
			types(f.Type, path+"."+f.Name, found)
		}
	default:
		types(t.Elem(), path+"[]", found)
	}
}

func fields(v reflect.Value, path string, found func(string, reflect.Value)) {
	switch t := v.Type(); {
	case leaf(t):
		found(path, v)
	case t.Kind() == reflect.Struct:
		for i := range t.NumField() {
			fields(v.Field(i), path+"."+t.Field(i).Name, found)
		}
	case t.Kind() == reflect.Map:
		for _, key := range v.MapKeys() {
			fields(v.MapIndex(key), path+"[]", found)
		}
	default:
		for i := range v.Len() {
			fields(v.Index(i), path+"[]", found)
		}
	}
}

// set gives the first field at path another value.
func set(v reflect.Value, at, path string) {
	switch t := v.Type(); {
	case leaf(t):
		if at == path {
			switch old := v.Interface().(type) {
			case string:
				v.SetString(old + "another")
			case uuid.UUID:
				v.Set(reflect.ValueOf(uuid.UUID{1}))
			case time.Time:
				v.Set(reflect.ValueOf(old.Add(24 * time.Hour)))
			default:
				panic("no other value for " + path)
			}
		}
	case t.Kind() == reflect.Struct:
		for i := range t.NumField() {
			set(v.Field(i), at+"."+t.Field(i).Name, path)
		}
	case t.Kind() == reflect.Slice && v.Len() > 0:
		copied := reflect.MakeSlice(t, v.Len(), v.Len())
		reflect.Copy(copied, v)
		v.Set(copied)
		set(v.Index(0), at+"[]", path)
	default:
	}
}
