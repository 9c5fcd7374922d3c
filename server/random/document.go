package random

import (
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/formatter"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator"
	"github.com/vektah/gqlparser/v2/validator/rules"
)

// Document is one request.
type Document struct {
	Query     *ast.QueryDocument
	Variables map[string]any
}

// Text is the document as it is sent.
func (d Document) Text() string {
	var out strings.Builder
	formatter.NewFormatter(&out, formatter.WithIndent(" ")).FormatQueryDocument(d.Query)
	return out.String()
}

// Load reads the document again, as a server does, and holds it to the rules of
// the GraphQL specification. What it returns knows its types.
func (d Document) Load(schema *ast.Schema) (*ast.QueryDocument, gqlerror.List) {
	doc, err := parser.ParseQuery(&ast.Source{Input: d.Text()})
	if err != nil {
		return nil, gqlerror.List{gqlerror.WrapIfUnwrapped(err)}
	}
	if errs := validator.ValidateWithRules(schema, doc, rules.NewDefaultRules()); len(errs) > 0 {
		return nil, errs
	}
	return doc, nil
}
