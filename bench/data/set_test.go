package data_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/bench/data"
)

// The same size gives the same set, of Zipf's sizes, in which every call is
// somebody's and every id is one row's.
func TestASetIsTheSameAgain(t *testing.T) {
	t.Parallel()
	size := data.Size{Clinics: 50, Calls: 20_000}
	base := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	one, two := data.NewSet(size, base), data.NewSet(size, base)
	calls := 0
	seen := map[uuid.UUID]bool{}
	for c := range size.Clinics {
		if one.Count(c) != two.Count(c) {
			t.Errorf("clinic %d has %d calls, and then %d", c, one.Count(c), two.Count(c))
		}
		for n := range one.Count(c) {
			if id := data.Call(c, n); seen[id] {
				t.Fatalf("call %d of clinic %d has the id of another", n, c)
			}
			seen[data.Call(c, n)] = true
		}
		calls += one.Count(c)
	}
	if calls != size.Calls {
		t.Errorf("%d calls, want %d", calls, size.Calls)
	}
	// 1/H(50) is 22.2 %, and the second clinic has half of the first.
	if share := float64(one.Count(0)) / float64(calls); share < 0.20 || share > 0.25 {
		t.Errorf("the largest clinic has %.3f of the calls", share)
	}
	random := rand.New(rand.NewPCG(1, 1))
	for range 1000 {
		if c := one.Draw(random); c < 0 || c >= size.Clinics {
			t.Fatalf("drew clinic %d", c)
		}
	}
}

// The scripts for pgbench compute ids in SQL, from decimal digits.
func TestIDsAreDecimalDigits(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		id   uuid.UUID
		want string
	}{
		{data.Org(123), "018f0000-0000-7000-8000-000000000123"},
		{data.Call(7, 134_015), "01900013-4015-7000-8000-000000000007"},
	} {
		if got := c.id.String(); got != c.want {
			t.Errorf("id %s, want %s", got, c.want)
		}
	}
}
