package onboarding_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"

	"github.com/voxanne/cascade/server/provider/fake"
)

var errKilled = errors.New("killed")

// boundaries runs a clinic through and lists every place where a process can end
// between two things that it does.
func boundaries(t *testing.T) (places []string, requests int) {
	t.Helper()
	s := newStage(t)
	org := s.clinic(t, "Lantern")
	s.saga.At(func(_ context.Context, place string) error {
		places = append(places, place)
		return nil
	})
	if status := s.drive(t, org); status != "ready" {
		t.Fatal(status)
	}
	return places, s.sells.Faults.Seen() + s.voice.Faults.Seen()
}

// A process that ends at any boundary of a step is followed by one that brings
// the clinic to its end, with one of everything.
func TestAProcessThatEndsAnywhereIsFollowed(t *testing.T) {
	t.Parallel()
	places, _ := boundaries(t)
	if len(places) < 20 {
		t.Fatalf("only %v", places)
	}
	s := newStage(t)
	for i, place := range places {
		org := s.clinic(t, fmt.Sprintf("Clinic %d", i))
		s.saga.At(func(_ context.Context, at string) error {
			if at == place {
				return errKilled
			}
			return nil
		})
		_, err := s.saga.Advance(t.Context(), org)
		if !errors.Is(err, errKilled) {
			t.Fatalf("at %q: %v", place, err)
		}
		s.saga = s.process(t)
		// The lease of the one that ended holds until it runs out.
		if done, err := s.saga.Advance(t.Context(), org); done && place != "finished" || err != nil {
			t.Errorf("at %q: another took over at once: %v, %v", place, done, err)
		}
		s.later()
		if status := s.drive(t, org); status != "ready" {
			t.Errorf("at %q: %s", place, status)
		}
	}
	if wrong := s.inventory(t); len(wrong) > 0 || s.sells.Bought() != len(places) {
		t.Errorf("orphans: %v; %d bought for %d clinics", wrong, s.sells.Bought(), len(places))
	}
}

// At a hundred and more moments that a seed draws, something ends or goes wrong:
// the request is lost, its answer is, it is carried out twice, the process is
// stopped before or after it. Whatever it was, in the end each clinic has one of
// everything, or nothing, and what is at the providers is what the rows say.
func TestNothingIsBoughtTwiceOrLeftBehind(t *testing.T) {
	t.Parallel()
	_, requests := boundaries(t)
	const workers, rounds = 3, 40
	var mu sync.Mutex
	ready, failed, kills := 0, 0, 0
	var wait sync.WaitGroup
	for worker := range workers {
		s := newStage(t)
		wait.Go(func() {
			for round := range rounds {
				draw := rand.New(rand.NewPCG(uint64(worker), uint64(round)))
				n := s.round(t, draw, requests, fmt.Sprintf("Clinic %d", round))
				mu.Lock()
				kills += n
				mu.Unlock()
			}
			if wrong := s.inventory(t); len(wrong) > 0 {
				t.Errorf("worker %d: orphans: %v", worker, wrong)
			}
			mu.Lock()
			defer mu.Unlock()
			var r, f int
			if err := s.eye.QueryRow(t.Context(), `select count(*) filter (where status = 'ready'), count(*) filter (where status = 'failed') from onboardings`).Scan(&r, &f); err != nil {
				t.Error(err)
			}
			ready, failed = ready+r, failed+f
			if got := len(s.sells.Numbers()); got != r {
				t.Errorf("worker %d: %d numbers for %d clinics that are ready", worker, got, r)
			}
		})
	}
	wait.Wait()
	if ready+failed != workers*rounds || ready < rounds || kills < 100 {
		t.Errorf("%d ready and %d undone of %d, %d moments", ready, failed, workers*rounds, kills)
	}
	t.Logf("%d clinics ready, %d undone, %d moments", ready, failed, kills)
}

// round onboards one clinic, and lets things go wrong once or several times.
func (s *stage) round(t *testing.T, draw *rand.Rand, requests int, name string) (kills int) {
	org := s.clinic(t, name)
	var mu sync.Mutex
	life := begin(t)
	seen, next, left := 0, draw.IntN(requests), 1+draw.IntN(3)
	choose := func(r *http.Request) fake.Fault {
		mu.Lock()
		defer mu.Unlock()
		seen++
		if seen <= next || left == 0 {
			return fake.Fault{}
		}
		next, left = seen+draw.IntN(4), left-1
		kills++
		faults := []fake.Fault{
			{Lost: true, Cut: true},
			{Cut: true},
			{Lost: true, Status: 500},
			{Status: 500},
			{Status: 503},
			{Twice: true},
			{Twice: true, Cut: true},
			{Lost: true, Hang: true, Then: life.end},
			{Hang: true, Then: life.end},
			{Lost: true, Status: 429, RetryAfter: 1e9},
		}
		if r.Method == http.MethodPost && draw.IntN(6) == 0 {
			return fake.Fault{Lost: true, Status: http.StatusUnprocessableEntity} // for good
		}
		return faults[draw.IntN(len(faults))]
	}
	s.voice.Faults.Choose(choose)
	s.sells.Faults.Choose(choose)
	defer s.voice.Faults.Choose(nil)
	defer s.sells.Faults.Choose(nil)
	for range 60 {
		mu.Lock()
		now := life
		mu.Unlock()
		done, err := s.saga.Advance(now.ctx, org)
		if err != nil && now.ctx.Err() == nil {
			t.Errorf("%s: %v", name, err)
			return kills
		}
		if done {
			return kills
		}
		mu.Lock()
		if life.ctx.Err() != nil { // the process was stopped: another begins
			life = begin(t)
		}
		mu.Unlock()
		s.later()
	}
	t.Errorf("%s does not end", name)
	return kills
}

// process is one life of the program that onboards.
type process struct {
	ctx context.Context
	end context.CancelFunc
}

func begin(t *testing.T) process {
	t.Helper()
	ctx, end := context.WithCancel(t.Context())
	t.Cleanup(end)
	return process{ctx, end}
}
