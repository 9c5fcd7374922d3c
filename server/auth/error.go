package auth

import (
	"errors"

	"github.com/voxanne/cascade/policy"
)

// Error is a refused credential. Its text says what is wrong with the
// credential without repeating any part of it, and is safe to show; Reason has
// its code.
type Error struct{ reason, text string }

// Error implements error.
func (e *Error) Error() string { return e.text }

// The refusals of what a request carries, before anything in it is believed.
var (
	ErrNoCredential    = &Error{"credential_missing", "no credential was sent"}
	ErrManyCredentials = &Error{"credential_ambiguous", "more than one credential was sent"}
	ErrScheme          = &Error{"scheme_unsupported", "the Authorization header must say Bearer and one token"}
	ErrTooLarge        = &Error{"credential_too_large", "the credential is larger than 8 KB"}
)

// The refusals of a token.
var (
	ErrMalformed   = &Error{"token_malformed", "the token is not a well-formed JWT with the required claims"}
	ErrAlgorithm   = &Error{"token_algorithm", "the token's algorithm is not accepted for its key"}
	ErrUnknownKey  = &Error{"token_unknown_key", "the token's key is not one of its issuer's"}
	ErrSignature   = &Error{"token_signature", "the token's signature is not valid"}
	ErrIssuer      = &Error{"token_issuer", "the token is from another issuer"}
	ErrAudience    = &Error{"token_audience", "the token is meant for another audience"}
	ErrExpired     = &Error{"token_expired", "the token has expired"}
	ErrNotYetValid = &Error{"token_not_yet_valid", "the token is not valid yet"}

	// ErrKeysUnavailable says nothing against the token: the issuer's keys were
	// never loaded, so none can be checked. The request may be tried again.
	ErrKeysUnavailable = &Error{"keys_unavailable", "the issuer's keys are not available yet"}
)

// The refusals of an API key. Only who holds the right key learns that it was
// revoked or has expired; every other wrong key gets the same ErrAPIKey.
var (
	ErrAPIKey        = &Error{"api_key_invalid", "the API key is not valid"}
	ErrAPIKeyRevoked = &Error{"api_key_revoked", "the API key was revoked"}
	ErrAPIKeyExpired = &Error{"api_key_expired", "the API key has expired"}
)

// ErrUnknownSubject is a verified credential of nobody that we know. A
// Directory answers it for what it does not have.
var ErrUnknownSubject = &Error{"subject_unknown", "the credential is valid, but its user has no access here"}

// ErrOrgConflict is a request whose header and host name, or whose two headers,
// choose different orgs, all of them proven.
var ErrOrgConflict = &Error{"org_choice_conflict", "the request chooses more than one organization"}

// Reason returns the stable code of err, for a response and a record: that of
// an *Error, policy.ReasonOrgNotProven for a *NotProven, "internal" for any
// other error (whose text must not be shown) and "" for nil.
func Reason(err error) string {
	if err == nil {
		return ""
	}
	if refused, ok := errors.AsType[*Error](err); ok {
		return refused.reason
	}
	if _, ok := errors.AsType[*NotProven](err); ok {
		return policy.ReasonOrgNotProven
	}
	return "internal"
}
