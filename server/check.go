package server

import (
	"context"
	"log/slog"
	"time"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/voxanne/cascade/graph"
	"github.com/voxanne/cascade/migrations/lint"
)

// checkTime bounds everything that a check asks of others.
const checkTime = 20 * time.Second

// Check proves the walls of a deployment: by its configuration, by asking the
// live database as the app role, by what the program itself would serve, and by
// asking whether what else it needs answers. It changes nothing. dev tells that
// the data belong to a development server, whose keys are known to be one.
func Check(ctx context.Context, c Config, dev bool) []Fact {
	ctx, cancel := context.WithTimeout(ctx, checkTime)
	defer cancel()
	return deployment{config: c, dev: dev, now: time.Now, schema: graph.Schema()}.prove(ctx)
}

// prove is Check.
func (d deployment) prove(ctx context.Context) []Fact {
	// What is reached over a network is waited for at once.
	database := meanwhile(func() []Fact { return d.database(ctx) })
	around := meanwhile(func() []Fact { return d.around(ctx) })
	facts := append(d.configured(), d.asked()...)
	facts = append(facts, d.put(ctx)...)
	return append(append(facts, database()...), around()...)
}

// Facts are all that a check proves, in no deployment: their words, and what
// serve does about a hole of each.
func Facts() ([]Fact, error) {
	var all []Fact
	for _, c := range claims() {
		all = append(all, c.Fact)
	}
	all = append(all, undecided, composed, proved, closed, guardedAll, bounded, answers)
	lints, err := lint.All()
	if err != nil {
		return nil, err
	}
	for _, l := range lints {
		all = append(all, Fact{Code: l.Code, Name: l.Fact, Serve: l.Serve, Why: l.Why})
	}
	for _, t := range (deployment{}).trials() {
		all = append(all, t.Fact)
	}
	return append(all, redisAnswers, redisForgets, storeAnswers, keysAnswer), nil
}

// deployment is what a check looks at.
type deployment struct {
	config Config
	dev    bool
	now    func() time.Time
	schema *ast.Schema
	deps   Deps
}

// asked is what can be asked for without a decision.
func (d deployment) asked() []Fact {
	return undecided.each(graph.Undecided(d.schema))
}

// put puts the server together, as it would be, and looks at its routes.
func (d deployment) put(ctx context.Context) []Fact {
	config := d.config
	config.OTLPEndpoint = "" // trying routes is nobody's to trace
	app, err := New(ctx, config, d.deps)
	if err != nil {
		return []Fact{composed.holed(err.Error())}
	}
	defer func() { _ = app.Close(ctx) }()
	return append([]Fact{composed.holds()}, app.exposed(ctx)...)
}

// Serve runs a server in production: it proves every wall first, and answers
// Refused when one is down that lets rows across. Holes that do not are in the
// log. Redis and the issuer may be away when a server starts.
func Serve(ctx context.Context, c Config, d Deps) error {
	bounded, cancel := context.WithTimeout(ctx, checkTime)
	defer cancel()
	now := d.Now
	if now == nil {
		now = time.Now
	}
	look := deployment{config: c, now: now, schema: graph.Schema(), deps: d}
	facts := append(look.configured(), look.asked()...)
	facts = append(facts, look.database(bounded)...)
	if refused := refusals(facts); len(refused) > 0 {
		return Refused(refused)
	}
	a, err := New(ctx, c, d)
	if err != nil {
		return err
	}
	facts = append(facts, a.exposed(bounded)...)
	if refused := refusals(facts); len(refused) > 0 {
		_ = a.Close(ctx)
		return Refused(refused)
	}
	a.tell(ctx, Holes(facts))
	return a.listen(ctx)
}

// tell puts holes into the log.
func (a *App) tell(ctx context.Context, holes []Fact) {
	for _, f := range holes {
		a.log.WarnContext(ctx, "a check found a hole",
			slog.String("code", f.Code), slog.String("fact", f.Name), slog.String("at", f.At), slog.String("why", f.Why), slog.String("mend", f.Mend))
	}
}

// meanwhile begins something and returns how to wait for it.
func meanwhile[T any](do func() T) (wait func() T) {
	result := make(chan T, 1)
	go func() { result <- do() }()
	return func() T { return <-result }
}
