package random

import (
	"encoding/base64"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/vektah/gqlparser/v2/ast"
)

// scalars draw a literal of each scalar by its name.
var scalars = map[string]func(*writer, place) *ast.Value{ //nolint:gochecknoglobals // immutable table
	"Boolean": func(w *writer, _ place) *ast.Value {
		return &ast.Value{Kind: ast.BooleanValue, Raw: strconv.FormatBool(w.chance(0.5))}
	},
	"Int": (*writer).integer,
	"Float": func(w *writer, _ place) *ast.Value {
		return &ast.Value{Kind: ast.FloatValue, Raw: strconv.FormatFloat(w.r.NormFloat64()*100, 'f', 3, 64)}
	},
	"ID":     func(w *writer, at place) *ast.Value { return quoted(w.id(at)) },
	"String": func(w *writer, at place) *ast.Value { return quoted(w.text(at)) },
	"Time": func(w *writer, _ place) *ast.Value {
		return quoted(w.moment().In(time.FixedZone("", 3600*(w.r.IntN(25)-12))).Format(time.RFC3339Nano))
	},
	"Date": func(w *writer, _ place) *ast.Value { return quoted(w.moment().UTC().Format(time.DateOnly)) },
	"Map":  (*writer).mapping,
}

func quoted(s string) *ast.Value { return &ast.Value{Kind: ast.StringValue, Raw: s} }

// integer is small, most of the time: a page, a score, a number of minutes.
func (w *writer) integer(place) *ast.Value {
	n := int64(1 + w.r.IntN(12))
	switch {
	case w.chance(0.03):
		n = pick(w, []int64{0, -1, 100, 101, 1 << 15, 1<<31 - 1, -1 << 31, 1 << 31, 1 << 40})
	case w.chance(0.15):
		n = int64(w.r.IntN(100))
	}
	return &ast.Value{Kind: ast.IntValue, Raw: strconv.FormatInt(n, 10)}
}

// values are Own most of the time.
func (w *writer) values() Values {
	if w.chance(0.3) {
		return w.Foreign
	}
	return w.Own
}

// id is that of a row, mostly of the type that is meant here.
func (w *writer) id(at place) string {
	kind := w.subject(at)
	if w.chance(0.1) {
		kind = pick(w, w.types).Name
	}
	if ids := w.values().IDs[kind]; len(ids) > 0 && !w.chance(0.05) {
		return pick(w, ids)
	}
	// Nobody's: one that could be, and some that could not.
	return pick(w, []string{"call_01h455vb4pex5vsknk084sn02q", "", "x", "call_", "*", "00000000-0000-0000-0000-000000000000"})
}

// example finds what a description gives as one.
var example = regexp.MustCompile(`such as ([^\s,;]+[^\s,;.])`)

// text is one that somebody might write here, or somebody who means harm.
func (w *writer) text(at place) string {
	v := w.values()
	if cursors := v.Cursors[at.field.Type.Name()]; len(cursors) > 0 && (at.name == "after" || at.name == "before") && !w.chance(0.1) {
		if w.chance(0.05) {
			return w.forged(pick(w, cursors))
		}
		return pick(w, cursors)
	}
	if named := w.Own.Named[at.name]; len(named) > 0 && !w.chance(0.2) {
		return pick(w, named)
	}
	if found := example.FindStringSubmatch(at.text); found != nil && !w.chance(0.3) {
		return found[1]
	}
	if len(v.Words) > 0 && !w.chance(0.2) {
		word := []rune(pick(w, v.Words))
		if w.chance(0.3) { // a part of it
			from := w.r.IntN(len(word))
			word = word[from : from+1+w.r.IntN(len(word)-from)]
		}
		return string(word)
	}
	return pick(w, []string{
		"", " ", "%", "_", "'", `"`, `\`, "' or true --", "$1", "\u0000", "a\nb", "\u202e", "é\u0301", "\U0001F600", "null", "*", "-1",
		"{}", "2026-11-23", "../..", "🏥🏥🏥", "İSTANBUL", "true", string(make([]rune, 3)),
	})
}

// forged is a cursor with other digits, written as cursors are.
func (w *writer) forged(cursor string) string {
	plain, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil {
		return cursor
	}
	for i, c := range plain {
		if c >= '1' && c <= '9' && w.chance(0.2) {
			plain[i] = "123456789"[w.r.IntN(9)]
		}
	}
	text := string(plain)
	if w.chance(0.3) { // a number of more digits than any row has
		text = number.ReplaceAllString(text, `:$1`+strings.Repeat("9", w.r.IntN(18))+"$2")
	}
	return base64.RawURLEncoding.EncodeToString([]byte(text))
}

// number is one that is a member of a JSON object.
var number = regexp.MustCompile(`:([0-9]+)([,}])`)

// moment lies within a few weeks of now, seldom at the ends of time.
func (w *writer) moment() time.Time {
	if w.chance(0.05) {
		return pick(w, []time.Time{{}, time.Unix(0, 0), time.Date(9999, 12, 30, 0, 0, 0, 0, time.UTC), time.Date(1582, 10, 10, 0, 0, 0, 0, time.UTC)})
	}
	return w.Now.Add(time.Duration(w.r.Int64N(int64(60*24*time.Hour))) - 30*24*time.Hour).Truncate(time.Second)
}

// mapping is a JSON object with a few members, some of which are words of the
// schema: the names of its row types.
func (w *writer) mapping(at place) *ast.Value {
	object := &ast.Value{Kind: ast.ObjectValue}
	for range w.r.IntN(3) {
		name := pick(w, []string{"note", "apiKey", "mon", "a"})
		if d := pick(w, w.types).Directives.ForName("resource"); d != nil && w.chance(0.4) {
			name = d.Arguments.ForName("type").Value.Raw
		}
		if object.Children.ForName(name) != nil {
			continue
		}
		value := quoted(w.text(place{at.field, name, ""}))
		switch w.r.IntN(4) {
		case 0:
			value = &ast.Value{Kind: ast.ListValue, Children: ast.ChildValueList{{Value: value}}}
		case 1:
			value = w.integer(at)
		}
		object.Children = append(object.Children, &ast.ChildValue{Name: name, Value: value})
	}
	return object
}
