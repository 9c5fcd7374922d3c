// Package fake is what the fakes of providers share: a real HTTP server and the
// faults that can be asked of it. The fakes themselves stand beside the clients
// that they test, and are strict about what the real providers refuse.
package fake
