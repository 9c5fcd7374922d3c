package random_test

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/voxanne/cascade/graph/generated"
	"github.com/voxanne/cascade/server/random"
)

func schema() *ast.Schema { return generated.NewExecutableSchema(generated.Config{}).Schema() }

func newRand(seed, stream uint64) *rand.Rand {
	return rand.New(rand.NewPCG(seed, stream))
}

// Every document is valid, and the same seed gives it again.
func TestDocumentsAreValid(t *testing.T) {
	t.Parallel()
	g, err := random.New(random.Config{Schema: schema(), Now: time.Date(2026, 11, 23, 9, 30, 0, 0, time.UTC)})
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[string]int{}
	for i := range uint64(3000) {
		kind := ast.Query
		if i%4 == 0 {
			kind = ast.Mutation
		}
		d := g.Document(newRand(1, i), kind)
		text := d.Text()
		if _, errs := d.Load(schema()); errs != nil {
			t.Fatalf("document %d: %v\n%s", i, errs, text)
		}
		if again := g.Document(newRand(1, i), kind).Text(); again != text {
			t.Fatalf("document %d is another the second time:\n%s\n%s", i, text, again)
		}
		for _, sign := range []string{"fragment F", "on Node {", "... on ", "... F", ": ", "$v", "@include", "@skip", " = ", "where:", "orderBy:", "after:", "nodes("} {
			if strings.Contains(text, sign) {
				kinds[sign]++
			}
		}
	}
	if len(kinds) != 13 {
		t.Errorf("of the kinds of syntax, only %v were written", kinds)
	}
	t.Log(kinds)
}

// What fails is made as small as it can be, and stays valid.
func TestShrink(t *testing.T) {
	t.Parallel()
	g, err := random.New(random.Config{Schema: schema(), Now: time.Date(2026, 11, 23, 9, 30, 0, 0, time.UTC)})
	if err != nil {
		t.Fatal(err)
	}
	tried := 0
	for i := uint64(0); tried < 20; i++ {
		d := g.Document(newRand(2, i), ast.Query)
		fails := func(d random.Document) bool { return strings.Contains(d.Text(), "transcript") }
		if !fails(d) {
			continue
		}
		tried++
		small := d.Shrink(schema(), 1000, fails)
		if _, errs := small.Load(schema()); errs != nil || !fails(small) {
			t.Fatalf("document %d shrank to one that is not valid or does not fail: %v\n%s", i, errs, small.Text())
		}
		// The path to the field, and what its types cannot do without.
		if n := strings.Count(small.Text(), "\n"); n > 40 || len(small.Text()) > len(d.Text()) {
			t.Errorf("document %d shrank to %d lines of %d:\n%s", i, n, strings.Count(d.Text(), "\n"), small.Text())
		}
	}
}

// A schema with a scalar that nobody has values of is refused.
func TestAScalarWithoutValuesIsNoticed(t *testing.T) {
	t.Parallel()
	odd := gqlparser.MustLoadSchema(&ast.Source{Input: `scalar Colour type Query { a(c: Colour): Int }`})
	if _, err := random.New(random.Config{Schema: odd}); err == nil || !strings.Contains(err.Error(), "Colour") {
		t.Errorf("%v", err)
	}
	if _, err := random.New(random.Config{}); err == nil {
		t.Error("a generator without a schema was made")
	}
}
