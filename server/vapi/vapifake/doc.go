// Package vapifake is a Vapi for development and tests: a real HTTP server that
// refuses what Vapi refuses. It keeps its rows in memory, lets faults be asked
// of it, and shows what exists.
package vapifake
