package vapi

// Refusal says why a message was not taken. Its text is a stable code, safe to
// show and to count: it quotes nothing of the message. Compare with errors.Is.
type Refusal string

// Why a message is not believed.
const (
	// ErrNotConfigured: the endpoint's Auth is zero or contradicts itself.
	ErrNotConfigured Refusal = "not_configured"
	// ErrBadSecret: our own secret is empty or not what the Auth says it is.
	ErrBadSecret Refusal = "bad_secret"
	// ErrMissingSignature: the header with the secret, token or signature is
	// absent or empty.
	ErrMissingSignature Refusal = "missing_signature"
	// ErrBadSignature: the secret, token or signature is not the right one.
	ErrBadSignature Refusal = "bad_signature"
	// ErrAmbiguousHeader: a header that decides was sent more than once.
	ErrAmbiguousHeader Refusal = "ambiguous_header"
	// ErrMissingTimestamp: the signed text needs a timestamp, none was sent.
	ErrMissingTimestamp Refusal = "missing_timestamp"
	// ErrBadTimestamp: the timestamp is not a count of seconds or milliseconds.
	ErrBadTimestamp Refusal = "bad_timestamp"
	// ErrStaleTimestamp: rightly signed, but more than MaxSkew from now.
	ErrStaleTimestamp Refusal = "stale_timestamp"
	// ErrMissingMessageID: the signed text needs an id, none was sent.
	ErrMissingMessageID Refusal = "missing_message_id"
)

// Why a believed message cannot be read.
const (
	// ErrMalformed: the body is not one JSON value.
	ErrMalformed Refusal = "malformed_json"
	// ErrTooDeep: the body nests deeper than MaxDepth.
	ErrTooDeep Refusal = "too_deep"
	// ErrAbsurdNumber: a number has more digits or a larger exponent than any
	// sender means and than the database can hold.
	ErrAbsurdNumber Refusal = "absurd_number"
	// ErrNotObject: the body is JSON, but not an object.
	ErrNotObject Refusal = "not_an_object"
	// ErrMissingMessage: the body has no object named message.
	ErrMissingMessage Refusal = "missing_message"
	// ErrMissingType: the message does not say its type as a short name.
	ErrMissingType Refusal = "missing_type"
)

// Error returns the code.
func (r Refusal) Error() string { return "vapi: " + string(r) }

// Reason is the code alone, for records and metrics.
func (r Refusal) Reason() string { return string(r) }
