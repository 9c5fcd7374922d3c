package attack

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// slot is a place in a field's arguments where an id may stand.
type slot struct {
	path  string // such as input.contactId
	types []string
	list  bool
	// required reports that the field cannot be asked without it.
	required bool
}

// slots finds every place for an id. A name that tells of no type is an error.
func (a *api) slots(f *ast.FieldDefinition) ([]slot, error) {
	var found []slot
	for _, arg := range f.Arguments {
		below, err := a.slotsIn(f, arg.Name, arg.Name, arg.Type, required(arg.Type, arg.DefaultValue), nil)
		if err != nil {
			return nil, err
		}
		found = append(found, below...)
	}
	return found, nil
}

func (a *api) slotsIn(f *ast.FieldDefinition, path, name string, t *ast.Type, must bool, seen []string) ([]slot, error) {
	def := a.schema.Types[t.Name()]
	if t.Name() == "ID" {
		types, err := a.named(f, name)
		if err != nil {
			return nil, fmt.Errorf("%s(%s): %w", f.Name, path, err)
		}
		return []slot{{path: path, types: types, list: t.Elem != nil, required: must}}, nil
	}
	if def.Kind != ast.InputObject || slices.Contains(seen, def.Name) {
		return nil, nil
	}
	var found []slot
	for _, in := range def.Fields {
		below, err := a.slotsIn(f, path+"."+in.Name, in.Name, in.Type, must && required(in.Type, in.DefaultValue), append(seen, def.Name))
		if err != nil {
			return nil, err
		}
		found = append(found, below...)
	}
	return found, nil
}

// named are the types that an id with this name may be of: "id" is of what the
// field is about, "contactId" of Contact.
func (a *api) named(f *ast.FieldDefinition, name string) ([]string, error) {
	switch name {
	case "id", "ids":
		about := needs(f)
		if len(about) > 0 && about[0].resource == anyNode {
			return a.nodes, nil
		}
		if len(about) > 0 && len(a.showing(about[0].resource)) > 0 {
			return a.showing(about[0].resource), nil
		}
		if len(about) > 0 && a.platform[about[0].resource] {
			return []string{"Organization"}, nil // the platform's: refused whatever the id
		}
	case "subjectId": // whoever was decided about: a person, or a key
		return []string{"APIKey"}, nil
	default:
		base := strings.TrimSuffix(strings.TrimSuffix(name, "s"), "Id")
		if typeName := strings.ToUpper(base[:1]) + base[1:]; slices.Contains(a.nodes, typeName) {
			return []string{typeName}, nil
		}
	}
	return nil, fmt.Errorf("nothing tells what type of row the id %q names: say so in package attack", name)
}
