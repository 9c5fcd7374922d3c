package twilio

import (
	"net/url"

	twilioclient "github.com/twilio/twilio-go/client"
)

// SignatureHeader carries the signature of what Twilio sends.
const SignatureHeader = "X-Twilio-Signature"

// Signed reports whether Twilio sent this form to this address: whether the
// signature is the HMAC-SHA1, in base64, under the auth token of the account
// that it is about. The address is the one that we gave to Twilio, made from our
// configuration: a Host header is the sender's own.
//
// Twilio's own validator reads only the first of a repeated field, so that a
// second could be slipped in beside it: a form that repeats one is not signed.
func Signed(authToken, address string, form url.Values, signature string) bool {
	if authToken == "" || signature == "" {
		return false
	}
	params := make(map[string]string, len(form))
	for field, values := range form {
		if len(values) != 1 {
			return false
		}
		params[field] = values[0]
	}
	validator := twilioclient.NewRequestValidator(authToken)
	return validator.Validate(address, params, signature)
}
