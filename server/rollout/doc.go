// Package rollout takes candidate policies on their way: signed and kept as a
// draft, reviewed against what runs, approved by a second person, asked beside it
// as a shadow, tried on some clinics as a canary, active everywhere, and back.
//
//	Ledger   the steps, each a function of the database that keeps rules of its own
//	Node     makes this process run what the database says is deployed
//	shadows  what a shadow would have said, by group, for people to look at
//
// A node hears of a change by NOTIFY and asks again now and then in case it did
// not. It runs nothing that is not signed by a trusted key, and nothing with a
// sequence number below what it ran before.
package rollout
