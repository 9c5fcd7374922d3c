// Package policy holds the words in which Cascade speaks about access: who
// asks (Subject), for what (Request), what was answered (Decision) and what a
// context may therefore touch (Scope).
//
// It knows neither the engine that decides nor the database that obeys, and
// imports the standard library and uuid alone, so that every other package can
// depend on it and none is depended on in return.
//
// Every zero value refuses: the zero Subject proves nothing, the zero Decision
// denies, the zero Scope reaches no row.
package policy
