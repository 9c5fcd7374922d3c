package vapi

import (
	"encoding/json"
	"strings"
	"time"
	"unicode/utf8"
)

// at follows keys into nested objects; nil when the path ends early.
func at(v any, path ...string) any {
	for _, key := range path {
		o, _ := v.(object)
		v = o[key]
	}
	return v
}

// list is v as an array, or nil.
func list(v any) []any {
	l, _ := v.([]any)
	return l
}

// text is v as trimmed text, or "". A number is its digits.
func text(v any) string {
	switch v := v.(type) {
	case string:
		return strings.TrimSpace(v)
	case json.Number:
		return v.String()
	default:
		return ""
	}
}

// firstText is the first of vs that is text.
func firstText(vs ...any) string {
	for _, v := range vs {
		if s := text(v); s != "" {
			return s
		}
	}
	return ""
}

// ident is the first of vs that can be somebody's id: printable ASCII without
// spaces, at most 128 bytes. What is longer is nobody's.
func ident(vs ...any) string {
	for _, v := range vs {
		s := text(v)
		if s == "" || len(s) > 128 || s == Redacted {
			continue
		}
		if strings.IndexFunc(s, func(r rune) bool { return r <= ' ' || r > '~' }) < 0 {
			return s
		}
	}
	return ""
}

// clip shortens s to at most n bytes without splitting a character.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// moment is the first of vs that is a time between 2000 and 2100: RFC 3339, or
// Unix time in milliseconds or seconds. Zero when none is.
func moment(vs ...any) time.Time {
	for _, v := range vs {
		s := text(v)
		t, err := time.Parse(time.RFC3339Nano, s)
		if err != nil {
			micros, ok := scaled(json.Number(s), 3)
			if !ok {
				continue
			}
			if micros < 1e14 { // before 1973 in milliseconds: these are seconds
				if micros, ok = scaled(json.Number(s), 6); !ok {
					continue
				}
			}
			t = time.UnixMicro(micros)
		}
		if t = t.UTC(); t.Year() >= 2000 && t.Year() < 2100 {
			return t
		}
	}
	return time.Time{}
}
