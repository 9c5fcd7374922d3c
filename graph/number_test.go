package graph_test

import (
	"encoding/base64"
	"encoding/json"
	"testing"
)

// A number that the database has no room for is the asker's fault, or a place
// past every row; it is never ours.
func TestNumbersWithoutBounds(t *testing.T) {
	t.Parallel()
	c := newClinicPair(t)
	c.calls(t, c.own, 3)
	for _, n := range []string{"2147483648", "-2147483649", "9999999999", "1e99"} {
		got := c.ask(t, c.owner, `query($n: Int) { contacts(where: {minScore: $n}) { totalCount } }`, map[string]any{"n": json.Number(n)})
		if got.code() != "BAD_USER_INPUT" {
			t.Errorf("%s: %s", n, got.Body)
		}
	}
	if got := c.ask(t, c.owner, `{ contacts(where: {minScore: 9999999999}) { totalCount } }`, nil); got.code() != "BAD_USER_INPUT" {
		t.Errorf("%s", got.Body)
	}
	for n, want := range map[string]int{"9223372036854775807": 3, "-9223372036854775808": 0, "61": 3, "59": 0} {
		place := base64.RawURLEncoding.EncodeToString([]byte(`{"o":"duration-","n":` + n + `,"i":"0199e7c4-7e38-7f4b-9d36-0a6f3f1c2b5d"}`))
		var got struct {
			Calls struct{ Nodes []struct{ ID string } }
		}
		c.ask(t, c.owner, `query($c: String) { calls(after: $c, orderBy: {field: DURATION}) { nodes { id } } }`, map[string]any{"c": place}).decode(t, &got)
		if len(got.Calls.Nodes) != want {
			t.Errorf("after %s: %d calls, want %d", n, len(got.Calls.Nodes), want)
		}
	}
}
