// Package ent is the data of Cascade: generated from ent/schema, filtered by
// ent/rule, bound to its scope by ent/rls.
package ent

//go:generate go run -mod=mod entc.go
