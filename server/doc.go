// Package server is everything around the GraphQL API that makes it a service:
// its configuration, its routes in one ordered list, who asks and what they may
// spend, health, metrics, traces, and the walls that must stand before it
// starts.
//
//	Check   proves the walls of a deployment, one fact at a time
//	Serve   refuses to start while one is down, and runs otherwise
//	Run     runs: "serve" through Serve, "dev" directly
//
// When its context ends a server drains: /readyz says 503, requests in flight
// end, streams are told to come back elsewhere, and every record is kept before
// Run returns.
package server
