package vapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
)

// MaxDepth is how deep a document may nest. Real messages reach about twelve.
const MaxDepth = 64

// object is a JSON object; numbers in it are json.Number, so they stay exact.
type object = map[string]any

// decode reads one JSON value. exact is false when an object named a key
// twice: the tree then holds less than the text did. The error is a Refusal
// and quotes nothing.
func decode(data []byte) (root any, exact bool, err error) {
	depth, members := shape(data)
	if depth > MaxDepth {
		return nil, false, ErrTooDeep
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	if dec.Decode(&root) != nil {
		return nil, false, ErrMalformed
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, false, ErrMalformed
	}
	held, sane := census(root)
	if !sane {
		return nil, false, ErrAbsurdNumber
	}
	return root, held == members, nil
}

// shape measures a JSON text without parsing it: how deep it nests, and how
// many members its objects have, for outside of strings every member has
// exactly one colon.
func shape(data []byte) (depth, members int) {
	open, quoted, escaped := 0, false, false
	for _, c := range data {
		switch {
		case escaped:
			escaped = false
		case quoted:
			escaped, quoted = c == '\\', c != '"'
		case c == '"':
			quoted = true
		case c == '{' || c == '[':
			open++
			depth = max(depth, open)
		case c == '}' || c == ']':
			open--
		case c == ':':
			members++
		}
	}
	return depth, members
}

// census counts the members of all objects in v and reports whether its
// numbers are sane.
func census(v any) (members int, sane bool) {
	switch v := v.(type) {
	case object:
		members = len(v)
		for _, child := range v {
			n, ok := census(child)
			if !ok {
				return 0, false
			}
			members += n
		}
	case []any:
		for _, child := range v {
			n, ok := census(child)
			if !ok {
				return 0, false
			}
			members += n
		}
	case json.Number:
		return 0, !absurd(v)
	}
	return members, true
}

// encode writes v with sorted keys and numbers as they came: equal documents
// give equal bytes.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}
