// Package twilio buys and releases telephone numbers at Twilio, each clinic's in
// an account of its own, and checks the signatures of what Twilio sends.
//
// Requests and answers are those of twilio-go; how they travel is ours. Its own
// transport knows no context and no bound, and reads the environment.
//
// Every error is a *provider.Error. Buying has no idempotency key: one whose
// kind is provider.Unknown may have bought a number. Give each purchase a
// friendly name of its own, and look for that before buying again.
package twilio
