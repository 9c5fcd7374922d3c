package opa

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/metrics"
	oparego "github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/storage/inmem"
	"github.com/open-policy-agent/opa/v1/topdown"

	"github.com/voxanne/cascade/policy"
)

// Query is where the policies answer.
const Query = "data.cascade.access.decision"

// maxPolicyBytes bounds the text of one generation. Compiling cannot be
// interrupted, so what is compiled is kept small.
const maxPolicyBytes = 1 << 20

// maxAnswers is how many answers a generation remembers: about a second's worth
// on a busy node, and some four megabytes.
const maxAnswers = 4096

// Generation is one compiled set of policies. It never changes, and is safe for
// concurrent use.
type Generation struct {
	revision string
	config   Config
	compiler *ast.Compiler // for Trace alone
	query    oparego.PreparedEvalQuery
	answers  *lru.Cache[string, policy.Verdict]
	health   health
}

var _ policy.Decider = (*Generation)(nil)

// Compile builds a generation from every .rego file (tests aside) and the
// schemas of files. Its errors name file and line.
func Compile(ctx context.Context, files fs.FS, c Config) (*Generation, error) {
	modules, err := Modules(files, false)
	if err != nil {
		return nil, err
	}
	revision, err := Digest(files)
	if err != nil {
		return nil, err
	}
	return CompileModules(ctx, files, modules, revision, c)
}

// CompileModules builds a generation from modules that were read, and perhaps
// changed, before; files has their schemas. It changes the modules.
func CompileModules(ctx context.Context, files fs.FS, modules map[string]*ast.Module, revision string, c Config) (*Generation, error) {
	compiler, err := NewCompiler(files)
	if err != nil {
		return nil, err
	}
	return CompileWith(ctx, compiler, modules, revision, c)
}

// CompileWith is like CompileModules with another compiler than NewCompiler's. It
// is for reviews: nothing that serves compiles less strictly.
func CompileWith(ctx context.Context, compiler *ast.Compiler, modules map[string]*ast.Module, revision string, c Config) (*Generation, error) {
	compiler.Compile(modules)
	if compiler.Failed() {
		return nil, compiler.Errors
	}
	query, err := oparego.New(
		oparego.Query(Query),
		oparego.Compiler(compiler),
		// Reading values that are never written, as the evaluator wants them,
		// saves a conversion each time.
		oparego.Store(inmem.NewFromObjectWithOpts(map[string]any{}, inmem.OptRoundTripOnWrite(false), inmem.OptReturnASTValuesOnRead(true))),
		oparego.StrictBuiltinErrors(true),
	).PrepareForEval(ctx)
	if err != nil {
		return nil, err
	}
	answers, err := lru.New[string, policy.Verdict](maxAnswers)
	if err != nil {
		return nil, err
	}
	return &Generation{revision: revision, config: c.withDefaults(), compiler: compiler, query: query, answers: answers}, nil
}

// Modules parses every .rego file; those of tests only when asked for.
func Modules(files fs.FS, tests bool) (map[string]*ast.Module, error) {
	modules := map[string]*ast.Module{}
	err := each(files, tests, func(name string, text []byte) error {
		module, err := ast.ParseModuleWithOpts(name, string(text), ast.ParserOptions{
			RegoVersion: ast.RegoV1, ProcessAnnotation: true, Capabilities: Capabilities(),
		})
		modules[name] = module
		return err
	})
	return modules, err
}

// Digest names the policies in files by their content: the revision. Tests are
// no part of it, for no decision depends on them.
func Digest(files fs.FS) (string, error) {
	digest := sha256.New()
	// The walk goes in lexical order, so the digest is stable.
	err := each(files, false, func(name string, text []byte) error {
		_, err := fmt.Fprintf(digest, "%s\x00%d\x00%s", name, len(text), text)
		return err
	})
	if err != nil {
		return "", err
	}
	return hex.EncodeToString(digest.Sum(nil))[:16], nil
}

// each calls do for every .rego file.
func each(files fs.FS, tests bool, do func(name string, text []byte) error) error {
	total, found := 0, false
	err := fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() || path.Ext(name) != ".rego" || (!tests && strings.HasSuffix(name, "_test.rego")) {
			return nil
		}
		text, err := readFile(files, name, maxPolicyBytes-total)
		if err != nil {
			return err
		}
		total += len(text)
		found = true
		return do(name, text)
	})
	if err == nil && !found {
		return errors.New("no policy files found")
	}
	return err
}

// readFile reads a file of no more than limit bytes, and no more of a longer one.
func readFile(files fs.FS, name string, limit int) (text []byte, err error) {
	file, err := files.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	text, err = io.ReadAll(io.LimitReader(file, int64(limit)+1))
	if err == nil && len(text) > limit {
		return nil, fmt.Errorf("%s: policies are larger than %d bytes", name, maxPolicyBytes)
	}
	return text, err
}

// NewCompiler is strict and knows the schema of the input, which it reads from
// files, so that a misspelt field does not compile.
func NewCompiler(files fs.FS) (*ast.Compiler, error) {
	schemas := ast.NewSchemaSet()
	text, err := fs.ReadFile(files, "schema/input.json")
	if err != nil {
		return nil, fmt.Errorf("reading the input schema: %w", err)
	}
	var schema any
	if err := json.Unmarshal(text, &schema); err != nil {
		return nil, fmt.Errorf("reading the input schema: %w", err)
	}
	schemas.Put(ast.MustParseRef("schema.input"), schema)
	return ast.NewCompiler().
		WithCapabilities(Capabilities()).
		WithStrict(true).
		WithSchemas(schemas).
		WithUseTypeCheckAnnotations(true).
		WithDefaultRegoVersion(ast.RegoV1), nil
}

// verdict asks the policy, unless it was asked the very same: the same document
// under the same revision has the same answer for ever, for no policy can reach
// a clock, chance or the network (see capabilities). A document holds the second
// in which it is asked, so an answer is remembered for no longer than that.
// Failures are not remembered.
func (g *Generation) verdict(ctx context.Context, in input, document string, now time.Time) (policy.Verdict, error) {
	if v, ok := g.answers.Get(document); ok {
		return v, nil
	}
	started := g.config.Clock()
	v, err := g.evaluate(ctx, in.value(), now)
	g.health.took(g.config.Clock().Sub(started))
	if err == nil {
		g.answers.Add(document, v)
	}
	return v, err
}

// evaluate asks the policy once, within the budget.
func (g *Generation) evaluate(ctx context.Context, in ast.Value, now time.Time) (policy.Verdict, error) {
	// A cancel of our own: without one, OPA starts a goroutine for each call.
	cancel := topdown.NewCancel()
	timer := time.AfterFunc(g.config.Budget, cancel.Cancel)
	defer timer.Stop()
	results, err := g.query.Eval(ctx,
		oparego.EvalParsedInput(in),
		oparego.EvalTime(now),
		oparego.EvalExternalCancel(cancel),
		oparego.EvalMetrics(metrics.NoOp()),
		oparego.EvalGenerateJSON(keepValue),
	)
	if err != nil {
		return policy.Verdict{}, fmt.Errorf("evaluating the policy: %w", err)
	}
	if len(results) != 1 || len(results[0].Expressions) != 1 {
		return policy.Verdict{}, errUndefined
	}
	return readVerdict(results[0].Expressions[0].Value)
}

// keepValue keeps a result as the evaluator has it; readVerdict reads it as is.
func keepValue(t *ast.Term, _ *oparego.EvalContext) (any, error) { return t.Value, nil }
