// Package demo is the data that a development server starts with: three
// clinics, a partner, the platform's own people, and two months of calls.
//
// Every text of a clinic's rows carries that clinic's canary word, so that
// anyone can see whose data an answer holds. Nobody and nothing in it is real:
// the telephone numbers are those that regulators keep for fiction, the
// addresses end in .test (RFC 2606).
//
// The rows a clinic owns are written by the app role, under a decision of the
// running policy for that one clinic, with its record: the walls stand here as
// they do anywhere. Only who exists, and who may come in, is written as the
// superuser of the private server, for want of anyone who could sign up.
package demo
