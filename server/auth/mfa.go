package auth

import (
	"encoding/json"
	"errors"
)

// methods is the amr claim: strings as RFC 8176 has them, or Supabase's
// objects {"method": "totp", "timestamp": 1700000000}.
type methods []string

// UnmarshalJSON implements json.Unmarshaler.
func (m *methods) UnmarshalJSON(data []byte) error {
	var entries []json.RawMessage
	if err := json.Unmarshal(data, &entries); err != nil {
		return err
	}
	for _, entry := range entries {
		var name string
		if json.Unmarshal(entry, &name) == nil {
			*m = append(*m, name)
			continue
		}
		var object struct {
			Method string `json:"method"`
		}
		if err := json.Unmarshal(entry, &object); err != nil {
			return errors.New("a method is neither a string nor an object")
		}
		*m = append(*m, object.Method)
	}
	return nil
}

// factor is what kind of thing a sign-in method proves (NIST SP 800-63B).
type factor uint8

const (
	knows factor = 1 << iota
	has
	is
)

// factors says what each method of RFC 8176, and of Supabase, proves. Methods
// that say nothing about the person (sso, oauth, geo, rba...) are left out.
var factors = map[string]factor{
	"pwd": knows, "password": knows, "pin": knows, "kba": knows,
	"otp": has, "totp": has, "sms": has, "tel": has, "hwk": has, "swk": has, "sc": has, "webauthn": has,
	"fpt": is, "face": is, "iris": is, "retina": is, "vbm": is,
}

// secondFactor reports whether a sign-in proved two factors. The issuer's
// assurance level decides where there is one. Without it, amr must say "mfa" or
// name methods of two kinds: a lone "otp" is what a magic link leaves behind,
// and is one factor like a lone password.
func secondFactor(aal string, amr methods) bool {
	if aal != "" {
		return aal == "aal2" || aal == "aal3"
	}
	var proved factor
	for _, name := range amr {
		if name == "mfa" {
			return true
		}
		proved |= factors[name]
	}
	return proved&(proved-1) != 0 // more than one bit
}
