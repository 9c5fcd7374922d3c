package opa

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	oparego "github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/topdown"

	"github.com/voxanne/cascade/policy"
)

// Step is one rule that the policy looked at on its way to an answer. Rules that
// the engine's index ruled out are not looked at.
type Step struct {
	Rule  string `json:"rule"`            // as in "data.cascade.partner.active"
	Title string `json:"title,omitempty"` // from its METADATA
	File  string `json:"file"`
	Line  int    `json:"line"`
	// Held is whether the rule gave a value at least once.
	Held bool `json:"held"`
	// Stopped is the last condition of it that did not hold, as it is written,
	// and StoppedLine where. A rule that searches may hold and be stopped too.
	Stopped     string `json:"stopped,omitempty"`
	StoppedLine int    `json:"stopped_line,omitempty"`
}

// Trace decides q once more, slowly, and tells which rules the policy looked at,
// in the order in which it came to them. It is for explanations.
func (g *Generation) Trace(ctx context.Context, q policy.Request) ([]Step, error) {
	t := &ruleTracer{titles: titles(g.compiler), rules: map[uint64]*Step{}, steps: map[string]*Step{}}
	_, err := g.query.Eval(ctx,
		oparego.EvalParsedInput(newInput(q).value()),
		oparego.EvalTime(q.Now),
		oparego.EvalQueryTracer(t),
	)
	if err != nil {
		return nil, fmt.Errorf("tracing the policy: %w", err)
	}
	steps := make([]Step, len(t.order))
	for i, s := range t.order {
		steps[i] = *s
	}
	return steps, nil
}

// titles are the titles of rules, by path.
func titles(c *ast.Compiler) map[string]string {
	titles := map[string]string{}
	for _, module := range c.Modules {
		for _, a := range module.Annotations {
			if a.Title != "" && a.Scope != "package" && a.Scope != "subpackages" {
				titles[a.GetTargetPath().String()] = a.Title
			}
		}
	}
	return titles
}

// ruleTracer notes rules as they are entered, left with a value, or stopped.
type ruleTracer struct {
	titles map[string]string
	rules  map[uint64]*Step // the rule that each query serves
	steps  map[string]*Step // by place
	order  []*Step
}

var _ topdown.QueryTracer = (*ruleTracer)(nil)

// Enabled implements topdown.QueryTracer.
func (*ruleTracer) Enabled() bool { return true }

// Config implements topdown.QueryTracer.
func (*ruleTracer) Config() topdown.TraceConfig { return topdown.TraceConfig{} }

// TraceEvent implements topdown.QueryTracer.
func (t *ruleTracer) TraceEvent(e topdown.Event) {
	switch e.Op {
	case topdown.EnterOp:
		if rule, ok := e.Node.(*ast.Rule); ok {
			t.rules[e.QueryID] = t.step(rule)
		} else if t.rules[e.QueryID] == nil {
			t.rules[e.QueryID] = t.rules[e.ParentID] // a comprehension, "every" or "not" inside it
		}
	case topdown.ExitOp:
		if rule, ok := e.Node.(*ast.Rule); ok {
			t.step(rule).Held = true
		}
	case topdown.FailOp:
		step, expr := t.rules[e.QueryID], e.Location
		if step != nil && expr != nil && expr.File == step.File {
			step.Stopped, step.StoppedLine = oneLine(string(expr.Text)), expr.Row
		}
	default: // what happened in between
	}
}

func (t *ruleTracer) step(rule *ast.Rule) *Step {
	at := rule.Loc()
	place := at.String()
	if s := t.steps[place]; s != nil {
		return s
	}
	path := slices.Concat(ast.Ref{}, rule.Ref().GroundPrefix()).String()
	s := &Step{Rule: path, Title: t.titles[path], File: at.File, Line: at.Row}
	t.steps[place] = s
	t.order = append(t.order, s)
	return s
}

// oneLine is a text with its line breaks and tabs made spaces.
func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
