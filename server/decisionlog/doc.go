// Package decisionlog hands every decision on to another system, a SIEM above
// all, in the event format of Open Policy Agent's decision log, which such
// systems read: as lines of a file, or by HTTP as OPA itself does.
//
// Nothing is buffered that could be lost. The audit is the outbox: its chains
// have no gaps, so one number for each chain, kept in the database, says what a
// sink has got. It moves once the sink has said that it keeps the events (2xx, or
// fsync). What can be relied on:
//
//   - At least once: a crash at any moment loses no event. One that comes twice
//     has the same decision_id.
//   - In order, within a chain. A gap shows: custom.seq counts within
//     custom.chain, and custom.prev_hash is the custom.hash of the one before.
//   - One process exports at a time, under a lease. It reads the decisions under
//     a scope that the policy gave it, like anyone.
//   - Memory is bounded: a batch of at most 500 events or a megabyte.
//   - A sink that refuses an event for what it is (400, 413), while it takes
//     others of the same batch, does not hold up the rest: the event is set
//     aside, counted, and stays in the audit.
//   - What is not in a record is not in an event: no health data, no secrets.
package decisionlog
