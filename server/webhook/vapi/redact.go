package vapi

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
)

// Redacted stands where something was taken out. What was there is told apart
// from what never was: a report says that there is a recording, not where.
const Redacted = "REDACTED"

// maxNesting is how many times JSON may be written inside a string of JSON.
// Real messages do it once, in the arguments of a tool.
const maxNesting = 8

// Redact takes out of a JSON document what must not be stored or logged:
//
//   - the provider's secrets (Twilio's token and account id, server secrets,
//     credentials, custom headers);
//   - what works for whoever holds it: the URLs that listen to and control a
//     live call, where recordings and logs lie, every URL with a signature,
//     token or password in it.
//
// It looks at keys without regard to case and punctuation, into JSON that is
// written inside strings, and at URLs and well-known names within text. All
// else keeps its meaning, numbers their digits. NUL, which Postgres cannot
// hold, becomes U+FFFD.
//
// The output is deterministic and Redact of it is itself: documents that
// differ only in key order and in what is taken out become equal, and their
// hashes with them. The error is a Refusal.
func Redact(body []byte) ([]byte, error) {
	root, _, err := decode(body)
	if err != nil {
		return nil, err
	}
	root, _ = redactValue(root, 0)
	return encode(root)
}

// redactValue redacts v in place where it can, and reports whether anything
// changed. nesting counts the strings that v was written in.
func redactValue(v any, nesting int) (result any, changed bool) {
	switch v := v.(type) {
	case object:
		return v, redactObject(v, nesting)
	case []any:
		for i := range v {
			child, c := redactValue(v[i], nesting)
			v[i], changed = child, changed || c
		}
		return v, changed
	case string:
		s := redactString(v, nesting)
		return s, s != v
	default:
		return v, false
	}
}

func redactObject(o object, nesting int) (changed bool) {
	for key, value := range o {
		if hidden(key) {
			if !empty(value) && value != Redacted {
				o[key], changed = Redacted, true
			}
			continue
		}
		child, c := redactValue(value, nesting)
		o[key], changed = child, changed || c
	}
	// A list of headers or variables names its secrets by value.
	for _, key := range [...]string{"name", "key"} {
		name, _ := o[key].(string)
		if value := o["value"]; name != "" && hidden(name) && !empty(value) && value != Redacted {
			o["value"], changed = Redacted, true
		}
	}
	return cleanKeys(o) || changed
}

// cleanKeys replaces keys that hold NUL, in sorted order so that two that
// become the same always end the same way. A secret may also be a key.
func cleanKeys(o object) (changed bool) {
	var dirty []string
	for key := range maps.Keys(o) {
		if strings.ContainsRune(key, 0) || redactText(key) != key {
			dirty = append(dirty, key)
		}
	}
	slices.Sort(dirty)
	for _, key := range dirty {
		value := o[key]
		delete(o, key)
		o[redactText(strings.ReplaceAll(key, "\x00", "\uFFFD"))] = value
	}
	return len(dirty) > 0
}

// redactString redacts until nothing more changes, because taking one thing
// out can make another visible. What does not settle is taken out whole.
func redactString(s string, nesting int) string {
	s = strings.ReplaceAll(s, "\x00", "\uFFFD")
	for range 4 {
		next := redactEmbedded(s, nesting)
		if next == s {
			return s
		}
		s = next
	}
	return Redacted
}

// redactEmbedded redacts s as JSON where it is JSON, else as text. JSON that
// holds nothing to take out stays as it was written.
func redactEmbedded(s string, nesting int) string {
	if trimmed := strings.TrimSpace(s); len(trimmed) < 2 || !strings.ContainsRune(`{["`, rune(trimmed[0])) {
		return redactText(s)
	}
	if nesting == maxNesting {
		return Redacted
	}
	v, exact, err := decode([]byte(s))
	switch {
	case errors.Is(err, ErrTooDeep):
		return Redacted
	case err != nil:
		return redactText(s)
	}
	v, changed := redactValue(v, nesting+1)
	// A key named twice hides its first value from us, so the text goes too.
	if !changed && exact {
		return s
	}
	out, err := encode(v)
	if err != nil {
		return Redacted
	}
	return string(out)
}

// empty reports what says nothing and may therefore stay under any key.
func empty(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case string:
		return v == ""
	case bool:
		return !v
	case json.Number:
		return v == "0"
	default:
		return false
	}
}
