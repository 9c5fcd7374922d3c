package suite

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/tester"
	"github.com/open-policy-agent/opa/v1/topdown"
)

// explain notes the condition at which each failed test, or case of a table, was
// left, with the values that it had.
func explain(tests []Test, traced []*tester.Result) {
	for _, r := range traced {
		i := slices.IndexFunc(tests, func(t Test) bool {
			return "data."+t.Package == r.Package && t.Name == r.Name && t.File == r.Location.File
		})
		if i < 0 || !tests[i].failed() {
			continue
		}
		tests[i].At = failedAt(r.Trace)
		for names, sub := range r.SubResults.Iter {
			for j, c := range tests[i].Cases {
				if c.Failed && c.Name == strings.Join(names, "/") {
					tests[i].Cases[j].At = failedAt(sub.Trace)
				}
			}
		}
	}
}

// failedAt is the last condition of a test itself that did not hold.
func failedAt(trace []*topdown.Event) string {
	for _, e := range slices.Backward(trace) {
		expr, ok := e.Node.(*ast.Expr)
		if e.Op != topdown.FailOp || !ok || expr.IsEvery() || e.Location == nil || !isTest(e.Location.File) {
			continue
		}
		return fmt.Sprintf("%s:%d: %s", e.Location.File, e.Location.Row, strings.TrimSpace(string(expr.Location.Text))+values(e, expr))
	}
	return ""
}

// values are what the names in an expression stood for.
func values(e *topdown.Event, expr *ast.Expr) string {
	known := map[string]string{}
	ast.WalkVars(expr, func(v ast.Var) bool {
		if value := e.Locals.Get(v); value != nil {
			if meta, ok := e.LocalMetadata[v]; ok && !meta.Name.IsGenerated() {
				known[string(meta.Name)] = value.String()
			}
		}
		return false
	})
	var text strings.Builder
	for _, name := range slices.Sorted(maps.Keys(known)) {
		fmt.Fprintf(&text, "\n%s = %s", name, known[name])
	}
	return text.String()
}
