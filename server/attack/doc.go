// Package attack tries every way from one clinic into another on a running
// server, and says what came of it.
//
// What it tries is read off the GraphQL schema, the database's catalog and the
// server's own list of routes: each subject of a stage.World, on each field of
// Query, Mutation and Subscription, with each way that the field's arguments
// give to name another clinic's rows. A new type, field, argument, row type or
// route is attacked without a word here; one that nothing here knows how to
// attack is an error of Run. One subject on one field by one way at one clinic
// is a cell.
//
// What should come of a cell is in the model (rights.go), written by
// hand from what the product promises, and not from the code under test. Three
// things can go wrong, and Report tells them apart:
//
//   - a leak: something of another clinic showed where the model gives none of
//     it - in a body, a header, an event, the log, the metrics or a trace - or
//     another clinic's row was changed, added or removed;
//   - a crossing: a row that refers to another clinic's row;
//   - something unexpected: no leak, but another answer than the model's, or a
//     foreign row that is answered differently from one that does not exist.
//
// With every wall up there is none of the three. With walls taken away only
// leaks count, or, when the composite keys are all that is left, crossings.
//
// It is for tests alone.
package attack
