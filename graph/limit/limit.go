// Package limit refuses operations that would cost too much to validate or to
// run, from their text alone: before validation, before any decision and before
// any SQL.
//
// Every bound has a name, and a refusal carries it, so that a client knows what
// to change. The cost of asking is bounded too: the document is read once, each
// fragment in it is weighed once however often it is spread, and a document
// that has passed is not measured again while the server's query cache keeps it.
package limit

import (
	"fmt"
	"math"

	"github.com/vektah/gqlparser/v2/gqlerror"
)

// Code is the extensions.code of every refusal.
const Code = "TOO_COMPLEX"

// Limits are the most that one document, or one set of variables, may hold.
// Counts go through fragments as if each were written out where it is spread.
// Zero allows none, so the zero Limits refuse every document.
type Limits struct {
	// Bytes of the document: one string literal of a megabyte is a single token.
	Bytes int
	// Tokens of the document, comments among them.
	Tokens int
	// Depth of fields within fields.
	Depth int
	// IntrospectionDepth is the depth under __schema and __type, which the
	// standard query of tools needs to be larger.
	IntrospectionDepth int
	// RootFields of any one operation.
	RootFields int
	// Selections of any one operation: fields, inline fragments and spreads.
	Selections int
	// Aliases of any one operation: the way to ask for one field a thousand times.
	Aliases int
	// Repeats of one response path, which validation compares each with each.
	Repeats int
	// Operations of the document, of which one request runs one.
	Operations int
	// Fragments that the document defines.
	Fragments int
	// Spreads of fragments, as written.
	Spreads int
	// Directives on anything, as written.
	Directives int
	// InputDepth of lists and objects within each other, in arguments and
	// variables alike.
	InputDepth int
	// InputValues is how many values the variables hold in all.
	InputValues int
}

// Default are limits that the largest screen of a dashboard and the
// introspection of GraphiQL pass with room to spare.
func Default() Limits {
	return Limits{
		Bytes:              32 << 10,
		Tokens:             5000,
		Depth:              12,
		IntrospectionDepth: 20,
		RootFields:         20,
		Selections:         1500,
		Aliases:            50,
		Repeats:            30,
		Operations:         10,
		Fragments:          50,
		Spreads:            200,
		Directives:         50,
		InputDepth:         12,
		InputValues:        2000,
	}
}

// check reports a limit that allows nothing, which no server can mean.
func (l Limits) check() error {
	for name, limit := range map[string]int{
		"bytes": l.Bytes, "tokens": l.Tokens, "depth": l.Depth, "introspectionDepth": l.IntrospectionDepth,
		"rootFields": l.RootFields, "selections": l.Selections, "aliases": l.Aliases, "repeats": l.Repeats,
		"operations": l.Operations, "fragments": l.Fragments, "spreads": l.Spreads,
		"directives": l.Directives, "inputDepth": l.InputDepth, "inputValues": l.InputValues,
	} {
		if limit <= 0 {
			return fmt.Errorf("limit %s must be above zero", name)
		}
	}
	return nil
}

// exceeded is the error of a limit that was passed. The counting of tokens and
// values stops one past the limit; actual is then the least that there were.
func exceeded(name string, limit, actual int) *gqlerror.Error {
	return &gqlerror.Error{
		Message: fmt.Sprintf("the operation is too complex: %s is %d of at most %d", name, actual, limit),
		Extensions: map[string]any{
			"code":  Code,
			"limit": map[string]any{"name": name, "max": limit, "actual": actual},
		},
	}
}

// saturated is where sums over fragments stop growing: a bomb of forty
// fragments would pass the largest integer.
const saturated = math.MaxInt32

func add(a, b int) int { return min(a+b, saturated) }
