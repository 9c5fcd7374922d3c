package attack

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/jackc/pgx/v5"
	"github.com/redis/go-redis/v9"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/voxanne/cascade/server/stage"
)

// Config says what is attacked, and how thoroughly.
type Config struct {
	// Stage runs, and World is all that is in it. Both are required.
	Stage *stage.Stage
	World *stage.World
	// Quick tries one row of each table and leaves out the twins that show
	// whether a foreign row is told from one that does not exist, the ways in
	// that no wall stands behind, and the controls. It finds the same leaks.
	Quick bool
	// Undecided means that policies allow everything: what the model takes from
	// roles then is nobody's promise, and the envelope alone is.
	Undecided bool
	// Keys are what refers to what; nil: those that the catalog has now. Take
	// them with Keys before keys are dropped.
	Keys []Reference
	// Spans is what the server sent as traces so far; nil: it sends none.
	Spans func() string
	// Workers is how many requests are under way at once; zero means 16.
	Workers int
}

// Reference is a column that names a row of the same org in another table.
type Reference = reference

// Report is what came of an attack.
type Report struct {
	Cells    int
	Requests int
	// Leaks are foreign texts that showed, and foreign rows that changed.
	Leaks []string
	// Crossings are rows that refer to other clinics' rows.
	Crossings []string
	// Unexpected are answers that differ from the model's, or tell a foreign row
	// from an absent one.
	Unexpected []string
}

// String is one line for people.
func (r Report) String() string {
	return fmt.Sprintf("%d cells in %d requests, %d leaks, %d crossings, %d unexpected", r.Cells, r.Requests, len(r.Leaks), len(r.Crossings), len(r.Unexpected))
}

// attack is one run.
type attack struct {
	Config
	api    *api
	judge  judge
	client *client
	ledger *ledger
	serial atomic.Int64

	mu     sync.Mutex
	report Report
}

// Run attacks. Its error is that something could not be tried; what came of
// what was tried is in the report.
func Run(ctx context.Context, c Config) (Report, error) {
	if c.Workers == 0 {
		c.Workers = 16
	}
	conn, err := pgx.Connect(ctx, c.Stage.SuperDSN)
	if err != nil {
		return Report{}, fmt.Errorf("looking past the walls: %w", err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	a := &attack{Config: c}
	if a.api, err = readAPI(ctx, conn); err != nil {
		return Report{}, err
	}
	if a.ledger, err = newLedger(ctx, conn, c.World); err != nil {
		return Report{}, err
	}
	if c.Keys != nil {
		a.ledger.keys = c.Keys
	}
	a.judge = judge{api: a.api, world: c.World}
	options, err := redis.ParseURL(c.Stage.RedisURL)
	if err != nil {
		return Report{}, fmt.Errorf("reaching Redis: %w", err)
	}
	a.client = &client{url: c.Stage.URL, redis: redis.NewClient(options), http: &http.Client{
		Transport: &http.Transport{MaxIdleConnsPerHost: c.Workers},
	}}
	defer func() { a.client.http.CloseIdleConnections(); _ = a.client.redis.Close() }()
	steps := []func(context.Context) error{a.read, a.write, a.routes, a.control, a.overheard, a.crossed}
	if c.Quick { // what was written is read too: without keys it may refer to anything
		steps = []func(context.Context) error{a.write, a.read, a.sockets, a.hooked, a.overheard, a.crossed}
	}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return a.report, err
		}
	}
	slices.Sort(a.report.Leaks)
	slices.Sort(a.report.Unexpected)
	return a.report, nil
}

// quickly are the subjects of whom each reaches other clinics, or by another
// kind of fact, than the rest: who has fewer rights in the same clinic shows
// nothing of the walls.
var quickly = []string{ //nolint:gochecknoglobals // an immutable table
	"owner A", "viewer A", "staff A and B", "owner B", "partner of B", "partner once of B, expired", "key of A",
	"support in B", "support", "auditor",
}

// everybody is every stance of every subject.
func (a *attack) everybody() []*stance {
	var all []*stance
	for _, s := range a.World.Subjects {
		if a.Quick && !slices.Contains(quickly, s.Name) {
			continue
		}
		all = append(all, stances(a.World, s, a.Undecided)...)
	}
	return all
}

// read tries every query as everybody. No row of anybody may change.
func (a *attack) read(ctx context.Context) error {
	cursors, err := a.cursors(ctx)
	if err != nil {
		return err
	}
	r := reads{api: a.api, world: a.World, quick: a.Quick, cursors: cursors}
	return a.unchanged(ctx, a.World.Clinics(), func() error {
		return a.each(ctx, a.everybody(), a.api.fields(a.api.schema.Query), r.shots)
	})
}

// write tries every mutation, together with those who may write to the same
// clinics: the others' rows may not change meanwhile.
func (a *attack) write(ctx context.Context) error {
	w := writes{api: a.api, world: a.World, quick: a.Quick, serial: &a.serial}
	var resources []string
	for r := range a.api.tables {
		resources = append(resources, r)
	}
	groups := map[string][]*stance{}
	writable := map[string][]*stage.Clinic{}
	for _, who := range a.everybody() {
		key := ""
		var clinics []*stage.Clinic
		for _, c := range a.World.Clinics() {
			if who.writes(c, resources) {
				key, clinics = key+c.Slug+" ", append(clinics, c)
			}
		}
		groups[key], writable[key] = append(groups[key], who), clinics
	}
	for key, group := range groups {
		foreign := slices.DeleteFunc(slices.Clone(a.World.Clinics()), func(c *stage.Clinic) bool { return slices.Contains(writable[key], c) })
		err := a.unchanged(ctx, foreign, func() error {
			if err := a.each(ctx, group, a.api.fields(a.api.schema.Mutation), w.shots); err != nil {
				return err
			}
			if a.Quick {
				return nil
			}
			return a.each(ctx, group, []*ast.FieldDefinition{nil}, func(who *stance, _ *ast.FieldDefinition) ([]shot, error) { return w.chosen(who) })
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// control shows that what failed could have succeeded.
func (a *attack) control(ctx context.Context) error {
	if a.Quick {
		return nil
	}
	w := writes{api: a.api, world: a.World, serial: &a.serial}
	shots, err := w.controls()
	if err != nil {
		return err
	}
	others := []*stage.Clinic{a.World.B, a.World.C}
	return a.unchanged(ctx, others, func() error {
		var failed []error
		for _, s := range shots {
			failed = append(failed, a.fire(ctx, s))
		}
		return errors.Join(failed...)
	})
}

// hooked are the webhooks, where they are attacked alone.
func (a *attack) hooked(ctx context.Context) error {
	return a.unchanged(ctx, []*stage.Clinic{a.World.B, a.World.C}, func() error { return a.webhooks(ctx) })
}

// overheard looks for the clinics' texts where nobody's belong.
func (a *attack) overheard(ctx context.Context) error {
	metrics, err := a.client.send(ctx, nil, request{method: http.MethodGet, path: "/metrics"})
	if err != nil {
		return err
	}
	heard := map[string]string{"the log": a.Stage.Log.String(), "the metrics": metrics.body}
	if a.Spans != nil {
		heard["the traces"] = a.Spans()
	}
	for where, text := range heard {
		a.tell(&a.report.Leaks, "", a.judge.traces(nil, "", where, text))
	}
	return nil
}

func (a *attack) crossed(ctx context.Context) (err error) {
	a.report.Crossings, err = a.ledger.crossings(ctx)
	return err
}

// unchanged does something and looks whether rows of the clinics changed.
func (a *attack) unchanged(ctx context.Context, clinics []*stage.Clinic, do func() error) error {
	before, err := a.ledger.read(ctx)
	if err != nil {
		return err
	}
	if err := do(); err != nil {
		return err
	}
	after, err := a.ledger.read(ctx)
	if err != nil {
		return err
	}
	for _, c := range clinics {
		a.tell(&a.report.Leaks, "", before.changed(after, c))
	}
	return nil
}

// each fires the shots of every stance at every field.
func (a *attack) each(ctx context.Context, who []*stance, fields []*ast.FieldDefinition, shots func(*stance, *ast.FieldDefinition) ([]shot, error)) error {
	return a.volley(ctx, func(yield func(shot) bool) error {
		for _, s := range who {
			for _, f := range fields {
				list, err := shots(s, f)
				if err != nil {
					return err
				}
				for _, one := range list {
					if !yield(one) {
						return nil
					}
				}
			}
		}
		return nil
	})
}

// volley fires shots side by side, as they are made.
func (a *attack) volley(ctx context.Context, each func(yield func(shot) bool) error) error {
	work, wrong := a.gunners(ctx)
	err := each(func(s shot) bool {
		select {
		case work <- s:
			return true
		case <-ctx.Done():
			return false
		}
	})
	close(work)
	return errors.Join(err, wrong())
}

// gunners fire what comes in until it is closed. wrong waits for them.
func (a *attack) gunners(ctx context.Context) (work chan<- shot, wrong func() error) {
	shots := make(chan shot)
	failed := make([]error, a.Workers)
	var all sync.WaitGroup
	for i := range a.Workers {
		all.Go(func() {
			for s := range shots {
				if err := a.fire(ctx, s); err != nil && failed[i] == nil {
					failed[i] = fmt.Errorf("%s as %s: %w", s.name, s.who, err)
				}
			}
		})
	}
	return shots, func() error {
		all.Wait()
		return errors.Join(failed...)
	}
}

// fire sends a shot, and its twin, and judges what comes back.
func (a *attack) fire(ctx context.Context, s shot) error {
	got, err := a.client.send(ctx, s.who, s.request)
	if err != nil {
		return err
	}
	requests := 1
	var differs string
	if s.twin != nil {
		// What others do meanwhile may show once; a difference that stays is one.
		for range 3 {
			other, err := a.client.send(ctx, s.who, *s.twin)
			if err != nil {
				return err
			}
			requests++
			here, there := got.alike(s.request), other.alike(*s.twin)
			if differs = ""; here == there {
				break
			}
			differs = fmt.Sprint("a foreign row is told from an absent one: ", difference(here, there), " of ", s.ways)
			if got, err = a.client.send(ctx, s.who, s.request); err != nil {
				return err
			}
			requests++
		}
	}
	a.judged(s, got, requests)
	if differs != "" {
		a.tell(&a.report.Unexpected, s.name+" as "+s.who.String()+": ", []string{differs})
	}
	return nil
}

// judged puts down what came of a shot.
func (a *attack) judged(s shot, got answer, requests int) {
	where := s.name + " as " + s.who.String() + ": "
	a.mu.Lock()
	defer a.mu.Unlock()
	a.report.Cells += s.cells
	a.report.Requests += requests
	for _, what := range a.judge.leaks(s.who, got) {
		a.report.Leaks = append(a.report.Leaks, fmt.Sprint(where, what, " of ", s.ways))
	}
	for _, what := range a.judge.unexpected(s, got) {
		a.report.Unexpected = append(a.report.Unexpected, where+what)
	}
}

func (a *attack) tell(list *[]string, where string, what []string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, w := range what {
		*list = append(*list, where+w)
	}
}

// cursors takes a real cursor of each list, for the form of it.
func (a *attack) cursors(ctx context.Context) (map[string]string, error) {
	owner := stances(a.World, a.World.Subject("owner A"), false)[0]
	found := map[string]string{}
	for _, f := range a.api.fields(a.api.schema.Query) {
		if !a.api.connection(f.Type.Name()) {
			continue
		}
		got, err := a.client.send(ctx, owner, request{document: "{ " + f.Name + "(first: 1) { pageInfo { endCursor } } }"})
		if err != nil {
			return nil, err
		}
		list, _ := got.data()[f.Name].(map[string]any)
		info, _ := list["pageInfo"].(map[string]any)
		if cursor, ok := info["endCursor"].(string); ok {
			found[f.Name] = cursor
		}
	}
	return found, nil
}

// difference shows two texts from where they part.
func difference(a, b string) string {
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	from := max(0, i-80)
	return clip(a[from:]) + " | " + clip(b[from:])
}
