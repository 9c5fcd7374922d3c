// Package console is a page to try the GraphQL API in: GraphiQL, served from the
// binary. It works without a network, asks nothing of any other host, and runs
// under a Content-Security-Policy that allows no inline script and no eval.
//
// The page knows nothing and may do nothing: it sends what its reader types to
// the API, with the token that its reader chooses, like any other client.
//
// vendor.sh makes assets/vendor anew.
package console
