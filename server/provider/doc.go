// Package provider is how other companies' APIs are called when a call can cost
// money: each one has its own deadline, a bounded answer, and an error that says
// what became of the request. The one that matters is [Unknown]: the request
// went out and nobody knows whether it was carried out. Such a request must be
// looked for before it is made again.
package provider
