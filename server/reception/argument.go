package reception

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/voxanne/cascade/server/webhook/vapi"
)

// arguments are what a model passed to a tool, checked: every required one is
// there, and each is of its kind. One that was left out is empty or zero.
type arguments struct {
	texts   map[string]string
	moments map[string]time.Time
}

func (a arguments) text(name string) string      { return a.texts[name] }
func (a arguments) moment(name string) time.Time { return a.moments[name] }

// decode checks the arguments of a call. Its error is always a *Refusal, which
// quotes the name of an argument that is known and never a value: a stranger
// said both.
func decode(params []param, c vapi.ToolCall) (arguments, error) {
	out := arguments{map[string]string{}, map[string]time.Time{}}
	if c.Malformed {
		return out, refuse("bad_arguments", "The arguments are no JSON object.")
	}
	for _, name := range slices.Sorted(maps.Keys(c.Arguments)) {
		if !slices.ContainsFunc(params, func(p param) bool { return p.name == name }) {
			return out, refuse("unknown_argument", "Only these can be told: "+names(params)+".")
		}
	}
	for _, p := range params {
		if err := p.read(c.Arguments[p.name], out); err != nil {
			return out, err
		}
	}
	return out, nil
}

// read checks one value. Null and an empty text are as good as none.
func (p param) read(v any, out arguments) error {
	s, isText := v.(string)
	switch {
	case v != nil && !isText:
		return refuse("bad_argument", p.name+" must be a text.")
	case !utf8.ValidString(s) || strings.ContainsFunc(s, unprintable):
		return refuse("bad_argument", p.name+" holds characters that cannot be kept.")
	}
	s = strings.Join(strings.Fields(s), " ")
	switch {
	case s == "" && p.required:
		return refuse("missing_argument", "Ask the caller first, then say "+p.name+".")
	case s == "":
		return nil
	case p.max > 0 && utf8.RuneCountInString(s) > p.max:
		return refuse("bad_argument", p.name+" is too long.")
	}
	switch p.kind {
	case kindWord:
		if s = strings.ToLower(s); !slices.Contains(p.words, s) {
			return refuse("bad_argument", p.name+" must be one of "+strings.Join(p.words, ", ")+".")
		}
	case kindDay:
		if _, err := time.Parse(time.DateOnly, s); err != nil {
			return refuse("malformed_date", p.name+" must be a day such as 2026-12-01.")
		}
	case kindMoment:
		at, err := readMoment(s)
		if err != nil {
			return err
		}
		out.moments[p.name] = at
	default:
	}
	out.texts[p.name] = s
	return nil
}

// local are times that name no place on earth.
var local = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?$`)

// readMoment reads RFC 3339. A time without its offset is refused, not guessed:
// twice a year the guess would be an hour off.
func readMoment(s string) (time.Time, error) {
	if local.MatchString(s) {
		return time.Time{}, refuse("time_without_zone", "The time needs its offset, as in 2026-12-01T09:30:00-05:00. Use a time that find_free_slots gave.")
	}
	at, err := time.Parse(time.RFC3339, s)
	if err != nil || at.Year() < 2000 || at.Year() > 2199 {
		return time.Time{}, refuse("malformed_time", "The time must be like 2026-12-01T09:30:00-05:00. Use a time that find_free_slots gave.")
	}
	return at, nil
}

// unprintable are the characters that Postgres cannot keep or people cannot see.
func unprintable(r rune) bool { return unicode.IsControl(r) && !unicode.IsSpace(r) }

func names(params []param) string {
	list := make([]string, len(params))
	for i, p := range params {
		list[i] = p.name
	}
	return strings.Join(list, ", ")
}
