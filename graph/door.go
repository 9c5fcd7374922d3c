package graph

import (
	"context"
	"io"
	"log/slog"
	"strings"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/google/uuid"
	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/voxanne/cascade/ent"
	"github.com/voxanne/cascade/ent/audit"
	"github.com/voxanne/cascade/ent/rls"
	"github.com/voxanne/cascade/graph/fault"
	"github.com/voxanne/cascade/policy"
)

// DoorConfig is what the door needs; every field but Spend and Tracer is required.
type DoorConfig struct {
	Policies policy.Source
	Driver   *rls.Driver
	Client   *ent.Client
	Records  *audit.Writer
	Log      *slog.Logger
	Now      func() time.Time
	NewID    func() uuid.UUID
	// Secrets seals the answers that are remembered under an Idempotency-Key, and
	// Random salts their fingerprints: crypto/rand.Reader outside tests.
	Secrets SealOpener
	Random  io.Reader
	// Spend charges an operation's cost to whoever pays for it, before anything
	// is decided or read. Its error refuses the operation; its values are shown
	// in extensions.cost.
	Spend  func(ctx context.Context, r Request, cost int) (map[string]any, error)
	Tracer trace.Tracer
	// Refresh reads a subject's facts again, for a stream that outlives them: the
	// same subject and credential with what its rows say now. A subject that is
	// gone, or whose credential no longer stands, is the zero Subject and no
	// error. Without it no stream is opened.
	Refresh func(ctx context.Context, s policy.Subject) (policy.Subject, error)
	// Recheck is how often a silent stream is decided again; zero means
	// DefaultRecheck.
	Recheck time.Duration
}

// Door is the one place where GraphQL asks for decisions. Every operation
// passes it: what it touches is read off its document, each row type is decided
// once, the records are handed over, and the scope that comes of it is all that
// its resolvers can reach. A resolver cannot forget to ask: without a decision
// there is no scope, and without a scope no row.
type Door struct {
	DoorConfig
	schema   *ast.Schema
	plans    *lru.Cache[*ast.OperationDefinition, plan]
	prefixes map[string]policy.Resource // of node ids
}

var _ interface {
	graphql.HandlerExtension
	graphql.OperationInterceptor
	graphql.ResponseInterceptor
	graphql.RootFieldInterceptor
} = (*Door)(nil)

// NewDoor makes the door of a schema.
func NewDoor(schema *ast.Schema, c DoorConfig) *Door {
	plans, err := lru.New[*ast.OperationDefinition, plan](2048)
	if err != nil {
		panic(err) // the size is positive
	}
	d := &Door{DoorConfig: c, schema: schema, plans: plans}
	if d.Tracer == nil {
		d.Tracer = noop.NewTracerProvider().Tracer("")
	}
	d.prefixes = nodeResources(schema)
	return d
}

// nodeResources are the row types of the ids that node and nodes take.
func nodeResources(schema *ast.Schema) map[string]policy.Resource {
	out := map[string]policy.Resource{}
	for _, def := range schema.GetPossibleTypes(schema.Types["Node"]) {
		if r, ok := resourceOf(def); ok {
			out[nodePrefix(def.Name)] = r
		}
	}
	return out
}

// ExtensionName implements graphql.HandlerExtension.
func (*Door) ExtensionName() string { return "Door" }

// Validate implements graphql.HandlerExtension.
func (*Door) Validate(graphql.ExecutableSchema) error { return nil }

// InterceptOperation implements graphql.OperationInterceptor.
func (d *Door) InterceptOperation(ctx context.Context, next graphql.OperationHandler) graphql.ResponseHandler {
	oc := graphql.GetOperationContext(ctx)
	request, err := RequestFrom(ctx)
	if err != nil {
		return refuse(ctx, err)
	}
	out := decided{now: d.Now(), request: request, concerned: new(uuid.UUID)}
	cost, err := costOf(oc.Operation, oc.Variables)
	if err != nil {
		return refuse(ctx, err)
	}
	if d.Spend != nil {
		if out.cost, err = d.Spend(ctx, request, cost); err != nil {
			return refuse(ctx, err)
		}
	}
	p, ok := d.plans.Get(oc.Operation)
	if !ok {
		p = newPlan(d.schema, oc.Operation)
		d.plans.Add(oc.Operation, p)
	}
	needs := append(append([]need(nil), p.needs...), d.nodeNeeds(oc)...)
	if oc.Operation.Operation == ast.Mutation && request.IdempotencyKey != "" {
		needs = append(needs, idempotencyNeeds...)
	}
	var records []audit.Record
	out.decisions, records = d.decide(ctx, request, needs, operationName(oc), out.now)
	scope := policy.NewScope(request.Subject, values(out.decisions)...)
	out.masked = p.masked(scope)
	out.whole = oc.Operation.Operation != ast.Mutation || out.allows(oc.Operation)
	ctx = policy.WithScope(ctx, scope)
	ctx = context.WithValue(ctx, decidedKey{}, out)
	if oc.Operation.Operation == ast.Subscription {
		return d.subscribe(ctx, next, &subscription{opened: out, needs: needs, plan: p, operation: operationName(oc)}, records)
	}
	if oc.Operation.Operation == ast.Mutation && out.whole {
		return d.mutate(ctx, next, out, records)
	}
	return d.read(ent.NewContext(ctx, d.Client), next, records)
}

// read runs an operation that changes nothing. Its records become durable
// while it runs, and its answer waits for them.
func (d *Door) read(ctx context.Context, next graphql.OperationHandler, records []audit.Record) graphql.ResponseHandler {
	wait := d.Records.Append(records...)
	handler := next(ctx)
	return func(ctx context.Context) *graphql.Response {
		response := handler(ctx)
		if response == nil {
			return nil
		}
		if err := wait(ctx); err != nil {
			d.Log.ErrorContext(ctx, "an answer was withheld: its record could not be kept", "error", logged(err))
			return failed(ctx, err)
		}
		return response
	}
}

// decide asks once for each need, in the order of the document, under one
// policy revision.
func (d *Door) decide(
	ctx context.Context, request Request, needs []need, operation string, now time.Time,
) (map[need]policy.Decision, []audit.Record) {
	ctx, span := d.Tracer.Start(ctx, "decide", trace.WithAttributes(attribute.Int("cascade.decisions", len(needs))))
	defer span.End()
	decider := d.Policies.For(request.Orgs)
	decisions := make(map[need]policy.Decision, len(needs))
	records := make([]audit.Record, 0, len(needs))
	for _, n := range needs {
		if _, ok := decisions[n]; ok {
			continue
		}
		decision := decider.Decide(ctx, policy.Request{
			Subject: request.Subject, Action: n.action, Resource: n.resource, Orgs: request.Orgs,
			Operation: operation, Now: now,
		})
		decisions[n] = decision
		records = append(records, audit.NewRecord(decision, request.Origin))
	}
	return decisions, records
}

// InterceptRootField implements graphql.RootFieldInterceptor: a field whose
// decision refuses is an error; a field that declares none is never run.
func (d *Door) InterceptRootField(ctx context.Context, next graphql.RootResolver) graphql.Marshaler {
	field := graphql.GetRootFieldContext(ctx).Field
	if strings.HasPrefix(field.Name, "__") {
		return next(ctx)
	}
	n, declared := canOf(field.Definition)
	var err error
	switch {
	case declared && n.resource == nodeResource, field.Definition.Directives.ForName("self") != nil:
	case !declared:
		err = fault.New(fault.Internal, "This field is not open.")
	default:
		out := decidedFrom(ctx)
		if err = out.denial(field.Definition); err == nil && !out.whole {
			err = fault.New(fault.Conflict, "This was not tried: something else in the same request was refused.")
		}
	}
	if err != nil {
		shown := present(ctx, err)
		shown.Path = ast.Path{ast.PathName(field.Alias)}
		graphql.AddError(ctx, shown)
		return graphql.Null
	}
	return next(ctx)
}

// InterceptResponse implements graphql.ResponseInterceptor: it says what was
// hidden and what the operation cost.
func (*Door) InterceptResponse(ctx context.Context, next graphql.ResponseHandler) *graphql.Response {
	out := decidedFrom(ctx)
	if len(out.masked) > 0 {
		graphql.RegisterExtension(ctx, "masked", out.masked)
	}
	if out.cost != nil {
		graphql.RegisterExtension(ctx, "cost", out.cost)
	}
	return next(ctx)
}

// nodeNeeds are the decisions that node and nodes need: their ids say the type.
func (d *Door) nodeNeeds(oc *graphql.OperationContext) []need {
	var needs []need
	for _, f := range rootFields(oc.Operation.SelectionSet) {
		if n, ok := canOf(f.Definition); !ok || n.resource != nodeResource {
			continue
		}
		args := f.ArgumentMap(oc.Variables)
		ids, ok := args["ids"].([]any)
		if !ok {
			ids = []any{args["id"]}
		}
		for _, id := range ids {
			if text, ok := id.(string); ok {
				if r, ok := d.prefixes[prefixOf(text)]; ok {
					needs = append(needs, need{policy.Read, r})
				}
			}
		}
	}
	return needs
}

// allows reports whether every root field of the operation is permitted. Of a
// mutation that is not no field runs: there is no transaction to run it in, and
// each gets its own error.
func (d decided) allows(op *ast.OperationDefinition) bool {
	for _, f := range rootFields(op.SelectionSet) {
		if d.denial(f.Definition) != nil {
			return false
		}
	}
	return true
}

// denial is the error of the first decision that a root field declares and
// does not have.
func (d decided) denial(field *ast.FieldDefinition) error {
	for _, n := range cansOf(field) {
		if err := d.decisions[n].Err(); err != nil {
			return err
		}
	}
	return nil
}

func operationName(oc *graphql.OperationContext) string {
	if oc.Operation.Name != "" {
		return oc.Operation.Name
	}
	return string(oc.Operation.Operation)
}

func values[K comparable, V any](m map[K]V) []V {
	out := make([]V, 0, len(m))
	for _, v := range m {
		out = append(out, v)
	}
	return out
}

// refuse answers an operation that is not run.
func refuse(ctx context.Context, err error) graphql.ResponseHandler {
	return graphql.OneShot(failed(ctx, err))
}

// failed is the answer of an operation that did not end in one. Its cause is
// logged by whoever has a log.
func failed(ctx context.Context, err error) *graphql.Response {
	return &graphql.Response{Errors: gqlerror.List{present(ctx, err)}}
}
