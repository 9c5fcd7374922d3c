// Package chaos breaks what a server stands on while fifty clinics use it, and
// proves afterwards that nobody was told anything wrong. It holds tests alone.
//
// The server is a process of its own, this test's binary run again, with every
// wall of production. Postgres and Redis are private to the test, and reached
// through wires that can be cut, slowed and silenced (toxiproxy). Each clinic
// has one client with a ledger of what it asked and what it was answered:
//
//	an answer holds its own clinic's rows, and every row that was acknowledged
//	a write that was acknowledged is there once; one that was not, at most once
//	every answer with data has its record, and every chain of records holds
//	what fails is said with a code, UNAVAILABLE for what went away
//	nobody restarts the server for it to recover
//
// Faults begin and end by counts of answers, never by the time. `make test`
// runs each for a few hundred requests; `make chaos` holds each for longer.
package chaos
