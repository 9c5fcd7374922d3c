package attack

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/vektah/gqlparser/v2/ast"
)

// selection asks for every field of a type that needs no argument, and for the
// rows behind it to a depth, so that whatever a type has shows.
func (a *api) selection(typeName string, depth int) string {
	def := a.schema.Types[typeName]
	switch def.Kind {
	case ast.Interface, ast.Union:
		var b strings.Builder
		b.WriteString("{ __typename")
		for _, t := range a.schema.GetPossibleTypes(def) {
			fmt.Fprintf(&b, " ... on %s %s", t.Name, a.selection(t.Name, 0))
		}
		return b.String() + " }"
	case ast.Object:
	default:
		return "" // a leaf
	}
	parts := []string{"__typename"}
	for _, f := range def.Fields {
		if strings.HasPrefix(f.Name, "__") || slices.ContainsFunc(f.Arguments, func(arg *ast.ArgumentDefinition) bool { return required(arg.Type, arg.DefaultValue) }) {
			continue
		}
		below, rows := a.schema.Types[f.Type.Name()], a.resource(f.Type.Name()) != ""
		switch {
		case below.Kind != ast.Object && below.Kind != ast.Interface:
			parts = append(parts, f.Name)
		case a.connection(typeName), strings.HasSuffix(typeName, "Edge"), !rows:
			// A page's own parts, and what is no row, cost no depth. One of the two
			// ways to a page's rows is asked for whole.
			if f.Name == "edges" {
				parts = append(parts, "edges { __typename cursor }")
			} else {
				parts = append(parts, f.Name+" "+a.selection(f.Type.Name(), depth))
			}
		case depth > 0:
			args := ""
			if f.Arguments.ForName("first") != nil {
				args = "(first: 3)"
			}
			parts = append(parts, f.Name+args+" "+a.selection(f.Type.Name(), depth-1))
		}
	}
	return "{ " + strings.Join(parts, " ") + " }"
}

func required(t *ast.Type, value *ast.Value) bool { return t.NonNull && value == nil }

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

// filling says what a field's arguments hold.
type filling struct {
	ids  map[string]string // the variables that stand at slots
	full bool              // optional values are given too
	// at and text are one optional argument that is to be given, and its value.
	at, text string
	serial   int // makes what must be unique so
	page     int // rows; zero leaves it to the server
}

// arguments writes the arguments of a field, in parentheses if there are any.
func (a *api) arguments(f *ast.FieldDefinition, fill filling) (string, error) {
	var parts []string
	for _, arg := range f.Arguments {
		text, given, err := a.argument(arg.Name, arg.Name, arg.Type, required(arg.Type, arg.DefaultValue), fill)
		if err != nil {
			return "", fmt.Errorf("%s(%s): %w", f.Name, arg.Name, err)
		}
		if given {
			parts = append(parts, arg.Name+": "+text)
		}
	}
	if len(parts) == 0 {
		return "", nil
	}
	return "(" + strings.Join(parts, ", ") + ")", nil
}

func (a *api) argument(path, name string, t *ast.Type, must bool, fill filling) (text string, given bool, err error) {
	def := a.schema.Types[t.Name()]
	switch {
	case path == fill.at && fill.text != "":
		return fill.text, true, nil
	case path == "first" && fill.page > 0:
		return fmt.Sprint(fill.page), true, nil
	case t.Name() == "ID":
		variable, ok := fill.ids[path]
		if must && !ok {
			return "", false, fmt.Errorf("no id for %s", path)
		}
		return variable, ok, nil
	case def.Kind == ast.InputObject:
		var parts []string
		for _, in := range def.Fields {
			text, given, err := a.argument(path+"."+in.Name, in.Name, in.Type, required(in.Type, in.DefaultValue), fill)
			if err != nil {
				return "", false, err
			}
			if given {
				parts = append(parts, in.Name+": "+text)
			}
		}
		return "{" + strings.Join(parts, ", ") + "}", must || len(parts) > 0, nil
	case !must && path != fill.at && (!fill.full || leftOut[name]):
		return "", false, nil
	}
	text, err = a.value(name, t, fill.serial)
	if t.Elem != nil {
		text = "[" + text + "]"
	}
	return text, err == nil, err
}

// leftOut are optional values that would stop what they come with: a version
// that nobody read; what ends the row that the attack goes on with.
var leftOut = map[string]bool{"expectedVersion": true} //nolint:gochecknoglobals // an immutable table

// forms are values of a form that their name tells; %d is a number of their own.
// Grants go to a partner of whom no subject is one: they work.
var forms = map[string]string{ //nolint:gochecknoglobals,gosec // an immutable table; the credentials are an attacker's
	"email": `"attacker%d@example.com"`, "phone": `"+15558%07d"`, "e164": `"+15559%07d"`, "transferNumber": `"+15557%07d"`,
	"timezone": `"Europe/London"`, "locale": `"en-GB"`, "language": `"en-GB"`, "country": `"GB"`, "partnerSlug": `"distant-amber-clinic"`,
	"resources": `"call"`, "resource": `"call"`, "scopes": `"call:read"`, "role": `STAFF`, "direction": ``, "provider": ``,
	"credentials": `{apiKey: "attackers key %d"}`, "triggerValue": `{seconds: 60}`, "businessHours": `{mon: [{open: "09:00", close: "17:30"}]}`,
	"masks": `{}`, "settings": `{note: "attacker"}`,
}

// value is a valid value of a leaf. A scalar that is not known is an error.
func (a *api) value(name string, t *ast.Type, serial int) (string, error) {
	def := a.schema.Types[t.Name()]
	if form := forms[name]; form != "" && (def.Kind != ast.Enum || def.EnumValues.ForName(form) != nil) {
		if strings.Contains(form, "%") {
			return fmt.Sprintf(form, serial), nil
		}
		return form, nil
	}
	if def.Kind == ast.Enum {
		return def.EnumValues[0].Name, nil
	}
	switch t.Name() {
	case "String":
		return fmt.Sprintf(`"attacker %d"`, serial), nil
	case "Int":
		return "45", nil
	case "Float":
		return "1.5", nil
	case "Boolean":
		return "true", nil
	case "Time":
		return fmt.Sprintf("%q", time.Now().Add(48*time.Hour).UTC().Format(time.RFC3339)), nil
	case "Date":
		return fmt.Sprintf("%q", time.Now().UTC().Format(time.DateOnly)), nil
	case "Map":
		return "{}", nil
	default:
		return "", fmt.Errorf("no value of the scalar %s is known: say so in package attack", t.Name())
	}
}
