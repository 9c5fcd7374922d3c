// Package schema describes each row type once, for ent. The database itself
// is made by package migrations; a test holds the two against each other.
package schema

import (
	"time"

	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/mixin"
	"github.com/google/uuid"
)

// newID makes a UUIDv7 (RFC 9562): unique anywhere, and in order of time, so
// that indexes grow at one end.
func newID() uuid.UUID { return uuid.Must(uuid.NewV7()) }

// Row gives a row its id.
type Row struct{ mixin.Schema }

// Fields of Row.
func (Row) Fields() []ent.Field {
	return []ent.Field{field.UUID("id", uuid.UUID{}).Default(newID).Immutable()}
}

// Created notes when a row was made.
type Created struct{ mixin.Schema }

// Fields of Created.
func (Created) Fields() []ent.Field {
	return []ent.Field{field.Time("created_at").Default(time.Now).Immutable()}
}

// Times notes when a row was made and last changed.
type Times struct{ mixin.Schema }

// Fields of Times.
func (Times) Fields() []ent.Field {
	return []ent.Field{
		field.Time("created_at").Default(time.Now).Immutable(),
		field.Time("updated_at").Default(time.Now).UpdateDefault(time.Now),
	}
}
