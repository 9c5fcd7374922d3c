package directory

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
)

// registry answers questions with the subject itself, one at a time as let
// through, and counts what it was asked.
type registry struct {
	through chan error
	mu      sync.Mutex
	sizes   []int
}

func (r *registry) ask(_ context.Context, _, subjects []string) ([][]byte, error) {
	r.mu.Lock()
	r.sizes = append(r.sizes, len(subjects))
	r.mu.Unlock()
	if err := <-r.through; err != nil {
		return nil, err
	}
	facts := make([][]byte, len(subjects))
	for i, s := range subjects {
		if s != "nobody" {
			facts[i] = []byte(s)
		}
	}
	return facts, nil
}

// While the database is at work on the first questions, a hundred more come: they
// are asked in one, and each gets its own answer and no other.
func TestWhoComesAtTheSameTimeIsAskedForTogether(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := &registry{through: make(chan error)}
		group := together{ask: r.ask}
		var all sync.WaitGroup
		look := func(subject, want string) {
			all.Go(func() {
				facts, err := group.user(t.Context(), "https://id.example", subject)
				if err != nil || string(facts) != want {
					t.Errorf("%s: %q, %v", subject, facts, err)
				}
			})
			synctest.Wait()
		}
		for i := range 102 {
			look(strconv.Itoa(i), strconv.Itoa(i))
		}
		look("nobody", "")
		look("a\x00b", "")
		look("a\xffb", "")
		close(r.through)
		all.Wait()
		group.rounds.Wait()
		if len(r.sizes) != 3 || r.sizes[0] != 1 || r.sizes[1] != 1 || r.sizes[2] != 101 {
			t.Errorf("questions of %v users; want 1, 1 and 101", r.sizes)
		}
	})
}

// When a question fails, it does so for those who waited for it, and nobody after;
// who goes away does not hold it up.
func TestAQuestionThatFailsIsForgotten(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := &registry{through: make(chan error)}
		group := together{ask: r.ask}
		gone, leave := context.WithCancel(t.Context())
		left := make(chan error)
		go func() {
			_, err := group.user(gone, "https://id.example", "impatient")
			left <- err
		}()
		synctest.Wait()
		leave()
		if err := <-left; !errors.Is(err, context.Canceled) {
			t.Errorf("who left got %v", err)
		}
		r.through <- nil
		synctest.Wait()

		down := errors.New("no connection")
		go func() {
			_, err := group.user(t.Context(), "https://id.example", "nurse")
			left <- err
		}()
		r.through <- down
		if err := <-left; !errors.Is(err, down) {
			t.Errorf("the question failed, and who waited got %v", err)
		}
		synctest.Wait()
		close(r.through)
		if facts, err := group.user(t.Context(), "https://id.example", "nurse"); err != nil || string(facts) != "nurse" {
			t.Errorf("after the failure: %q, %v", facts, err)
		}
		group.rounds.Wait()
	})
}
