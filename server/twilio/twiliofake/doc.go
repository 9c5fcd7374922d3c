// Package twiliofake is a Twilio for development and tests: a real HTTP server
// that refuses what Twilio refuses, with its codes. It keeps accounts, keys and
// numbers in memory, lets faults be asked of it, and shows what exists.
package twiliofake
