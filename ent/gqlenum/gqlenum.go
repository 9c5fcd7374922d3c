// Package gqlenum spells enum values for GraphQL: "in_progress" in the
// database, IN_PROGRESS outside.
package gqlenum

import (
	"errors"
	"io"
	"strings"
)

// ErrNotString means that an enum was given as something else.
var ErrNotString = errors.New("enum must be a string")

// Write writes value as GraphQL has it, quoted.
func Write(w io.Writer, value string) {
	_, _ = io.WriteString(w, `"`+strings.ToUpper(value)+`"`)
}

// Read returns the database's spelling of a value from GraphQL.
func Read(v any) (string, error) {
	s, ok := v.(string)
	if !ok {
		return "", ErrNotString
	}
	return strings.ToLower(s), nil
}
