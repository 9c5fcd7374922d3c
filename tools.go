//go:build tools

// Package main names the programs that generation needs, so that go.mod keeps
// their versions.
package main

import (
	_ "entgo.io/ent/entc"
	_ "entgo.io/ent/entc/gen"
	_ "github.com/99designs/gqlgen"
)
