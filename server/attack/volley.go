package attack

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/vektah/gqlparser/v2/ast"
)

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

// difference shows two texts from where they part.
func difference(a, b string) string {
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	from := max(0, i-80)
	return clip(a[from:]) + " | " + clip(b[from:])
}
