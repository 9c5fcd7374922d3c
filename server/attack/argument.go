package attack

import (
	"fmt"
	"strings"
	"time"

	"github.com/vektah/gqlparser/v2/ast"
)

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
