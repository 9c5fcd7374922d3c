// Package rego holds the policies as text, with their tests and the schema of
// their input. Nothing here runs; package opa compiles it.
package rego

import "embed"

// Files are the policies under cascade/ and the schemas under schema/.
//
//go:embed cascade schema
var Files embed.FS
