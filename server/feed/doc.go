// Package feed carries the news that a call changed between processes, through
// Redis publish and subscribe (https://redis.io/docs/latest/develop/pubsub).
//
// A message names a call, and says nothing about it: no health data is ever in
// Redis. Nor does Redis decide anything: whoever hears of a call reads it under
// a decision of its own, so a forged message reveals nothing.
//
// When Redis goes away, streams stay open and still hear what their own process
// publishes; what other processes publish meanwhile is missed. The connection
// comes back by itself and the streams go on. Clients fetch what they show when
// they connect, and from time to time, so that a missed event is late and not
// lost.
package feed
