// Package local runs the Postgres and the Redis that a laptop, a test or a
// benchmark needs: private, found on the machine or obtained, and gone with the
// process that asked for them. It is no part of production and imports nothing
// of ours.
//
// StartPostgres and StartRedis give a server of one's own. Share gives all test
// processes of a user one throw-away pair between them.
//
// Both listen on Unix sockets in directories that only this user can enter;
// whoever can enter is trusted, so no password exists to leak.
package local
