// Package rego holds the policies as text, with their tests and the schema of
// their input. Nothing here runs; package opa compiles it.
package rego

import "embed"

// Files are the policies under cascade/, the schemas under schema/ and what the
// linter Regal is told, under .regal/.
//
//go:embed cascade schema .regal
var Files embed.FS
