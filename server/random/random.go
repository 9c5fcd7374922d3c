// Package random writes GraphQL documents that nobody thought of: valid ones, of
// whatever schema it is given, drawn from a seed. The tests of this package send
// them to the whole server as random subjects and look at every answer.
//
// Nothing of a schema is listed here. A new type, field or argument is asked for
// as soon as it is there.
package random

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/vektah/gqlparser/v2/ast"
)

// Values are what a world holds to ask for.
type Values struct {
	// IDs are global ids by the type of their rows.
	IDs map[string][]string
	// Cursors are places in lists by the type of the list.
	Cursors map[string][]string
	// Words are texts that rows hold, in whole or in part.
	Words []string
	// Named are texts for the arguments of a name, where no other is understood.
	Named map[string][]string
}

// Config is what a Generator draws from.
type Config struct {
	Schema *ast.Schema // required
	// Own is what the asker may well see, and Foreign what they may not. Most
	// values are drawn from Own, some from Foreign, a few are nobody's.
	Own, Foreign Values
	// Now is what times and days lie around.
	Now time.Time
}

// Generator writes documents. It is safe for concurrent use; make it with New.
type Generator struct {
	Config
	types []*ast.Definition // of rows: those that a global id can name
}

// New checks that every scalar of the schema has values. One that has none is an
// error, so that a new scalar is noticed.
func New(c Config) (*Generator, error) {
	if c.Schema == nil || c.Schema.Query == nil {
		return nil, errors.New("random: a generator needs a schema with queries")
	}
	for name, def := range c.Schema.Types {
		if def.Kind == ast.Scalar && scalars[name] == nil {
			return nil, fmt.Errorf("random: no value of the scalar %s is known: add one", name)
		}
	}
	g := &Generator{Config: c}
	if node := c.Schema.Types["Node"]; node != nil {
		g.types = slices.Clone(c.Schema.GetPossibleTypes(node))
		slices.SortFunc(g.types, func(a, b *ast.Definition) int { return strings.Compare(a.Name, b.Name) })
	}
	return g, nil
}

// Document writes a document of the kind: ast.Query or ast.Mutation. The same r
// and the same Config give the same document.
func (g *Generator) Document(r *rand.Rand, kind ast.Operation) Document {
	root := g.Schema.Query
	if kind == ast.Mutation {
		root = g.Schema.Mutation
	}
	w := &writer{
		Generator: g, r: r, room: 38, variables: map[string]any{},
		fragments: map[string][]*ast.FragmentDefinition{}, doc: &ast.QueryDocument{},
	}
	if w.chance(0.02) {
		w.room = 600 // beyond what a server should take
	}
	w.op = &ast.OperationDefinition{Operation: kind}
	if w.chance(0.5) {
		w.op.Name = "Random"
	}
	w.op.SelectionSet = w.roots(root)
	w.doc.Operations = ast.OperationList{w.op}
	return Document{Query: w.doc, Variables: w.variables}
}

// writer is one document in the making.
type writer struct {
	*Generator
	r         *rand.Rand
	doc       *ast.QueryDocument
	op        *ast.OperationDefinition
	variables map[string]any
	fragments map[string][]*ast.FragmentDefinition // that are whole, by type
	room      int                                  // selections that may still be made
	names     int                                  // given so far
}

func (w *writer) chance(p float64) bool { return w.r.Float64() < p }

// name is one that the document does not hold yet.
func (w *writer) name(prefix string) string {
	w.names++
	return fmt.Sprintf("%s%d", prefix, w.names)
}

// pick draws one of list, which is not empty.
func pick[T any](w *writer, list []T) T { return list[w.r.IntN(len(list))] }
