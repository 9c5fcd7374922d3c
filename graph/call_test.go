package graph_test

import (
	"strings"
	"testing"

	"github.com/voxanne/cascade/ent/nodeid"
	"github.com/voxanne/cascade/policy"
)

type callPage struct {
	Calls struct {
		TotalCount int
		Nodes      []struct{ ID, CallerName string }
		PageInfo   struct {
			HasNextPage, HasPreviousPage bool
			StartCursor, EndCursor       string
		}
	}
}

// Two clinics: each pages through its own calls and never meets the other's.
func TestAClinicPagesThroughItsOwnCalls(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	sunrise, harbor := a.clinic(t, "sunrise"), a.clinic(t, "harbor")
	mine := a.calls(t, sunrise, 25)
	theirs := a.calls(t, harbor, 3)
	nurse := member(sunrise, "sunrise", policy.Staff)

	const list = `query($first: Int, $after: String, $last: Int, $before: String) {
		calls(first: $first, after: $after, last: $last, before: $before) {
			totalCount nodes { id callerName } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`
	var seen []string
	var after any
	for range 3 {
		var p callPage
		got := a.ask(t, nurse, list, map[string]any{"first": 10, "after": after})
		got.decode(t, &p)
		if strings.Contains(got.Body, harbor.String()) {
			t.Fatalf("the other clinic shows: %s", got.Body)
		}
		if p.Calls.TotalCount != 25 {
			t.Errorf("totalCount = %d", p.Calls.TotalCount)
		}
		for _, n := range p.Calls.Nodes {
			seen = append(seen, n.ID)
		}
		after = p.Calls.PageInfo.EndCursor
		if p.Calls.PageInfo.HasNextPage != (len(seen) < 25) {
			t.Errorf("hasNextPage = %v after %d", p.Calls.PageInfo.HasNextPage, len(seen))
		}
	}
	for i, id := range mine {
		if want := nodeid.Encode("call", id); i >= len(seen) || seen[i] != want {
			t.Fatalf("row %d is not %s: %v", i, want, seen)
		}
	}
	// Backwards from the end of the second page: the same rows.
	var p callPage
	a.ask(t, nurse, list, map[string]any{"last": 5, "before": after}).decode(t, &p)
	for i, n := range p.Calls.Nodes {
		if want := seen[19+i]; n.ID != want {
			t.Errorf("backwards row %d is %s, want %s", i, n.ID, want)
		}
	}

	// A foreign call and one that never was: the same null, to the byte.
	const one = `query($id: ID!) { call(id: $id) { id } node(id: $id) { id } }`
	foreign := a.ask(t, nurse, one, map[string]any{"id": nodeid.Encode("call", theirs[0])})
	absent := a.ask(t, nurse, one, map[string]any{"id": nodeid.Encode("call", sunrise)})
	if foreign.Body != absent.Body || foreign.Status != absent.Status {
		t.Errorf("foreign %s\nabsent %s", foreign.Body, absent.Body)
	}
}

// A viewer's transcripts stay hidden, and the answer says so.
func TestViewersSeeNoTranscripts(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	org := a.clinic(t, "sunrise")
	id := nodeid.Encode("call", a.calls(t, org, 1)[0])
	const one = `query($id: ID!) { call(id: $id) { id transcript { text } } }`
	if got := a.ask(t, member(org, "sunrise", policy.Staff), one, map[string]any{"id": id}); !strings.Contains(got.Body, "hello") {
		t.Errorf("staff: %s", got.Body)
	}
	got := a.ask(t, member(org, "sunrise", policy.Viewer), one, map[string]any{"id": id})
	if strings.Contains(got.Body, "hello") || !strings.Contains(got.Body, `"masked":["Call.transcript"]`) {
		t.Errorf("viewer: %s", got.Body)
	}
	node := a.ask(t, member(org, "sunrise", policy.Viewer), `query($id: ID!) { node(id: $id) { ... on Call { transcript { text } } } }`, map[string]any{"id": id})
	if strings.Contains(node.Body, "hello") {
		t.Errorf("viewer through node: %s", node.Body)
	}
}
