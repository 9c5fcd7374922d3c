package onboarding

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent/rls"
	"github.com/voxanne/cascade/server/provider"
)

// step is one thing that has to be done, once.
type step struct {
	name  string
	needs []need // beside what every step needs
	// may says, in the transaction that writes the step down, whether it may be
	// tried now; nil: always.
	may func(ctx context.Context, tx *rls.Tx, w *work) error
	// do does it, outside of any transaction. It looks first, so that doing it
	// twice is doing it once. nil: nothing is done elsewhere.
	do func(ctx context.Context, w *work) (result, error)
	// keep writes what came of it, in the transaction that keeps its end; nil: nothing.
	keep func(ctx context.Context, tx *rls.Tx, w *work, r result) error
	// undo takes back what do may have done, whether or not its end was kept. It
	// may be repeated. nil: it stays.
	undo func(ctx context.Context, w *work) error
	// forget writes that it was taken back; nil: nothing.
	forget func(ctx context.Context, tx *rls.Tx, w *work) error
}

// Advance takes the onboarding as far as it goes now. done is true when nothing
// is left: it is ready, or failed with everything taken back. Otherwise it goes
// on later, when its row says, or when somebody does what it waits for; an error
// is of our own database, and leaves it to who comes next. Calling it again at
// any time, in any process, is safe.
func (s *Saga) Advance(ctx context.Context, org uuid.UUID) (done bool, err error) {
	w, err := s.claim(ctx, org)
	switch {
	case errors.Is(err, errBusy):
		return false, nil
	case err != nil:
		return false, err
	}
	if err := s.at(ctx, "claimed"); err != nil {
		return false, err
	}
	for !w.ended() {
		more, err := s.next(ctx, w)
		if errors.Is(err, errLost) {
			return false, nil
		}
		if err != nil || !more {
			return false, err
		}
	}
	return true, nil
}

// next does one step, or takes one back. more is false when it waits.
func (s *Saga) next(ctx context.Context, w *work) (more bool, err error) {
	if w.status == "undoing" {
		for _, st := range slices.Backward(s.steps) {
			if t := w.tried[st.name]; t != nil && st.undo != nil && t.status != "undone" {
				return s.takeBack(ctx, w, st)
			}
		}
		return true, s.finish(ctx, w, "failed")
	}
	for i, st := range s.steps {
		if t := w.tried[st.name]; t == nil || t.status != "done" {
			return s.try(ctx, w, st, i)
		}
	}
	return true, s.finish(ctx, w, "ready")
}

// try writes a step down, does it, and keeps its end.
func (s *Saga) try(ctx context.Context, w *work, st step, place int) (bool, error) {
	t := w.tried[st.name]
	if t == nil {
		t = &tried{}
		w.tried[st.name] = t
	}
	err := s.scoped(ctx, w, st.name, func(ctx context.Context, tx *rls.Tx) error {
		if err := s.hold(ctx, tx, w); err != nil {
			return err
		}
		if st.may != nil {
			if err := st.may(ctx, tx, w); err != nil {
				return err
			}
		}
		return tx.Exec(ctx, `
			insert into onboarding_steps (org_id, id, name, place, status, attempts, created_at, updated_at)
			values ($1, $2, $3, $4, 'trying', 1, $5, $5)
			on conflict (org_id, name) do update set status = 'trying', attempts = onboarding_steps.attempts + 1, updated_at = $5`,
			[]any{w.org, s.NewID(), st.name, place, s.Now()}, nil)
	}, st.needs...)
	if waits, ok := errors.AsType[*waiting](err); ok {
		return false, s.release(ctx, w, s.Now().Add(notNow), waits.forWhat)
	}
	if err != nil {
		return false, err
	}
	t.status, t.attempts = "trying", t.attempts+1
	if err := s.at(ctx, st.name+" begun"); err != nil {
		return false, err
	}
	var out result
	if st.do != nil {
		// No request may be under way when the lease is another's.
		bounded, cancel := context.WithTimeout(ctx, s.Lease/2)
		out, err = st.do(bounded, w)
		cancel()
	}
	if crash := s.at(ctx, st.name+" done"); crash != nil {
		return false, crash
	}
	if err != nil {
		return s.failed(ctx, w, st, err)
	}
	if err := s.keep(ctx, w, st, out); err != nil {
		return false, err
	}
	t.status, t.result = "done", out
	return true, s.at(ctx, st.name+" kept")
}

func (s *Saga) keep(ctx context.Context, w *work, st step, out result) error {
	text, err := json.Marshal(out)
	if err != nil || out == nil {
		text = []byte("{}")
	}
	return s.scoped(ctx, w, st.name+" end", func(ctx context.Context, tx *rls.Tx) error {
		if err := s.hold(ctx, tx, w); err != nil {
			return err
		}
		if st.keep != nil {
			if err := st.keep(ctx, tx, w, out); err != nil {
				return err
			}
		}
		return tx.Exec(ctx, `
			update onboarding_steps set status = 'done', result = $3, last_error = null, done_at = $4, updated_at = $4
			 where org_id = $1 and name = $2`, []any{w.org, st.name, text, s.Now()}, nil)
	}, st.needs...)
}

// cannot is a step that will not succeed however often it is tried.
type cannot struct{ reason string }

func (e *cannot) Error() string { return "onboarding: " + e.reason }

// waiting is a step that may not be tried yet; forWhat is empty when time alone
// may bring it.
type waiting struct{ forWhat string }

func (e *waiting) Error() string { return "onboarding: waits" }

// failed notes why a step did not succeed, and whether it is tried again.
func (s *Saga) failed(ctx context.Context, w *work, st step, cause error) (bool, error) {
	if ctx.Err() != nil {
		return false, ctx.Err() // we are being stopped: that is not the step's fault
	}
	s.Log.WarnContext(ctx, "a step of an onboarding failed", "org_id", w.org, "step", st.name, "class", classOf(cause),
		"attempts", w.tried[st.name].attempts)
	if hopeless(cause) || w.tried[st.name].attempts >= s.Tries {
		return true, s.turn(ctx, w, st, cause)
	}
	if err := s.note(ctx, w, st, cause); err != nil {
		return false, err
	}
	return false, s.release(ctx, w, s.Now().Add(pause(w.tried[st.name].attempts, cause)), "")
}

// hopeless reports whether a provider refused for good. That our own credential
// is refused is for the platform to mend, and no clinic is undone for it.
func hopeless(cause error) bool {
	if _, ok := errors.AsType[*cannot](cause); ok {
		return true
	}
	e, ok := errors.AsType[*provider.Error](cause)
	return ok && e.Kind == provider.Refused && e.Status != http.StatusUnauthorized && e.Status != http.StatusForbidden
}

// pause is how long to wait after so many attempts: twice as long each time, and
// as long as a provider asks for.
func pause(attempts int, cause error) time.Duration {
	wait := min(firstWait<<min(attempts-1, 20), longestWait)
	if e, ok := errors.AsType[*provider.Error](cause); ok {
		wait = max(wait, e.RetryAfter)
	}
	return wait
}

func (s *Saga) note(ctx context.Context, w *work, st step, cause error) error {
	return s.scoped(ctx, w, st.name+" failed", func(ctx context.Context, tx *rls.Tx) error {
		if err := s.hold(ctx, tx, w); err != nil {
			return err
		}
		return tx.Exec(ctx, `update onboarding_steps set last_error = $3, updated_at = $4 where org_id = $1 and name = $2`,
			[]any{w.org, st.name, classOf(cause), s.Now()}, nil)
	})
}

// turn writes down that the onboarding goes back from here on.
func (s *Saga) turn(ctx context.Context, w *work, st step, cause error) error {
	err := s.scoped(ctx, w, "turn", func(ctx context.Context, tx *rls.Tx) error {
		if err := s.hold(ctx, tx, w); err != nil {
			return err
		}
		err := tx.Exec(ctx, `update onboarding_steps set last_error = $3, updated_at = $4 where org_id = $1 and name = $2`,
			[]any{w.org, st.name, classOf(cause), s.Now()}, nil)
		if err != nil {
			return err
		}
		return tx.Exec(ctx, `update onboardings set status = 'undoing', failure = $2, updated_at = $3 where org_id = $1`,
			[]any{w.org, st.name + ": " + classOf(cause), s.Now()}, nil)
	})
	if err == nil {
		w.status = "undoing"
	}
	return err
}

// takeBack undoes a step. It is tried for ever: what is left would be paid for.
func (s *Saga) takeBack(ctx context.Context, w *work, st step) (bool, error) {
	write := func(operation, statement string, more func(context.Context, *rls.Tx, *work) error) error {
		return s.scoped(ctx, w, operation, func(ctx context.Context, tx *rls.Tx) error {
			if err := s.hold(ctx, tx, w); err != nil {
				return err
			}
			if more != nil {
				if err := more(ctx, tx, w); err != nil {
					return err
				}
			}
			return tx.Exec(ctx, statement, []any{w.org, st.name, s.Now()}, nil)
		}, st.needs...)
	}
	err := write(st.name+" undo", `update onboarding_steps set status = 'undoing', attempts = attempts + 1, updated_at = $3
		where org_id = $1 and name = $2`, nil)
	if err != nil {
		return false, err
	}
	w.tried[st.name].attempts++
	if err := s.at(ctx, st.name+" undoing"); err != nil {
		return false, err
	}
	bounded, cancel := context.WithTimeout(ctx, s.Lease/2)
	cause := st.undo(bounded, w)
	cancel()
	if crash := s.at(ctx, st.name+" undone"); crash != nil {
		return false, crash
	}
	if cause != nil {
		if ctx.Err() != nil {
			return false, ctx.Err()
		}
		s.Log.ErrorContext(ctx, "a step of an onboarding could not be taken back", "org_id", w.org, "step", st.name, "class", classOf(cause))
		if err := s.note(ctx, w, st, cause); err != nil {
			return false, err
		}
		return false, s.release(ctx, w, s.Now().Add(pause(w.tried[st.name].attempts, cause)), "")
	}
	err = write(st.name+" undone", `update onboarding_steps set status = 'undone', result = '{}', updated_at = $3
		where org_id = $1 and name = $2`, st.forget)
	if err != nil {
		return false, err
	}
	w.tried[st.name].status = "undone"
	return true, s.at(ctx, st.name+" forgotten")
}

// finish ends the onboarding, forgets its secrets and gives up the lease.
func (s *Saga) finish(ctx context.Context, w *work, status string) error {
	err := s.scoped(ctx, w, status, func(ctx context.Context, tx *rls.Tx) error {
		if err := s.hold(ctx, tx, w); err != nil {
			return err
		}
		return tx.Exec(ctx, `
			update onboardings set status = $2, secrets = null, finished_at = $3, lease_token = null, lease_expires_at = null,
			       waits_for = null, updated_at = $3
			 where org_id = $1`, []any{w.org, status, s.Now()}, nil)
	})
	if err != nil {
		return fmt.Errorf("ending an onboarding: %w", err)
	}
	w.status = status
	return s.at(ctx, "finished")
}
