package server

import (
	"net/http"
	"slices"

	"github.com/voxanne/cascade/server/console"
)

// Route is one address and what answers there.
type Route struct {
	// Pattern is as http.ServeMux has it.
	Pattern string
	Handler http.Handler
	// Proof is what a request must show before Handler does anything for it.
	// Check tries it, and serve refuses to start with a route that does not say.
	Proof Proof
	// MaxBody is the largest request body in bytes; zero means one MiB.
	MaxBody int64
	// Probe is for load balancers and collectors, whose every request comes from
	// one address: no limit by address holds.
	Probe bool
}

// Proof is what a request must show before a route does anything for it.
type Proof string

// What requests show. The zero Proof is none of them: a route that does not say
// is a hole.
const (
	// Credential is a verified token or an API key.
	Credential Proof = "credential"
	// Signature is a provider's, under the secret of one integration.
	Signature Proof = "signature"
	// Link is one that we signed, for one subject and one thing; what does not
	// open is not found.
	Link Proof = "link"
	// Nothing is for routes that show and change nothing of anybody's.
	Nothing Proof = "nothing"
)

// middleware is a step of every request's way, in front of next.
type middleware func(next http.Handler) http.Handler

// Handler is the whole of the server: every step and every route, in order.
func (a *App) Handler() http.Handler {
	everything := []middleware{
		identify(a.newID),
		observe(a.log, a.metrics, a.now),
		traced(a.tracing),
		recoverPanic(a.log),
		secure(a.site),
		a.site.ownHost,
	}
	mux := http.NewServeMux()
	for _, r := range a.Routes() {
		mux.Handle(r.Pattern, a.guarded(r))
	}
	return through(mux, everything)
}

// Routes are all addresses that are served, in order, for who walks them. Their
// handlers lack the steps that Handler puts before them.
func (a *App) Routes() []Route {
	graphql := []middleware{
		crossOrigin(a.config.Origins),
		forBrowsers(a.deps.Console, console.Wants),
		a.health.available,
		a.cooldown.turnAway,
		a.bounded,
		a.gate.authenticated,
	}
	routes := []Route{
		{Pattern: "/graphql", Handler: through(a.graph, graphql), Proof: Credential},
		{Pattern: "POST /invitations/accept", Handler: through(http.HandlerFunc(a.invitations.accept), []middleware{
			crossOrigin(a.config.Origins), a.health.available, a.bounded,
		}), MaxBody: maxInvitation, Proof: Credential},
		{Pattern: "GET /healthz", Handler: http.HandlerFunc(a.health.live), Probe: true, Proof: Nothing},
		{Pattern: "GET /readyz", Handler: http.HandlerFunc(a.health.ready), Probe: true, Proof: Nothing},
		{Pattern: "/", Handler: http.HandlerFunc(notFound), Proof: Nothing},
	}
	routes = append(routes, a.webhooks()...)
	routes = append(routes, a.signups()...)
	routes = append(routes, a.recordings())
	if a.deps.Console != nil {
		routes = append(routes, Route{Pattern: "GET /console/", Handler: a.deps.Console, Proof: Nothing})
	}
	if a.config.MetricsAddr == "" {
		routes = append(routes, Route{Pattern: "GET /metrics", Handler: a.metrics.handler(), Probe: true, Proof: Nothing})
	}
	if a.deps.Routes != nil {
		routes = append(routes, a.deps.Routes(a)...)
	}
	return routes
}

// guarded puts a route's own steps before it.
func (a *App) guarded(r Route) http.Handler {
	steps := []middleware{named(r), limitBody(r.MaxBody)}
	if !r.Probe {
		steps = append(steps, a.addresses.Middleware)
	}
	return through(r.Handler, steps)
}

// through leads to h by way of steps, the first one first.
func through(h http.Handler, steps []middleware) http.Handler {
	for _, step := range slices.Backward(steps) {
		h = step(h)
	}
	return h
}

// named gives the log and the metrics the route.
func named(route Route) middleware {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			x := exchangeOf(r.Context())
			x.route, x.probe = route.Pattern, route.Probe
			next.ServeHTTP(w, r)
		})
	}
}

// limitBody makes reading past the limit an error, and closes the connection
// of who sends more.
func limitBody(limit int64) middleware {
	if limit == 0 {
		limit = 1 << 20
	}
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			r.Body = http.MaxBytesReader(w, r.Body, limit)
			next.ServeHTTP(w, r)
		})
	}
}
