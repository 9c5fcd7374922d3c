package opa

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
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

// generation is one compiled set of policies.
type generation struct {
	revision string
	config   Config
	query    oparego.PreparedEvalQuery
	answers  *lru.Cache[string, policy.Verdict]
}

// compile builds a generation from every .rego file (tests aside) and the
// schemas of files.
func compile(ctx context.Context, files fs.FS, c Config) (*generation, error) {
	modules, revision, err := parse(files, false)
	if err != nil {
		return nil, err
	}
	compiler, err := newCompiler(files)
	if err != nil {
		return nil, err
	}
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
	return &generation{revision: revision, config: c, query: query, answers: answers}, nil
}

// parse reads the policies and digests them; the digest is the revision.
func parse(files fs.FS, tests bool) (map[string]*ast.Module, string, error) {
	modules := map[string]*ast.Module{}
	digest := sha256.New()
	total := 0
	err := fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() || path.Ext(name) != ".rego" || (!tests && strings.HasSuffix(name, "_test.rego")) {
			return nil
		}
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		if total += len(text); total > maxPolicyBytes {
			return fmt.Errorf("policies are larger than %d bytes", maxPolicyBytes)
		}
		// WalkDir goes in lexical order, so the digest is stable.
		fmt.Fprintf(digest, "%s\x00%d\x00%s", name, len(text), text)
		module, err := ast.ParseModuleWithOpts(name, string(text), ast.ParserOptions{
			RegoVersion: ast.RegoV1, ProcessAnnotation: true, Capabilities: capabilities(),
		})
		if err != nil {
			return err
		}
		modules[name] = module
		return nil
	})
	if err != nil {
		return nil, "", err
	}
	if len(modules) == 0 {
		return nil, "", fmt.Errorf("no policy files found")
	}
	return modules, hex.EncodeToString(digest.Sum(nil))[:16], nil
}

// newCompiler is strict and knows the schema of the input, so that a misspelt
// field does not compile.
func newCompiler(files fs.FS) (*ast.Compiler, error) {
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
		WithCapabilities(capabilities()).
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
func (g *generation) verdict(ctx context.Context, in input, document string, now time.Time) (policy.Verdict, error) {
	if v, ok := g.answers.Get(document); ok {
		return v, nil
	}
	v, err := g.evaluate(ctx, in, now)
	if err == nil {
		g.answers.Add(document, v)
	}
	return v, err
}

// evaluate asks the policy once, within the budget.
func (g *generation) evaluate(ctx context.Context, in input, now time.Time) (policy.Verdict, error) {
	// A cancel of our own: without one, OPA starts a goroutine for each call.
	cancel := topdown.NewCancel()
	timer := time.AfterFunc(g.config.Budget, cancel.Cancel)
	defer timer.Stop()
	results, err := g.query.Eval(ctx,
		oparego.EvalParsedInput(in.value()),
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
