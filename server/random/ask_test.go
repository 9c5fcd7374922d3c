package random_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/voxanne/cascade/server/random"
)

// try sends a document and judges the answer. The fault is "" when all is well.
func (r *round) try(ctx context.Context, q question, d random.Document) (a answer, j *judge, fault string) {
	doc, errs := d.Load(r.schema)
	if errs != nil {
		return a, nil, "the document is not valid: " + errs.Error()
	}
	a, err := r.send(ctx, q, d)
	if err != nil {
		return a, nil, err.Error()
	}
	j = &judge{schema: r.schema, world: r.world, rights: q.who.rights, asked: doc, op: doc.Operations[0], answer: a, read: map[string]bool{}}
	fault = j.judge()
	if fault == "" && q.who.steady && q.kind == ast.Query && q.number%5 == 0 && !changes(doc) {
		r.totals.repeated.Add(1)
		fault = r.again(ctx, q, d, a)
	}
	return a, j, fault
}

// ask is one question of the round, with all that it counts for.
func (r *round) ask(t testing.TB, number uint64) {
	q := r.question(number)
	a, j, fault := r.try(t.Context(), q, q.doc)
	if fault != "" {
		r.report(t, q, fault)
		return
	}
	r.totals.documents.Add(1)
	values := len(j.read) > 0
	if q.kind == ast.Query && !q.who.Gone {
		r.totals.queries.Add(1)
		if values && len(a.Errors) == 0 {
			r.totals.clean.Add(1)
		}
	}
	if values {
		r.totals.withData.Add(1)
	}
	if q.kind == ast.Mutation && q.who.writer {
		r.totals.changes.Add(1)
		if values {
			r.totals.changed.Add(1)
		}
	}
	r.totals.hidden.Add(int64(min(1, len(a.Extensions.Masked))))
	if a.Data != nil {
		r.covered.add(j.asked, j.read)
	}
	for _, id := range j.unknown {
		r.unknown.Store(id, q.who)
	}
}

// report shrinks what failed and says how to see it again.
func (r *round) report(t testing.TB, q question, fault string) {
	t.Helper()
	small := q.doc.Shrink(r.schema, 200, func(d random.Document) bool {
		_, _, again := r.try(t.Context(), q, d)
		return again != "" && strings.Fields(again)[0] == strings.Fields(fault)[0]
	})
	a, _, again := r.try(t.Context(), q, small)
	variables, _ := json.Marshal(small.Variables) //nolint:errchkjson // they were sent as JSON
	t.Errorf("%s\nand when shrunk: %s\nseed %d, document %d, asked by %s with %v\n%s\nvariables %s\nanswer: %d %.2000s",
		fault, again, r.seed, q.number, q.who.Name, q.named(), small.Text(), variables, a.status, a.body)
}
