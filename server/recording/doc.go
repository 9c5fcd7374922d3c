// Package recording brings recordings in, keeps them and hands them out.
//
// The webhooks put a row into recording_upload_queue that names the provider's
// call and never an address. From there it goes one way:
//
//	claim    a lease from the database, clinics taking turns (app.claim_recordings)
//	begin    decisions for that one clinic, recorded; consent, erasure and the
//	         deadline are looked at before anything is asked
//	fetch    the provider says where it lies now; it comes into an unlinked file
//	         of this machine (package fetch), hashed and judged on the way
//	check    consent and lease again: nothing enters the store that may not
//	store    under a key that its own hash makes: org/<org>/call/<call>/<kind>-<sha256>
//	finish   recording, queue, metric, call and records in one transaction
//
// Whoever lost the lease finishes nothing: each transaction holds the queue's
// row under the lease's token. A try that dies anywhere is begun anew when its
// lease ends, and lands on the same key. What is stored and has no row, and the
// other way round, the Sweeper finds; it deletes in two steps, days apart, and
// nothing under legal hold.
//
// A Player hands recordings out: a link of ours, good for five minutes, for one
// subject and one recording, behind which the bytes are streamed from the store.
// No address of the store ever leaves.
//
// Everything but the claim happens under a scope of one clinic that the policy
// decided for this one piece of work, and is recorded with it.
package recording
