// Package ratelimit holds callers to what they may ask for: each client
// address before anyone is known (Address), and each org by the requests and
// the cost points of its plan (Limiter).
//
// Both count with the generic cell rate algorithm. The org's state is shared
// by every node in Redis through redis_rate; when Redis goes away each node
// holds its share of the limit in process, and no request fails for it.
// The address's state is always in process.
//
// Zero values refuse: the zero Plan, the zero Limit and the zero Result let
// nothing through.
package ratelimit
