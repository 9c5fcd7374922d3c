package ratelimit

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPlanFor(t *testing.T) {
	t.Parallel()
	number := func(n int) *int { return &n }
	for _, row := range []struct {
		name string
		over Overrides
		want Plan
		err  error
	}{
		{"starter", Overrides{}, Plan{300, 100, 20_000}, nil},
		{"growth", Overrides{}, Plan{600, 200, 50_000}, nil},
		{"scale", Overrides{}, Plan{3_000, 600, 250_000}, nil},
		{"partner", Overrides{}, Plan{6_000, 1_200, 500_000}, nil},
		{"platform", Overrides{}, Plan{1_200, 300, 200_000}, nil},
		{"growth", Overrides{Requests: number(900)}, Plan{900, 200, 50_000}, nil},
		{"growth", Overrides{Requests: number(50)}, Plan{50, 50, 50_000}, nil},
		{"growth", Overrides{Cost: number(0)}, Plan{600, 200, 0}, nil},
		{"growth", Overrides{Burst: number(9_999)}, Plan{600, 600, 50_000}, nil},
		{"growth", Overrides{Burst: number(-1)}, Plan{}, ErrPlan},
		{"Growth", Overrides{}, Plan{}, ErrPlan},
		{"", Overrides{}, Plan{}, ErrPlan},
	} {
		got, err := PlanFor(row.name, row.over)
		if !errors.Is(err, row.err) {
			t.Errorf("%q: error %v, want %v", row.name, err, row.err)
		}
		if diff := cmp.Diff(row.want, got); diff != "" {
			t.Errorf("%q: (-want +got)\n%s", row.name, diff)
		}
	}
}
