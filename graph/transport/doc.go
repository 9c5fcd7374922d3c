// Package transport carries GraphQL over HTTP, server-sent events and
// WebSocket, as transports of a gqlgen server.
//
// POST and GET follow the GraphQL-over-HTTP specification, SSE the distinct
// connections mode of graphql-sse, Websocket the graphql-transport-ws protocol.
// A request that never was GraphQL (wrong method, wrong media type, too large)
// is answered with an RFC 9457 problem; every other answer is a GraphQL
// response, made by hand around the bytes that gqlgen has already written.
//
// A gqlgen server asks its transports in order and takes the first that
// supports a request. The order that serves every client is
//
//	SSE, POST, GET, Websocket, Methods
//
// because an event stream is asked for with POST too, because an HTTP/2 upgrade
// on a plain POST is no WebSocket, and because Methods refuses what is left.
//
// No transport reads cookies, forms or multipart bodies, and none runs a
// mutation for a GET: a page of another origin cannot make a browser change
// anything without a CORS preflight.
package transport
