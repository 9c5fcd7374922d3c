// Package jobs works what ent/queue put off until later, with River on the same
// Postgres.
//
// A kind of job is declared where both who inserts it and who works it see it:
//
//	type UploadArgs struct{ Recording uuid.UUID }
//	var Upload = queue.Kind[UploadArgs]{Name: "recording-upload", Lane: queue.Errands}
//
// It is inserted in the transaction of its cause, a mutation's, a webhook's or
// another job's:
//
//	Upload.Insert(ctx, tx, queue.Order[UploadArgs]{ID: newID(), Org: org, Args: UploadArgs{id}})
//
// and worked by a Worker that the server is given:
//
//	jobs.Worker[UploadArgs]{
//		Kind:  Upload,
//		Needs: []jobs.Need{{policy.Update, policy.RecordingQueue}, {policy.Create, policy.Recording}},
//		Work:  func(ctx context.Context, tx *rls.Tx, job *jobs.Job[UploadArgs]) error,   // our own rows alone, or
//		Errand: func(ctx context.Context, job *jobs.Job[UploadArgs]) error,              // somebody else's server too
//	}
//
// Work runs in one transaction, in which its decisions' records and the end of
// the job are kept as well: all of it, once, or nothing. An Errand has no
// transaction while it waits for others; it opens as many as it wants with
// job.Within, each idempotent, and the last with job.Finish, which keeps the end
// of the job too. Before an Errand begins, its decisions' records are durable.
//
// A job works under a scope made for its one clinic, by the policy, from what
// its kind needs and no more; who it is, is policy.System with a credential of
// type policy.Job. A job of the platform has no clinic: it is policy.Auditor,
// and reads what the policy lets an auditor's job read.
//
// What can be relied on:
//
//   - At least once: a job that was inserted is worked until it succeeds or has
//     no attempt left. Then it is dead, stays, and is counted.
//   - At most once in effect, for our own rows: the end of an attempt is kept
//     with its work, and an attempt that lost its job (because it was taken for
//     dead) keeps nothing. To the outside an errand is at least once: send what
//     makes the other side see a repetition.
//   - A job that this program did not make is not worked: its proof is checked
//     first, and again when its end is kept.
//   - A clinic that is suspended has its jobs wait; one that is closed has them
//     refused, with a record.
//   - Nothing of an error's text is kept or logged, since Postgres and others
//     quote what they were given: only its class, or the code of a Fault.
package jobs
