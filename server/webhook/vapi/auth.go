package vapi

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// Method is how an endpoint's sender proves itself.
type Method string

// The methods, weakest first.
const (
	MethodSecret Method = "secret" // the shared secret itself, in a header
	MethodBearer Method = "bearer" // a token, RFC 6750
	MethodHMAC   Method = "hmac"   // a keyed hash over the body, RFC 2104
)

// Algorithm is the hash inside an HMAC.
type Algorithm string

// The hashes that Vapi offers.
const (
	SHA256 Algorithm = "sha256"
	SHA512 Algorithm = "sha512"
	SHA1   Algorithm = "sha1"
)

// Encoding is how a signature is written in its header.
type Encoding string

// The encodings that Vapi offers.
const (
	Hex    Encoding = "hex"
	Base64 Encoding = "base64" // RFC 4648 section 4, padded
)

// Auth is how one endpoint verifies its messages. It mirrors what the clinic
// set in Vapi; every empty field has Vapi's own default. The secret is not
// part of it. The zero Auth refuses everything.
type Auth struct {
	Method Method `json:"method"`
	// Header carries the proof: x-vapi-secret, authorization or x-signature.
	Header string `json:"header,omitempty"`
	// Prefix stands before the proof. For a token in the Authorization header
	// it is "Bearer "; otherwise nothing.
	Prefix string `json:"prefix,omitempty"`

	// The rest is for MethodHMAC alone.

	Algorithm Algorithm `json:"algorithm,omitempty"` // sha256
	Encoding  Encoding  `json:"encoding,omitempty"`  // hex
	// TimestampHeader carries {timestamp}: x-timestamp.
	TimestampHeader string `json:"timestampHeader,omitempty"`
	// MessageIDHeader carries {svix-id}; it has no default.
	MessageIDHeader string `json:"messageIdHeader,omitempty"`
	// PayloadFormat is the signed text: "{timestamp}.{body}".
	PayloadFormat string `json:"payloadFormat,omitempty"`
	// SecretIsBase64 says that the key is what the secret decodes to, after
	// the prefix "whsec_" where there is one.
	SecretIsBase64 bool `json:"secretIsBase64,omitempty"`
}

// StandardWebhooks is the Auth of the Standard Webhooks specification 1.0.0,
// which Vapi can be set to speak.
func StandardWebhooks() Auth {
	return Auth{
		Method:          MethodHMAC,
		Header:          "webhook-signature",
		Prefix:          "v1,",
		Algorithm:       SHA256,
		Encoding:        Base64,
		TimestampHeader: "webhook-timestamp",
		MessageIDHeader: "webhook-id",
		PayloadFormat:   "{svix-id}.{timestamp}.{body}",
		SecretIsBase64:  true,
	}
}

// UnmarshalJSON reads an Auth strictly: an unknown field or a setting that
// Validate refuses is an error, so that a misspelt one cannot weaken the check.
func (a *Auth) UnmarshalJSON(data []byte) error {
	type plain Auth
	var p plain
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&p); err != nil {
		return fmt.Errorf("decoding webhook auth: %w", err)
	}
	if err := Auth(p).Validate(); err != nil {
		return err
	}
	*a = Auth(p)
	return nil
}

// Validate returns nil for an Auth that can verify, else an error that wraps
// ErrNotConfigured and names the field.
func (a Auth) Validate() error {
	bad := func(field string) error { return fmt.Errorf("%w: %s", ErrNotConfigured, field) }
	d := a.withDefaults()
	for _, h := range []struct{ field, name string }{
		{"header", d.Header}, {"timestampHeader", a.TimestampHeader}, {"messageIdHeader", a.MessageIDHeader},
	} {
		if !headerName(h.name) {
			return bad(h.field)
		}
	}
	switch a.Method {
	case MethodSecret, MethodBearer:
		only := Auth{Method: a.Method, Header: a.Header, Prefix: a.Prefix}
		if a != only {
			return bad("method " + string(a.Method) + " with settings of hmac")
		}
		return nil
	case MethodHMAC:
	default:
		return bad("method")
	}
	if d.newHash() == nil {
		return bad("algorithm")
	}
	if d.Encoding != Hex && d.Encoding != Base64 {
		return bad("encoding")
	}
	format, ok := parseFormat(d.PayloadFormat)
	switch {
	case strings.ContainsAny(a.Prefix, " \t"): // the list of signatures is split at spaces
		return bad("prefix")
	case !ok || !format.uses(placeBody):
		return bad("payloadFormat")
	case format.uses(placeID) && d.MessageIDHeader == "":
		return bad("messageIdHeader")
	}
	return nil
}

// withDefaults fills in what Vapi documents for the fields left empty.
func (a Auth) withDefaults() Auth {
	set := func(field *string, value string) {
		if *field == "" {
			*field = value
		}
	}
	switch a.Method {
	case MethodSecret:
		set(&a.Header, "X-Vapi-Secret")
	case MethodBearer:
		set(&a.Header, "Authorization")
		if strings.EqualFold(a.Header, "Authorization") {
			set(&a.Prefix, "Bearer ")
		}
	case MethodHMAC:
		set(&a.Header, "x-signature")
		set(&a.TimestampHeader, "x-timestamp")
		set(&a.PayloadFormat, "{timestamp}.{body}")
		set((*string)(&a.Algorithm), string(SHA256))
		set((*string)(&a.Encoding), string(Hex))
	}
	return a
}

// headerName accepts the characters that header names are made of in practice.
func headerName(s string) bool {
	return strings.Trim(s, "-_abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == ""
}
