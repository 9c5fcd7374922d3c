// Package migrations holds the database's shape as plain SQL and applies it.
//
// Steps are numbered files, each applied once, in order, in a transaction of
// its own, by the owner. They are never edited once released: a change is a
// new file.
package migrations

import "embed"

// Files are the steps, by name.
//
//go:embed *.sql
var Files embed.FS
