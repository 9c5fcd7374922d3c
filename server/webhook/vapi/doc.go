// Package vapi reads the webhooks of Vapi, the voice platform that answers the
// clinics' calls: it proves who sent a message (Auth), takes out what must not
// be kept (Redact), reads it into small values (Parse and the methods of
// Message), names it so that it is applied once (EventKey) and builds what Vapi
// wants to hear back (Reply).
//
// Everything here is a function of its arguments: no database, no network, no
// clock. The order in which a handler uses it is part of the contract: Verify
// over the raw body first, then Parse, then keep Message.Redacted under
// EventKey, then answer.
//
// Vapi adds fields and message types without notice and has sent the same fact
// in several shapes over the years. Reading is therefore tolerant: a missing or
// odd field is absent, never an error, and never filled with a guess. Who a
// message belongs to is not read at all: the clinic comes from the endpoint
// that was verified, never from what the message says.
package vapi
