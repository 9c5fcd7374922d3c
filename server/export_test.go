package server

import (
	"context"
	"time"

	"github.com/vektah/gqlparser/v2/ast"
)

// Planted is what a check looks at, for tests to plant holes in.
type Planted struct {
	Config Config
	Dev    bool
	Now    func() time.Time
	Schema *ast.Schema
	Deps   Deps
}

// Prove is Check of what was planted.
func (p Planted) Prove(ctx context.Context) []Fact {
	return deployment{config: p.Config, dev: p.Dev, now: p.Now, schema: p.Schema, deps: p.Deps}.prove(ctx)
}
