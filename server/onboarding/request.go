package onboarding

import (
	"encoding/hex"
	"errors"
	"fmt"
	"net/mail"
	"regexp"
	"strings"
	"time"
	"unicode"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/server/twilio"
)

// Form is what is asked of somebody who wants a clinic.
type Form struct {
	Name     string `json:"name"`     // of the clinic
	Email    string `json:"email"`    // of its owner
	Timezone string `json:"timezone"` // IANA name; empty: UTC
	Locale   string `json:"locale"`   // as en-US, which is also the default
	Country  string `json:"country"`  // ISO 3166-1 alpha-2 of the number; empty: US
	AreaCode string `json:"areaCode"` // of North America; empty: any
}

// ErrForm means that a form cannot be used; the text is for people.
type ErrForm struct{ Field, Text string }

// Error implements error.
func (e *ErrForm) Error() string { return e.Field + " " + e.Text }

var (
	localeForm  = regexp.MustCompile(`^[a-z]{2}(-[A-Z]{2})?$`)
	countryForm = regexp.MustCompile(`^[A-Z]{2}$`)
)

// Check says what is wrong with a form: an *ErrForm, several joined, or nil.
func (f Form) Check() error {
	_, err := f.clean()
	return err
}

// clean is the form with its defaults, or an *ErrForm for each field that is wrong.
func (f Form) clean() (Form, error) {
	f.Name, f.Email = strings.Join(strings.Fields(f.Name), " "), strings.TrimSpace(f.Email)
	for _, d := range []struct {
		field *string
		value string
	}{{&f.Timezone, "UTC"}, {&f.Locale, "en-US"}, {&f.Country, "US"}} {
		if *d.field == "" {
			*d.field = d.value
		}
	}
	var errs []error
	wrong := func(is bool, field, text string) {
		if is {
			errs = append(errs, &ErrForm{field, text})
		}
	}
	printable := !strings.ContainsFunc(f.Name, func(r rune) bool { return !unicode.IsPrint(r) })
	wrong(f.Name == "" || len(f.Name) > 100 || !printable, "name", "must have 1 to 100 characters, all of them printable.")
	address, err := mail.ParseAddress(f.Email)
	domain := f.Email[strings.LastIndexByte(f.Email, '@')+1:]
	wrong(err != nil || address.Address != f.Email || len(f.Email) > 254 || !strings.Contains(domain, "."), "email", "must be an address such as owner@clinic.example.")
	_, err = time.LoadLocation(f.Timezone)
	wrong(err != nil || f.Timezone == "Local" || len(f.Timezone) > 64, "timezone", "must be an IANA name such as Europe/London.")
	wrong(!localeForm.MatchString(f.Locale), "locale", "must be a language and a country such as en-US.")
	wrong(!countryForm.MatchString(f.Country), "country", "must be two capital letters such as US (ISO 3166-1).")
	wrong(f.AreaCode != "" && twilio.AreaCode(f.AreaCode) == 0, "areaCode", "must be three digits such as 415.")
	return f, errors.Join(errs...)
}

// slugOf makes an address's label of a name (RFC 1035, 2.3.1), of at most 40
// characters; what is left of one that has no letters is "clinic".
func slugOf(name string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(name) {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-") && (unicode.IsSpace(r) || unicode.IsPunct(r)):
			b.WriteByte('-')
		}
	}
	slug := b.String()
	slug = strings.Trim(slug[:min(len(slug), 40)], "-")
	if slug == "" {
		return "clinic"
	}
	return slug
}

// slugsOf are the labels a clinic may get, in order: the last one is its own.
func slugsOf(name string, id uuid.UUID) []string {
	slug := slugOf(name)
	all := []string{slug}
	for n := 2; n < 10; n++ {
		all = append(all, fmt.Sprintf("%s-%d", slug, n))
	}
	return append(all, slug+"-"+hex.EncodeToString(id[10:]))
}
