// Package pgarray lets ent read and write Postgres arrays of text and uuid.
package pgarray

import (
	"database/sql/driver"
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/google/uuid"
)

// Text is a text[] without nulls.
type Text []string

// Value implements driver.Valuer: the array's text form, every element quoted.
func (a Text) Value() (driver.Value, error) {
	quoted := make([]string, len(a))
	for i, s := range a {
		quoted[i] = `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
	}
	return "{" + strings.Join(quoted, ",") + "}", nil
}

// Scan implements sql.Scanner.
func (a *Text) Scan(src any) error {
	items, err := elements(src, func(b []byte) (string, error) { return string(b), nil })
	*a = items
	return err
}

// UUIDs is a uuid[] without nulls.
type UUIDs []uuid.UUID

// Value implements driver.Valuer.
func (a UUIDs) Value() (driver.Value, error) {
	items := make([]string, len(a))
	for i, id := range a {
		items[i] = id.String()
	}
	return "{" + strings.Join(items, ",") + "}", nil
}

// Scan implements sql.Scanner.
func (a *UUIDs) Scan(src any) error {
	items, err := elements(src, func(b []byte) (string, error) {
		id, err := uuid.FromBytes(b)
		return id.String(), err
	})
	if err != nil {
		return err
	}
	ids := make(UUIDs, len(items))
	for i, s := range items {
		if ids[i], err = uuid.Parse(s); err != nil {
			return fmt.Errorf("reading uuid[]: %w", err)
		}
	}
	*a = ids
	return nil
}

// elements reads an array in either of the forms that Postgres sends: text, or
// the binary one, whose elements element reads.
func elements(src any, element func([]byte) (string, error)) ([]string, error) {
	if wire, ok := src.([]byte); ok && (len(wire) == 0 || wire[0] != '{') {
		return unpack(wire, element)
	}
	return split(src)
}

// unpack reads the binary form of a one-dimensional array without nulls:
// dimensions, flags and the elements' type; the dimension's length and lower
// bound; then each element's length and bytes. All numbers are 32 bits, big
// endian, and an empty array has no dimension.
func unpack(wire []byte, element func([]byte) (string, error)) ([]string, error) {
	number := func() int {
		if len(wire) < 4 {
			wire = nil
			return -1
		}
		n := int32(binary.BigEndian.Uint32(wire)) //nolint:gosec // it is a signed number
		wire = wire[4:]
		return int(n)
	}
	dimensions, _, _ := number(), number(), number()
	if dimensions == 0 {
		return []string{}, nil
	}
	count, _ := number(), number()
	if dimensions != 1 || count < 0 || count > len(wire)/4 {
		return nil, fmt.Errorf("reading array: not a list")
	}
	items := make([]string, count)
	for i := range items {
		length := number()
		if length < 0 || length > len(wire) {
			return nil, fmt.Errorf("reading array: a null, or an element cut short")
		}
		var err error
		if items[i], err = element(wire[:length]); err != nil {
			return nil, fmt.Errorf("reading array: %w", err)
		}
		wire = wire[length:]
	}
	return items, nil
}

// split reads the text form of a one-dimensional array.
func split(src any) ([]string, error) {
	var s string
	switch v := src.(type) {
	case nil:
		return nil, nil
	case string:
		s = v
	case []byte:
		s = string(v)
	default:
		return nil, fmt.Errorf("reading array: unexpected %T", src)
	}
	if len(s) < 2 || s[0] != '{' || s[len(s)-1] != '}' {
		return nil, fmt.Errorf("reading array: not an array")
	}
	items := []string{}
	var item strings.Builder
	inQuotes, started := false, false
	for i := 1; i < len(s)-1; i++ {
		switch c := s[i]; {
		case c == '\\' && i+1 < len(s)-1:
			i++
			item.WriteByte(s[i])
		case c == '"':
			inQuotes, started = !inQuotes, true
		case c == ',' && !inQuotes:
			items = append(items, item.String())
			item.Reset()
			started = true
		default:
			item.WriteByte(c)
			started = true
		}
	}
	if started {
		items = append(items, item.String())
	}
	return items, nil
}
