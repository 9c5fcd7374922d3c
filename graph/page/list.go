package page

import (
	"context"
	"slices"
	"time"

	entsql "entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"github.com/voxanne/cascade/graph/fault"
)

// Args are a list field's paging arguments.
type Args struct {
	First  *int
	After  *string
	Last   *int
	Before *string
}

// Order is what a list is ordered by. Rows with equal keys are ordered by id,
// in the same direction, so that one index serves both.
type Order[T any] struct {
	Name string // in cursors
	// Expr is the column, or the expression that an index has.
	Expr func(*entsql.Selector) string
	Desc bool
	// Key is the row's value: a time.Time, an int64 or a string.
	Key func(*T) any
	ID  func(*T) uuid.UUID
}

// Column orders by a plain column.
func Column(name string) func(*entsql.Selector) string {
	return func(s *entsql.Selector) string { return s.C(name) }
}

// Query is what every generated query of ent has.
type Query[Q any, P, O ~func(*entsql.Selector), T any] interface {
	Where(...P) Q
	Order(...O) Q
	Limit(int) Q
	Clone() Q
	Count(context.Context) (int, error)
	All(context.Context) ([]*T, error)
}

// List reads one page of q. It asks for one row more than the page holds, to
// know whether there is a next one, and counts only when totalCount is read.
// rows prepares the query for reading rows, with columns and edges, which the
// count does without.
func List[Q Query[Q, P, O, T], P, O ~func(*entsql.Selector), T any](
	ctx context.Context, q Q, args Args, order Order[T], rows ...func(Q),
) (*Connection[T], error) {
	size, backward, err := args.size()
	if err != nil {
		return nil, err
	}
	whole := q.Clone()
	for _, end := range []struct {
		cursor *string
		after  bool
	}{{args.After, true}, {args.Before, false}} {
		if end.cursor == nil {
			continue
		}
		c, err := parseCursor(*end.cursor, order.name())
		if err != nil {
			return nil, err
		}
		q = q.Where(P(order.beyond(c, end.after)))
	}
	desc := order.Desc != backward
	q = q.Order(O(func(s *entsql.Selector) {
		direction := entsql.Asc
		if desc {
			direction = entsql.Desc
		}
		s.OrderBy(direction(order.Expr(s)), direction(s.C("id")))
	})).Limit(size + 1)
	for _, prepare := range rows {
		prepare(q)
	}
	found, err := q.All(ctx)
	if err != nil {
		return nil, err
	}
	more := len(found) > size
	if more {
		found = found[:size]
	}
	if backward {
		slices.Reverse(found)
	}
	// A query is changed by being run, and aliases may ask for the count twice at
	// once: each counts a query of its own.
	count := func(ctx context.Context) (int, error) { return whole.Clone().Count(ctx) }
	c := &Connection[T]{Edges: make([]*Edge[T], len(found)), PageInfo: &Info{}, count: count}
	for i, row := range found {
		c.Edges[i] = &Edge[T]{Node: row, place: order.cursor(row)}
	}
	if backward {
		c.PageInfo.HasPreviousPage, c.PageInfo.HasNextPage = more, args.Before != nil
	} else {
		c.PageInfo.HasNextPage, c.PageInfo.HasPreviousPage = more, args.After != nil
	}
	if len(found) > 0 {
		c.PageInfo.first, c.PageInfo.last = &c.Edges[0].place, &c.Edges[len(found)-1].place
	}
	return c, nil
}

// size checks the arguments; nothing is asked of the database before.
func (a Args) size() (n int, backward bool, err error) {
	name, asked := "first", a.First
	if a.Last != nil {
		if a.First != nil {
			return 0, false, fault.New(fault.BadUserInput, "Give first or last, not both.")
		}
		name, asked, backward = "last", a.Last, true
	}
	if asked == nil {
		return DefaultSize, false, nil
	}
	switch {
	case *asked < 0:
		return 0, false, fault.New(fault.BadUserInput, "%s must not be negative.", name)
	case *asked > MaxSize:
		return 0, false, fault.New(fault.TooComplex, "%s may be at most %d; ask for the next page with after.", name, MaxSize).
			With("limit", map[string]any{"name": name, "max": MaxSize, "actual": *asked})
	}
	return *asked, backward, nil
}

func (o Order[T]) name() string {
	if o.Desc {
		return o.Name + "-"
	}
	return o.Name + "+"
}

func (o Order[T]) cursor(row *T) cursor {
	c := cursor{Order: o.name(), ID: o.ID(row)}
	o.put(&c, o.Key(row))
	return c
}

func (Order[T]) put(c *cursor, key any) {
	switch v := key.(type) {
	case int64:
		c.Num = v
	case string:
		c.Text = v
	default:
		c.Time, _ = v.(time.Time)
	}
}

// beyond narrows to the rows after (or before) a place: a row comparison, which
// Postgres answers from the index.
func (o Order[T]) beyond(c cursor, after bool) func(*entsql.Selector) {
	less := o.Desc == after
	return func(s *entsql.Selector) {
		s.Where(entsql.P(func(b *entsql.Builder) {
			b.WriteString("(" + o.Expr(s) + ", " + s.C("id") + ")")
			if less {
				b.WriteString(" < (")
			} else {
				b.WriteString(" > (")
			}
			value := o.value(c)
			b.Arg(value)
			if _, number := value.(int64); number {
				b.WriteString("::bigint") // whatever the column is: a cursor may hold any
			}
			b.Comma().Arg(c.ID)
			b.WriteString(")")
		}))
	}
}

func (o Order[T]) value(c cursor) any {
	switch o.Key(new(T)).(type) {
	case int64:
		return c.Num
	case string:
		return c.Text
	default:
		return c.Time
	}
}
