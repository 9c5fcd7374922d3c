// Package page gives every list of the API the same shape and the same rules:
// Relay's connections, keyset cursors, pages that are bounded.
package page

import (
	"context"

	"github.com/voxanne/cascade/ent"
)

// DefaultSize and MaxSize bound a page, in rows.
const (
	DefaultSize = 20
	MaxSize     = 100
)

// Info is where a page stands in its list.
type Info struct {
	HasNextPage     bool
	HasPreviousPage bool
	StartCursor     *string
	EndCursor       *string
}

// PageInfo is the GraphQL name of Info.
type PageInfo = Info

// Edge is one row and its place.
type Edge[T any] struct {
	Node   *T
	Cursor string
}

// Connection is one page of a list.
type Connection[T any] struct {
	Edges    []*Edge[T]
	PageInfo *Info
	count    func(context.Context) (int, error)
}

// Nodes are the rows without their cursors.
func (c *Connection[T]) Nodes() []*T {
	nodes := make([]*T, len(c.Edges))
	for i, e := range c.Edges {
		nodes[i] = e.Node
	}
	return nodes
}

// TotalCount counts the whole list, not the page; it asks the database only
// when called.
func (c *Connection[T]) TotalCount(ctx context.Context) (int, error) { return c.count(ctx) }

// The connections of the schema, by their GraphQL names.
type (
	CallConnection         = Connection[ent.Call]
	CallEdge               = Edge[ent.Call]
	OrganizationConnection = Connection[ent.Organization]
	OrganizationEdge       = Edge[ent.Organization]
)
