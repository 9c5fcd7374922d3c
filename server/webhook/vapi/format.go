package vapi

import (
	"io"
	"strings"
)

// place is a placeholder of a payload format, as Vapi writes it.
type place string

const (
	placeBody      place = "body"
	placeTimestamp place = "timestamp"
	placeID        place = "svix-id"
	placeMethod    place = "method"
	placeURL       place = "url"
)

// format is the text that a signature covers: literals and placeholders in
// turn. It is filled in one pass, so a body that contains "{timestamp}" signs
// as it stands.
type format []formatPart

type formatPart struct {
	literal string
	place   place // empty after the last literal
}

// parseFormat reads a payload format; ok is false for an unknown placeholder,
// which would silently leave something unsigned.
func parseFormat(s string) (f format, ok bool) {
	for {
		literal, rest, found := strings.Cut(s, "{")
		if !found {
			return append(f, formatPart{literal: literal}), true
		}
		name, after, closed := strings.Cut(rest, "}")
		switch p := place(name); {
		case !closed:
			return nil, false
		case p == placeBody, p == placeTimestamp, p == placeID, p == placeMethod, p == placeURL:
			f = append(f, formatPart{literal: literal, place: p})
		default:
			return nil, false
		}
		s = after
	}
}

// uses reports whether the signed text contains p.
func (f format) uses(p place) bool {
	for _, part := range f {
		if part.place == p {
			return true
		}
	}
	return false
}

// writeTo writes the signed text to a hash, which never fails; the body is not
// copied.
func (f format) writeTo(w io.Writer, values map[place]string, body []byte) {
	for _, part := range f {
		_, _ = io.WriteString(w, part.literal)
		if part.place == placeBody {
			_, _ = w.Write(body)
		} else {
			_, _ = io.WriteString(w, values[part.place])
		}
	}
}
