package attack

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// pool gathers the cells of one field into as few requests as the server's own
// limits allow: each is an alias, and is judged alone. Only what is expected to
// end alike shares a request.
type pool struct {
	who   *stance
	name  string
	quick bool
	kind  ast.Operation

	open  map[string]*draft
	shots []shot
}

// draft is a request that is being gathered.
type draft struct {
	want            string
	twins           bool
	roots, declared []string
	ways            map[string]string // by alias
	vars, twin      map[string]any
	weight          int
	verify          map[string]func(any) []string
}

// Below the server's limits of root fields, and of fields in all.
const (
	maxRoots  = 18
	maxWeight = 1200
)

// cell is one alias: arguments with its variables written "$?", in order.
type cell struct {
	way       string
	want      string
	field     *ast.FieldDefinition
	arguments string
	selection string
	values    []any // of the variables
	absent    []any // the twin's; nil: it has none
	kinds     []string
	verify    func(any) []string
}

// add puts a cell into the pool.
func (p *pool) add(c cell) {
	twins := c.absent != nil && !p.quick
	key := fmt.Sprint(c.want, twins)
	weight := 2 + strings.Count(c.selection, " ")
	if d := p.open[key]; d != nil && (len(d.roots) >= maxRoots || d.weight+weight > maxWeight) {
		p.flush(key)
	}
	d := p.open[key]
	if d == nil {
		d = &draft{
			want: c.want, twins: twins, vars: map[string]any{}, twin: map[string]any{},
			verify: map[string]func(any) []string{}, ways: map[string]string{},
		}
		if p.open == nil {
			p.open = map[string]*draft{}
		}
		p.open[key] = d
	}
	alias := fmt.Sprintf("a%d", len(d.roots))
	for i, v := range c.values {
		name := fmt.Sprintf("v%d", len(d.vars))
		c.arguments = strings.Replace(c.arguments, "$?", "$"+name, 1)
		d.declared = append(d.declared, "$"+name+": "+c.kinds[i])
		d.vars[name] = v
		if twins {
			d.twin[name] = c.absent[i]
		}
	}
	d.roots = append(d.roots, alias+": "+c.field.Name+c.arguments+" "+c.selection)
	d.ways[alias] = c.way
	d.weight += weight
	if c.verify != nil {
		d.verify[alias] = c.verify
	}
}

// flush ends a request that is being gathered.
func (p *pool) flush(key string) {
	d := p.open[key]
	delete(p.open, key)
	head := string(p.kind) + " Attack"
	if len(d.declared) > 0 {
		head += "(" + strings.Join(d.declared, ", ") + ")"
	}
	s := shot{
		name: p.name, cells: len(d.roots), who: p.who, want: d.want, ways: d.ways,
		request: request{document: head + " { " + strings.Join(d.roots, " ") + " }", variables: d.vars},
		verify: func(data map[string]any) []string {
			var found []string
			for alias, verify := range d.verify {
				for _, what := range verify(data[alias]) {
					found = append(found, alias+": "+what)
				}
			}
			return found
		},
	}
	if d.twins {
		s.twin = &request{document: s.document, variables: d.twin}
	}
	p.shots = append(p.shots, s)
}

// done ends the pool.
func (p *pool) done() []shot {
	for _, key := range slices.Sorted(maps.Keys(p.open)) {
		p.flush(key)
	}
	return p.shots
}

// empty expects nothing: no row, or a list of none.
func empty(v any) []string {
	switch v := v.(type) {
	case nil:
		return nil
	case []any:
		for _, row := range v {
			if row != nil {
				return []string{"rows, want none"}
			}
		}
		return nil
	case map[string]any:
		if nodes, ok := v["nodes"].([]any); ok && len(nodes) == 0 && (v["totalCount"] == nil || fmt.Sprint(v["totalCount"]) == "0") {
			return nil
		}
	}
	return []string{"something, want nothing"}
}
