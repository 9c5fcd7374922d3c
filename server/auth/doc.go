// Package auth turns a credential into a policy.Subject: it proves who asks,
// and which of the orgs that were proved a request is about.
//
//	bearer JWT ─► Verifier ──► Claims ──┐
//	                                    ├─► Directory ─► Identity ─► Choose ─► candidate orgs
//	API key ───► ParseKey ─► public id ─┘
//
// A token proves an issuer's user and nothing more: memberships, grants and
// sessions are read live through Directory, so that a removed member is out at
// the next request. No header, host name or claim ever adds an org to what the
// Directory proved (Choose).
//
// Every refusal is an *Error or a *NotProven: a stable code (Reason) and a text
// that is safe to show. Any other error is a fault of ours or of the database,
// and its text is for the log alone.
package auth
