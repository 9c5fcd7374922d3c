package random_test

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

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
