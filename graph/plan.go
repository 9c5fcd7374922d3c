package graph

import (
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/voxanne/cascade/policy"
)

// need is one question that an operation raises.
type need struct {
	action   policy.Action
	resource policy.Resource
}

// plan is what an operation touches, read off its document once: which
// decisions it needs, and which of its fields a decision may hide.
type plan struct {
	needs  []need
	fields []plannedField
}

// plannedField is a field that may come back null because of a decision.
type plannedField struct {
	label    string // as in extensions.masked: "Call.transcript"
	resource policy.Resource
	field    string // ent's name; empty for an edge to rows of resource
}

// nodeResource stands for "whatever the ids say" on the fields node and nodes.
const nodeResource policy.Resource = "node"

// planner reads an operation. It follows every fragment and ignores @skip and
// @include: what might be asked is decided.
type planner struct {
	schema *ast.Schema
	plan   plan
	needs  map[need]bool
	labels map[string]bool
	seen   map[string]bool // fragments
}

func newPlan(schema *ast.Schema, op *ast.OperationDefinition) plan {
	p := planner{schema: schema, needs: map[need]bool{}, labels: map[string]bool{}, seen: map[string]bool{}}
	for _, root := range rootFields(op.SelectionSet) {
		for _, n := range cansOf(root.Definition) {
			if n.resource == nodeResource {
				continue
			}
			p.need(n)
			// A mutation looks at rows of its type on its way, and shows what it wrote.
			p.need(need{policy.Read, n.resource})
		}
	}
	p.walk(op.SelectionSet)
	return p.plan
}

// rootFields are the fields of an operation itself, through its fragments.
func rootFields(set ast.SelectionSet) []*ast.Field {
	var fields []*ast.Field
	for _, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			fields = append(fields, s)
		case *ast.InlineFragment:
			fields = append(fields, rootFields(s.SelectionSet)...)
		case *ast.FragmentSpread:
			fields = append(fields, rootFields(s.Definition.SelectionSet)...)
		}
	}
	return fields
}

func (p *planner) walk(set ast.SelectionSet) {
	for _, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			p.field(s)
			p.walk(s.SelectionSet)
		case *ast.InlineFragment:
			p.typed(s.TypeCondition)
			p.walk(s.SelectionSet)
		case *ast.FragmentSpread:
			if !p.seen[s.Name] {
				p.seen[s.Name] = true
				p.typed(s.Definition.TypeCondition)
				p.walk(s.Definition.SelectionSet)
			}
		}
	}
}

func (p *planner) field(f *ast.Field) {
	if f.Definition == nil || strings.HasPrefix(f.Name, "__") {
		return
	}
	p.typed(f.Definition.Type.Name())
	owner, ok := resourceOf(f.ObjectDefinition)
	if !ok {
		return
	}
	label := f.ObjectDefinition.Name + "." + f.Name
	if d := f.Definition.Directives.ForName("maskable"); d != nil {
		p.label(plannedField{label: label, resource: owner, field: d.Arguments.ForName("field").Value.Raw})
	}
	if target, ok := resourceOf(p.schema.Types[f.Definition.Type.Name()]); ok {
		p.label(plannedField{label: label, resource: target})
	}
}

// typed needs the decision to read rows of an object type.
func (p *planner) typed(name string) {
	if r, ok := resourceOf(p.schema.Types[name]); ok {
		p.need(need{policy.Read, r})
	}
}

func (p *planner) need(n need) {
	if !p.needs[n] {
		p.needs[n] = true
		p.plan.needs = append(p.plan.needs, n)
	}
}

func (p *planner) label(f plannedField) {
	if !p.labels[f.label] {
		p.labels[f.label] = true
		p.plan.fields = append(p.plan.fields, f)
	}
}

// resourceOf is the row type that an object type shows, from @resource.
func resourceOf(def *ast.Definition) (policy.Resource, bool) {
	if def == nil {
		return "", false
	}
	d := def.Directives.ForName("resource")
	if d == nil {
		return "", false
	}
	return policy.Resource(d.Arguments.ForName("type").Value.Raw), true
}

// cansOf are the decisions that a root field declares, from each of its @can.
func cansOf(def *ast.FieldDefinition) []need {
	if def == nil {
		return nil
	}
	var needs []need
	for _, d := range def.Directives.ForNames("can") {
		needs = append(needs, need{
			action:   policy.Action(strings.ToLower(d.Arguments.ForName("action").Value.Raw)),
			resource: policy.Resource(d.Arguments.ForName("resource").Value.Raw),
		})
	}
	return needs
}

// canOf is the first of them, which says what the field is for.
func canOf(def *ast.FieldDefinition) (need, bool) {
	needs := cansOf(def)
	if len(needs) == 0 {
		return need{}, false
	}
	return needs[0], true
}

// masked lists what the decisions hide of what was asked.
func (p plan) masked(scope policy.Scope) []string {
	var labels []string
	for _, f := range p.fields {
		if f.field == "" {
			if !scope.May(policy.Read, f.resource) {
				labels = append(labels, f.label)
			}
			continue
		}
		for _, hidden := range scope.Masked(f.resource) {
			if hidden == f.field {
				labels = append(labels, f.label)
			}
		}
	}
	return labels
}
