package pgarray_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/voxanne/cascade/ent/pgarray"
)

func TestTextRoundTrip(t *testing.T) {
	t.Parallel()
	for _, want := range []pgarray.Text{{}, {"a"}, {"a", "b"}, {"", "x"}, {`q"uo`, `b\s`, "co,mma", "{brace}"}} {
		v, err := want.Value()
		if err != nil {
			t.Fatal(err)
		}
		var got pgarray.Text
		if err := got.Scan(v); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%v came back otherwise:\n%s", v, diff)
		}
	}
	var plain pgarray.Text
	if err := plain.Scan("{read,update}"); err != nil || len(plain) != 2 {
		t.Errorf("unquoted form: %v, %v", plain, err)
	}
	if err := plain.Scan("nonsense"); err == nil {
		t.Error("a text that is no array was read")
	}
}
