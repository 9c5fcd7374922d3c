// Package webhook takes in what providers tell us about calls.
//
// A message goes one way, and each step is done before the next begins:
//
//	size . whose address . signature over the raw body . clinic active . parse
//	  -> decisions: a system subject, one clinic, the row types that the message needs
//	  -> one transaction: keep (webhook_inbox) . apply . records of the decisions
//	  -> tell subscribers . answer
//
// What is answered 2xx is kept. What is kept is applied once: the inbox knows a
// message by its event key, and a message and its effects commit together. A
// message that cannot be applied is kept all the same, without its effects, and
// the Sweeper tries it again; one that cannot be kept is answered 503, so that
// the provider sends it again.
//
// Some messages ask for something while a caller waits on the line. What they are
// told is the work of server/reception, in the same transaction. Two of them are
// answered 200 although nothing was kept, each with a sentence that says so: tool
// calls that could not be, and whatever is asked for a clinic that is not served.
//
// Order does not matter. Every message about a call has a rank; the higher
// rank's values win and the lower one's fill gaps, so that a late status never
// overwrites a report (see call.go).
//
// The clinic comes from the address whose signature was verified. Nothing that
// a message says can choose or change it: agents, numbers, contacts and calls
// are found among that clinic's own, in statements that name it and under a
// scope that reaches no other.
package webhook
