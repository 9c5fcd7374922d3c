package attack

import (
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// leaf is an argument, or a field of an input, that is no id.
type leaf struct {
	path, name string
	t          *ast.Type
}

// paging are the arguments that cut a list, which paged tries.
var paging = []string{"first", "last", "after", "before"} //nolint:gochecknoglobals // an immutable table

// leaves are the optional values of a field's arguments.
func (a *api) leaves(f *ast.FieldDefinition) []leaf {
	var found []leaf
	var walk func(path, name string, t *ast.Type, seen []string)
	walk = func(path, name string, t *ast.Type, seen []string) {
		def := a.schema.Types[t.Name()]
		switch {
		case t.Name() == "ID", len(seen) == 0 && slices.Contains(paging, name):
		case def.Kind == ast.InputObject && !slices.Contains(seen, def.Name):
			for _, in := range def.Fields {
				walk(path+"."+in.Name, in.Name, in.Type, append(seen, def.Name))
			}
		case def.Kind != ast.InputObject:
			found = append(found, leaf{path, name, t})
		}
	}
	for _, arg := range f.Arguments {
		walk(arg.Name, arg.Name, arg.Type, nil)
	}
	return found
}

// filtered uses every filter and order as an oracle: texts with the words and
// numbers that only other clinics' rows hold, and every value of what is listed.
func (r reads) filtered(p *pool, f *ast.FieldDefinition) error {
	selection := r.api.selection(f.Type.Name(), 0)
	for _, l := range r.api.leaves(f) {
		want := r.wanted(p.who, f)
		switch {
		case want != "":
		case l.t.Name() == "Date" && !r.one(p.who, needs(f)[0]):
			want = "BAD_USER_INPUT" // a day is one clinic's own
		case l.name == "search" && p.who.blind(needs(f)[0].resource):
			want = "FORBIDDEN"
		}
		for _, v := range r.oracles(p.who, f, l) {
			args, err := r.api.arguments(f, filling{at: l.path, text: v.text, page: 5})
			if err != nil {
				return err
			}
			c := cell{way: l.path + " " + v.text + v.word, want: want, field: f, arguments: args, selection: selection, verify: v.verify}
			if v.word != "" {
				c.values, c.absent, c.kinds = []any{v.word}, []any{v.other}, []string{"String"}
			}
			p.add(c)
		}
	}
	return nil
}

// oracle is one value of a leaf.
type oracle struct {
	text        string
	word, other string // a foreign word, and one that is nobody's
	verify      func(any) []string
}

func (r reads) oracles(who *stance, f *ast.FieldDefinition, l leaf) []oracle {
	listed := func(text string) string {
		if l.t.Elem != nil {
			return "[" + text + "]"
		}
		return text
	}
	def := r.api.schema.Types[l.t.Name()]
	switch {
	case def.Kind == ast.Enum:
		var all []oracle
		for _, v := range def.EnumValues {
			all = append(all, oracle{text: listed(v.Name)})
		}
		return all
	case l.t.Name() == "String":
		var all []oracle
		for _, c := range r.world.Clinics() {
			if r.connectionOf(f) && who.sees(c, needs(f)[0].resource) {
				continue
			}
			for _, word := range []string{c.Canary, c.Digits} {
				all = append(all, oracle{text: listed("$?"), word: word, other: strings.Repeat("0", len(word)), verify: empty})
			}
		}
		return all
	default:
		text, err := r.api.value(l.name, &ast.Type{NamedType: l.t.Name()}, 0)
		if err != nil {
			return []oracle{{text: listed("null")}} // the field's own error tells of it
		}
		return []oracle{{text: listed(text)}}
	}
}

func (r reads) connectionOf(f *ast.FieldDefinition) bool { return r.api.connection(f.Type.Name()) }
