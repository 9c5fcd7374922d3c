package schema

import "entgo.io/ent/dialect"

// Postgres types that ent does not guess.
var (
	textArray  = map[string]string{dialect.Postgres: "text[]"}
	uuidArray  = map[string]string{dialect.Postgres: "uuid[]"}
	dateColumn = map[string]string{dialect.Postgres: "date"}
)
