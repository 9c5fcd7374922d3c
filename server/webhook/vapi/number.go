package vapi

import (
	"encoding/json"
	"strconv"
	"strings"
)

// scaled is n times ten to the power of places, rounded half away from zero,
// by decimal arithmetic on the text itself: 0.2874 dollars with 6 places are
// exactly 287400 micro-dollars. ok is false for what is no number or needs
// more than 18 digits.
func scaled(n json.Number, places int) (value int64, ok bool) {
	s, negative := strings.CutPrefix(string(n), "-")
	exponent := 0
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		var err error
		if exponent, err = strconv.Atoi(s[i+1:]); err != nil || exponent > 400 || exponent < -400 {
			return 0, false
		}
		s = s[:i]
	}
	whole, fraction, _ := strings.Cut(s, ".")
	digits := whole + fraction
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		return 0, false
	}

	// The result is the first point digits, the rest decides the rounding.
	significant := strings.TrimLeft(digits, "0")
	point := len(whole) + exponent + places - (len(digits) - len(significant))
	switch {
	case significant == "" || point < 0:
		return 0, true
	case point > 18:
		return 0, false
	case point > len(significant):
		significant += strings.Repeat("0", point-len(significant))
	}
	if point > 0 {
		var err error
		if value, err = strconv.ParseInt(significant[:point], 10, 64); err != nil {
			return 0, false
		}
	}
	if point < len(significant) && significant[point] >= '5' {
		value++
	}
	if negative {
		value = -value
	}
	return value, true
}

// absurd reports a number beyond what a double can hold, and so beyond what
// any sender means: Postgres would refuse the whole document for it.
func absurd(n json.Number) bool {
	if len(n) > 400 {
		return true
	}
	i := strings.IndexAny(string(n), "eE")
	if i < 0 {
		return false
	}
	exponent, err := strconv.Atoi(string(n[i+1:]))
	return err != nil || exponent > 400 || exponent < -400
}
