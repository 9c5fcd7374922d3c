package graph

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/voxanne/cascade/graph/fault"
)

// The forms of what people type. An address is only told from what is none:
// whether it works, sending to it shows.
var (
	phoneForm = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`) // E.164
	emailForm = regexp.MustCompile(`^[^\s@]+@[^\s@]+\.[^\s@]+$`)
)

// maxEmail is the longest address that mail can be sent to (RFC 5321), in bytes.
const maxEmail = 254

// text is a text of an input, with the name that its sender knows it by.
type text struct {
	field string
	value *string
	max   int // characters
}

// checkTexts refuses the first text that is longer than it may be.
func checkTexts(texts ...text) error {
	for _, t := range texts {
		if t.value != nil && utf8.RuneCountInString(*t.value) > t.max {
			return fault.New(fault.BadUserInput, "%s may have at most %d characters.", t.field, t.max).With("field", t.field)
		}
	}
	return nil
}

// checkPhone refuses a number that is not E.164. None is no fault.
func checkPhone(field string, number *string) error {
	if given(number) == nil || phoneForm.MatchString(*given(number)) {
		return nil
	}
	return fault.New(fault.BadUserInput, "%s must be an E.164 number such as +442071838750.", field).With("field", field)
}

// checkEmail refuses what is no address. None is no fault.
func checkEmail(field string, address *string) error {
	if given(address) == nil || (len(*address) <= maxEmail && emailForm.MatchString(*given(address))) {
		return nil
	}
	return fault.New(fault.BadUserInput, "%s must be an address such as ann@example.com.", field).With("field", field)
}

// checkRange refuses a number outside its bounds. None is no fault.
func checkRange(field string, n *int, least, most int) error {
	if n == nil || (*n >= least && *n <= most) {
		return nil
	}
	return fault.New(fault.BadUserInput, "%s must be from %d to %d.", field, least, most).With("field", field)
}

// given is a text without the space around it; nil when nothing is left.
func given(s *string) *string {
	if s == nil {
		return nil
	}
	trimmed := strings.TrimSpace(*s)
	if trimmed == "" {
		return nil
	}
	return &trimmed
}

// put changes a nullable text as an input says: left out, it stays; empty, it is
// cleared.
func put[B any](value *string, set func(string) B, unset func() B) {
	switch v := given(value); {
	case value == nil:
	case v == nil:
		unset()
	default:
		set(*v)
	}
}
