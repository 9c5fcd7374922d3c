package graph

import (
	"context"
	"encoding/json"
	"regexp"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/voxanne/cascade/graph/fault"
)

// maxObject bounds a JSON object that is kept as it comes, in bytes.
const maxObject = 16 << 10

var (
	languageForm = regexp.MustCompile(`^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$`) // BCP 47, without its rarer parts
	countryForm  = regexp.MustCompile(`^[A-Z]{2}$`)                          // ISO 3166-1 alpha-2
)

// checkPlain refuses the first text that is too long or holds what Postgres
// cannot keep.
func checkPlain(texts ...text) error {
	for _, t := range texts {
		if t.value != nil && strings.ContainsRune(*t.value, 0) {
			return fault.New(fault.BadUserInput, "%s holds a NUL character; leave it out.", t.field).With("field", t.field)
		}
	}
	return checkTexts(texts...)
}

// checkNamed refuses a text that is there and has nothing in it, and all that
// checkPlain refuses.
func checkNamed(texts ...text) error {
	for _, t := range texts {
		if t.value != nil && given(t.value) == nil {
			return fault.New(fault.BadUserInput, "%s must have 1 to %d characters.", t.field, t.max).With("field", t.field)
		}
	}
	return checkPlain(texts...)
}

// checkLanguage refuses what is no language tag. None is no fault.
func checkLanguage(tag *string) error {
	if tag == nil || (len(*tag) <= 35 && languageForm.MatchString(*tag)) {
		return nil
	}
	return fault.New(fault.BadUserInput, "language must be a tag such as en or en-GB.").With("field", "language")
}

// checkObject refuses an object that is too large or holds what Postgres cannot
// keep.
func checkObject(field string, object map[string]any) error {
	body, err := json.Marshal(object)
	switch {
	case err != nil:
		return fault.New(fault.BadUserInput, "%s is no JSON object.", field).With("field", field)
	case len(body) > maxObject:
		return fault.New(fault.BadUserInput, "%s may have at most %d bytes as JSON.", field, maxObject).With("field", field)
	case strings.Contains(string(body), `\u0000`):
		return fault.New(fault.BadUserInput, "%s holds a NUL character; leave it out.", field).With("field", field)
	}
	return nil
}

// nulled reports whether a mutation's input says null for a field, which is not
// the same as leaving it out: null takes a reference away. Generated inputs do
// not tell the two apart. A variable that was not sent leaves its field out
// (GraphQL specification, section 3.10).
func nulled(ctx context.Context, field string) bool {
	input := graphql.GetFieldContext(ctx).Field.Arguments.ForName("input")
	if input == nil {
		return false
	}
	variables := graphql.GetOperationContext(ctx).Variables
	if input.Value.Kind == ast.Variable {
		sent, ok := variables[input.Value.Raw].(map[string]any)
		value, there := sent[field]
		return ok && there && value == nil
	}
	child := input.Value.Children.ForName(field)
	if child == nil {
		return false
	}
	if child.Kind == ast.Variable {
		value, there := variables[child.Raw]
		return there && value == nil
	}
	return child.Kind == ast.NullValue
}
