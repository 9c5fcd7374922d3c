package auth

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// Claims is what a verified token says, and all that is ever read of it.
type Claims struct {
	Issuer  string
	Subject string // never empty
	// ID is the token's jti, or for a token without one "sha256:" and the start
	// of its digest, so that every record can name the proof.
	ID string
	// Email is what the issuer states. It is not proof of owning the address.
	Email string
	// MFA is true when the sign-in used two factors (see secondFactor).
	MFA bool
	// OrgChoice is app_metadata.org_id: a wish among proven orgs, never a proof.
	OrgChoice string
	Expires   time.Time
}

// payload is a token's body as it was sent, decoded but not believed.
type payload struct {
	jwt.RegisteredClaims
	email, aal, orgChoice string
	amr                   methods
}

// UnmarshalJSON reads the claims it knows by their exact names (RFC 7519,
// section 4: claim names are case-sensitive and unique) and leaves every other
// undecoded. user_metadata is among those: its owner can edit it.
func (p *payload) UnmarshalJSON(data []byte) error {
	return eachMember(data, func(name string, value json.RawMessage) error {
		switch name {
		case "iss":
			return json.Unmarshal(value, &p.Issuer)
		case "sub":
			return json.Unmarshal(value, &p.Subject)
		case "aud":
			return json.Unmarshal(value, &p.Audience)
		case "exp":
			return decodeDate(value, &p.ExpiresAt)
		case "nbf":
			return decodeDate(value, &p.NotBefore)
		case "iat":
			return decodeDate(value, &p.IssuedAt)
		case "jti":
			return json.Unmarshal(value, &p.ID)
		case "email":
			return json.Unmarshal(value, &p.email)
		case "aal":
			return json.Unmarshal(value, &p.aal)
		case "amr":
			return json.Unmarshal(value, &p.amr)
		case "app_metadata":
			return p.readAppMetadata(value)
		default:
			return nil
		}
	})
}

// readAppMetadata takes org_id, which only the issuer's own service can set.
func (p *payload) readAppMetadata(data json.RawMessage) error {
	if string(data) == "null" {
		return nil
	}
	return eachMember(data, func(name string, value json.RawMessage) error {
		if name != "org_id" {
			return nil
		}
		return json.Unmarshal(value, &p.orgChoice)
	})
}

// eachMember calls read for every member of a JSON object, in order. Something
// else than an object, and a name that comes twice, are errors.
func eachMember(data []byte, read func(name string, value json.RawMessage) error) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	if open, err := dec.Token(); err != nil || open != json.Delim('{') {
		return errors.Join(errors.New("not a JSON object"), err)
	}
	seen := map[string]bool{}
	for dec.More() {
		token, err := dec.Token()
		if err != nil {
			return fmt.Errorf("reading a member's name: %w", err)
		}
		name, ok := token.(string)
		if !ok || seen[name] {
			return errors.New("a member's name comes twice")
		}
		seen[name] = true
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			return fmt.Errorf("reading a member: %w", err)
		}
		if err := read(name, value); err != nil {
			return fmt.Errorf("reading %s: %w", name, err)
		}
	}
	return nil
}

// lastSecond is the end of the year 9999: later dates overflow on some machines.
const lastSecond = 253_402_300_799

// decodeDate reads a NumericDate (RFC 7519, section 2); null leaves it unset.
func decodeDate(data json.RawMessage, date **jwt.NumericDate) error {
	var seconds *float64
	if err := json.Unmarshal(data, &seconds); err != nil || seconds == nil {
		return err
	}
	if *seconds < 0 || *seconds > lastSecond {
		return errors.New("date out of range")
	}
	*date = jwt.NewNumericDate(time.Unix(int64(*seconds), 0))
	return nil
}
