package random_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/voxanne/cascade/server/random"
)

// again: the same question has the same answer, though another clinic changes
// all the while: nothing of it shows, in no count and no order.
func (r *round) again(ctx context.Context, q question, d random.Document, first answer) string {
	second, err := r.send(ctx, q, d)
	if err != nil {
		return err.Error()
	}
	if one, two := first.lasting(), second.lasting(); one != two {
		return fmt.Sprintf("asked again it answers otherwise:\n%s\n%s", one, two)
	}
	return ""
}

// lasting is what does not name the request itself. Errors come in the order in
// which fields that run side by side end.
func (a answer) lasting() string {
	slices.SortFunc(a.Errors, func(x, y problem) int { return strings.Compare(fmt.Sprint(x.Path), fmt.Sprint(y.Path)) })
	for i := range a.Errors {
		delete(a.Errors[i].Extensions, "requestId")
		delete(a.Errors[i].Extensions, "decisionId")
	}
	text, err := json.Marshal([]any{a.status, a.Data, a.Errors, a.Extensions.Masked})
	if err != nil {
		return a.body
	}
	return string(text)
}

// changes tells of a question whose answer is another one the next time, because
// asking it makes one: the record of the decision, a link that runs from now.
func changes(doc *ast.QueryDocument) bool {
	return slices.ContainsFunc(needsOf(doc), func(name string) bool {
		return strings.HasPrefix(name, "AuditDecision") || name == "RecordingPlayback" || name == "BreakGlassReport"
	})
}

// needsOf are the types that a document asks for.
func needsOf(doc *ast.QueryDocument) []string {
	var types []string
	var walk func(ast.SelectionSet)
	walk = func(set ast.SelectionSet) {
		for _, s := range set {
			switch s := s.(type) {
			case *ast.Field:
				types = append(types, s.Definition.Type.Name())
				walk(s.SelectionSet)
			case *ast.InlineFragment:
				types = append(types, s.TypeCondition)
				walk(s.SelectionSet)
			}
		}
	}
	for _, op := range doc.Operations {
		walk(op.SelectionSet)
	}
	for _, f := range doc.Fragments {
		types = append(types, f.TypeCondition)
		walk(f.SelectionSet)
	}
	return types
}
