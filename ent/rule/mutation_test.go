package rule_test

import (
	"context"
	"reflect"
	"slices"
	"strings"
	"testing"

	entgo "entgo.io/ent"

	"github.com/voxanne/cascade/ent"
	"github.com/voxanne/cascade/ent/rule"
	"github.com/voxanne/cascade/policy"
	"github.com/voxanne/cascade/policy/mutation"
)

// With every other wall gone, each row type's rule keeps two clinics apart; and
// whatever part of a rule is taken away, one at a time, the probe notices. These
// run alone: the rules are variables of the whole program.
func TestEveryMutantOfTheRulesIsNoticed(t *testing.T) { //nolint:paralleltest // it changes the rules
	w := openWorld(t)
	clients := reflect.TypeFor[ent.Client]()
	for i := range clients.NumField() {
		name := clients.Field(i).Name
		if _, known := types[name]; !known && strings.HasSuffix(clients.Field(i).Type.String(), "Client") {
			t.Errorf("%s is not in types", name)
		}
	}
	var score mutation.Score
	for name := range types {
		if err := w.probe(t.Context(), name); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for what, mutate := range w.mutants(t.Context(), name) {
			undo := mutate()
			score.Add(name+": "+what, w.probe(t.Context(), name) != nil)
			undo()
		}
		if err := w.probe(t.Context(), name); err != nil {
			t.Errorf("%s, put back: %v", name, err)
		}
	}
	score.Report(t, "the rules of ent", 150)
}

// mutants are the ways to take away a part of what guards a row type. Each
// returns how to put it back.
func (w *world) mutants(ctx context.Context, name string) map[string]func() func() {
	g := types[name]
	kind, word, _ := strings.Cut(w.comments[g.table], ":")
	was := *g.policy
	become := func(p entgo.Policy) func() func() {
		return func() func() {
			*g.policy = p
			return func() { *g.policy = was }
		}
	}
	all := map[string]func() func(){
		"reads are free":             become(half{reads: free{}, writes: was}),
		"writes are free":            become(half{reads: was, writes: free{}}),
		"everything is free":         become(free{}),
		"the rule of another type":   become(rule.Owned(policy.Integration, "org_id")),
		"the rule of nobody's rows":  become(rule.Platform(policy.Resource(word))),
		"the rule of one's own rows": become(rule.Self()),
		"no hook": func() func() {
			hook := g.hooks[0]
			g.hooks[0] = func(next ent.Mutator) ent.Mutator { return next }
			return func() { g.hooks[0] = hook }
		},
	}
	switch kind {
	case "self":
		delete(all, "the rule of one's own rows")
	case "platform":
		delete(all, "the rule of nobody's rows")
	}
	if policy.Resource(word) == policy.Integration {
		all["the rule of another type"] = become(rule.Owned(policy.Call, "org_id"))
	}
	rows, err := w.all(w.may(ctx, nil, policy.Resource(word)), name)
	hides := err == nil && slices.ContainsFunc(policy.Resource(word).Maskable(), func(f string) bool { return field(rows.Index(0), f) != nil })
	if hides { // else there is nothing to hide
		all["no masks"] = func() func() {
			masks := g.interceptors[0]
			g.interceptors[0] = ent.InterceptFunc(func(next ent.Querier) ent.Querier { return next })
			return func() { g.interceptors[0] = masks }
		}
	}
	return all
}

// free is a rule that lets everybody do everything.
type free struct{}

func (free) EvalQuery(context.Context, entgo.Query) error       { return nil }
func (free) EvalMutation(context.Context, entgo.Mutation) error { return nil }

// half is one rule for reading and another for writing.
type half struct{ reads, writes entgo.Policy }

func (h half) EvalQuery(ctx context.Context, q entgo.Query) error { return h.reads.EvalQuery(ctx, q) }

func (h half) EvalMutation(ctx context.Context, m entgo.Mutation) error {
	return h.writes.EvalMutation(ctx, m)
}
