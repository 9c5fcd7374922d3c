// Package onboarding takes a clinic from a form to a number that is answered.
//
// It is a saga: steps in an order, each of which can fail, be cut off or meet a
// process that dies, at any moment. What makes that safe:
//
//   - A step is written down before it is tried (onboarding_steps), and its end
//     is kept together with the rows that it is about.
//   - Nothing outside is made without looking first whether it is there already,
//     by a name that is this onboarding's own, and looking again afterwards: of
//     two that came of one request, one is given back.
//   - An onboarding is one worker's at a time, by a lease that every write of it
//     shows, and that outlives every request that is sent under it.
//   - What can't go on is undone from the last step to the first: the number is
//     released, the account closed, the assistant deleted. Undoing never gives
//     up.
//   - Money is spent only for a clinic that somebody of the platform has
//     verified, within its limit, and not while limits are degraded.
//
// The work runs as policy.System with a credential of type policy.Job, under a
// scope of the one clinic, and every decision is recorded.
package onboarding
