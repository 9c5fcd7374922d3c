package unused

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	opaformat "github.com/open-policy-agent/opa/v1/format"

	"github.com/voxanne/cascade/policy"
	"github.com/voxanne/cascade/policy/opa"
)

// rolesFile is where the rights of roles stand, in these tables: role -> row type
// -> actions.
const rolesFile = "cascade/roles.rego"

var tables = []string{"rights", "rights_with_mfa", "rights_if_shown"} //nolint:gochecknoglobals // immutable table

// ErrTables means that the policies keep the rights of roles elsewhere, or
// otherwise, so that nothing can be proposed for them.
var ErrTables = errors.New("no tables of rights that can be read in " + rolesFile)

// entry is the actions of one role on one row type, where they are written.
type entry struct {
	role       policy.Role
	resource   policy.Resource
	actions    []span // in the order of the text
	whole, set span   // with its key, and without
}

// span is a part of the text. name is what it says, without its quotes.
type span struct {
	from, to int
	name     string
}

// entries reads the tables off the syntax tree of the policies.
func entries(files fs.FS) ([]entry, error) {
	modules, err := opa.Modules(files, false)
	if err != nil {
		return nil, fmt.Errorf("reading policies: %w", err)
	}
	module := modules[rolesFile]
	if module == nil {
		return nil, ErrTables
	}
	var all []entry
	for _, rule := range module.Rules {
		if !slices.Contains(tables, string(rule.Head.Name)) || rule.Head.Value == nil {
			continue
		}
		err := pairs(rule.Head.Value, func(role span, rights *ast.Term) error {
			return pairs(rights, func(resource span, actions *ast.Term) error {
				e := entry{role: policy.Role(role.name), resource: policy.Resource(resource.name), set: at(actions)}
				e.whole = span{from: resource.from, to: e.set.to}
				set, ok := actions.Value.(ast.Set)
				if !ok {
					return fmt.Errorf("%w: %s holds %s", ErrTables, actions.Location, actions)
				}
				err := set.Iter(func(action *ast.Term) error {
					s, err := word(action)
					e.actions = append(e.actions, s)
					return err
				})
				slices.SortFunc(e.actions, func(a, b span) int { return cmp.Compare(a.from, b.from) })
				all = append(all, e)
				return err
			})
		})
		if err != nil {
			return nil, err
		}
	}
	if len(all) == 0 {
		return nil, ErrTables
	}
	return all, nil
}

func pairs(table *ast.Term, each func(key span, value *ast.Term) error) error {
	object, ok := table.Value.(ast.Object)
	if !ok {
		return fmt.Errorf("%w: %s holds %s", ErrTables, table.Location, table)
	}
	return object.Iter(func(key, value *ast.Term) error {
		name, err := word(key)
		if err != nil {
			return err
		}
		return each(name, value)
	})
}

func word(t *ast.Term) (span, error) {
	s, ok := t.Value.(ast.String)
	if !ok {
		return span{}, fmt.Errorf("%w: %s holds %s", ErrTables, t.Location, t)
	}
	out := at(t)
	out.name = string(s)
	return out, nil
}

func at(t *ast.Term) span {
	return span{from: t.Location.Offset, to: t.Location.Offset + len(t.Location.Text)}
}

// narrowed is the text of the tables without what drop names. All else stays as it
// is written, comments too; it is formatted.
func narrowed(text []byte, all []entry, drop func(policy.Role, Right) bool) ([]byte, error) {
	edits := slices.Clone(all)
	slices.SortFunc(edits, func(a, b entry) int { return cmp.Compare(b.whole.from, a.whole.from) }) // from the end
	out := slices.Clone(text)
	for _, e := range edits {
		var kept []string
		for _, a := range e.actions {
			if !drop(e.role, Right{e.resource, policy.Action(a.name)}) {
				kept = append(kept, string(text[a.from:a.to]))
			}
		}
		switch {
		case len(kept) == len(e.actions):
		case len(kept) == 0:
			to := e.whole.to
			for to < len(out) && (out[to] == ' ' || out[to] == '\t') {
				to++
			}
			if to < len(out) && out[to] == ',' {
				to++
			}
			out = slices.Delete(out, e.whole.from, to)
		default:
			out = slices.Replace(out, e.set.from, e.set.to, []byte("{"+strings.Join(kept, ", ")+"}")...)
		}
	}
	formatted, err := opaformat.SourceWithOpts(rolesFile, out, opaformat.Opts{RegoVersion: ast.RegoV1, Capabilities: opa.Capabilities()})
	if err != nil {
		return nil, fmt.Errorf("writing the proposed roles: %w", err)
	}
	return formatted, nil
}
