package limit

import (
	"context"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/lexer"
	"github.com/vektah/gqlparser/v2/parser"
)

// Extension holds a gqlgen server to its limits. Use it after extensions that
// fetch a document by its name or hash, for it judges what they found.
type Extension struct {
	limits Limits
	passed graphql.Cache[*ast.QueryDocument]
}

var _ interface {
	graphql.HandlerExtension
	graphql.OperationParameterMutator
} = (*Extension)(nil)

// New makes an Extension. cache is the server's own query cache: what it holds
// has passed, for nothing gets there but through New's limits. Nil measures
// every document every time.
func New(limits Limits, cache graphql.Cache[*ast.QueryDocument]) *Extension {
	if cache == nil {
		cache = graphql.NoCache[*ast.QueryDocument]{}
	}
	return &Extension{limits: limits, passed: cache}
}

// ExtensionName names the extension.
func (*Extension) ExtensionName() string { return "Limits" }

// Validate refuses limits of zero when the server starts, rather than every
// request afterwards.
func (e *Extension) Validate(graphql.ExecutableSchema) error { return e.limits.check() }

// MutateOperationParameters changes nothing. It refuses with TOO_COMPLEX what
// passes a limit; a document that does not parse is left for the server to refuse.
func (e *Extension) MutateOperationParameters(ctx context.Context, params *graphql.RawParams) *gqlerror.Error {
	if err := e.limits.variables(params.Variables); err != nil {
		return err
	}
	if _, ok := e.passed.Get(ctx, params.Query); ok {
		return nil
	}
	return e.limits.query(params.Query)
}

// query measures one document.
func (l Limits) query(query string) *gqlerror.Error {
	if n := len(query); n > l.Bytes {
		return exceeded("bytes", l.Bytes, n)
	}
	if err := l.tokens(query); err != nil {
		return err
	}
	doc, err := parser.ParseQuery(&ast.Source{Input: query})
	if err != nil {
		return nil //nolint:nilerr // the executor reports it, with its place
	}
	return l.document(doc)
}

// tokens counts until the limit is passed. No token is shorter than a byte, so
// that most documents need no counting.
func (l Limits) tokens(query string) *gqlerror.Error {
	if len(query) <= l.Tokens {
		return nil
	}
	lex := lexer.New(&ast.Source{Input: query})
	for count := 0; ; count++ {
		token, err := lex.ReadToken()
		if err != nil || token.Kind == lexer.EOF {
			return nil //nolint:nilerr // the executor reports it, with its place
		}
		if count == l.Tokens {
			return exceeded("tokens", l.Tokens, count+1)
		}
	}
}
