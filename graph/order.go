package graph

import (
	"time"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/graph/page"
)

// latestFirst orders a list by one of its rows' times, the latest first.
func latestFirst[T any](column string, at func(*T) time.Time, id func(*T) uuid.UUID) page.Order[T] {
	return page.Order[T]{
		Name: column, Desc: true, Expr: page.Column(column),
		Key: func(row *T) any { return at(row) }, ID: id,
	}
}
