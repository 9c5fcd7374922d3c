package suite

import (
	"maps"
	"slices"
	"sync"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/topdown"

	"github.com/voxanne/cascade/policy/opa"
)

// entry is the rule that the engine asks.
var entry = ast.MustParseRef(opa.Query)

// reasons tells for each declared reason whether a test was answered it. One that
// was answered and is not declared is the lint's to find; here it is a gap too.
func reasons(modules map[string]*ast.Module, seen map[string]bool) []Reason {
	declared := Declared(modules)
	var all []Reason
	for _, code := range slices.Sorted(maps.Keys(declared)) {
		all = append(all, Reason{Code: code, Sentence: declared[code], Declared: true, Reached: seen[code]})
	}
	for _, code := range slices.Sorted(maps.Keys(seen)) {
		if _, ok := declared[code]; !ok {
			all = append(all, Reason{Code: code, Reached: true})
		}
	}
	return all
}

// Declared reads the reasons of decisions off the METADATA of the entry's package
// (custom: reasons:), each with its sentence for people. Modules must have been
// parsed with their annotations.
func Declared(modules map[string]*ast.Module) map[string]string {
	declared := map[string]string{}
	for _, module := range modules {
		for _, a := range module.Annotations {
			list, ok := a.Custom["reasons"].(map[string]any)
			if !ok || !entry.HasPrefix(module.Package.Path) {
				continue
			}
			for code, sentence := range list {
				declared[code], _ = sentence.(string)
			}
		}
	}
	return declared
}

// reasonTracer notes the reason of each decision that the tests ask for.
type reasonTracer struct {
	mu   sync.Mutex
	seen map[string]bool
}

// Enabled implements topdown.QueryTracer.
func (*reasonTracer) Enabled() bool { return true }

// Config implements topdown.QueryTracer.
func (*reasonTracer) Config() topdown.TraceConfig { return topdown.TraceConfig{PlugLocalVars: true} }

// TraceEvent implements topdown.QueryTracer.
func (r *reasonTracer) TraceEvent(e topdown.Event) {
	rule, ok := e.Node.(*ast.Rule)
	if !ok || e.Op != topdown.ExitOp || rule.Module == nil || !rule.Ref().Equal(entry) {
		return
	}
	// An answer that is made of other rules is a local variable by now.
	answer := rule.Head.Value.Value
	if _, local := answer.(ast.Var); local {
		answer = e.Locals.Get(answer)
	}
	object, ok := answer.(ast.Object)
	if !ok {
		return
	}
	if term := object.Get(ast.StringTerm("reason")); term != nil {
		if reason, ok := term.Value.(ast.String); ok {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.seen[string(reason)] = true
		}
	}
}
