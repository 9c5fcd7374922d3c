package graph_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/voxanne/cascade/policy"
)

// A list can be counted under several names at once; the race detector watches.
func TestCountedTwiceAtOnce(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	org := a.clinic(t, "harbor-skin")
	a.calls(t, org, 3)
	var got struct{ Calls map[string]int }
	a.ask(t, member(org, "harbor-skin", policy.Owner), `{ calls(first: 1) { a: totalCount b: totalCount c: totalCount d: totalCount } }`, nil).decode(t, &got)
	if diff := cmp.Diff(map[string]int{"a": 3, "b": 3, "c": 3, "d": 3}, got.Calls); diff != "" {
		t.Error(diff)
	}
}
