package pgarray_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

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

// The form that Postgres sends when asked for binary results.
func TestBinaryForm(t *testing.T) {
	t.Parallel()
	id := uuid.MustParse("0110c853-1d09-52d8-d73e-1194e95b5f19")
	header := "\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x0b\x86\x00\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00\x10"
	var ids pgarray.UUIDs
	if err := ids.Scan([]byte(header + string(id[:]))); err != nil || len(ids) != 1 || ids[0] != id {
		t.Errorf("%v, %v", ids, err)
	}
	text := "\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x19\x00\x00\x00\x02\x00\x00\x00\x01\x00\x00\x00\x04read\x00\x00\x00\x00"
	var words pgarray.Text
	if err := words.Scan([]byte(text)); err != nil || cmp.Diff(pgarray.Text{"read", ""}, words) != "" {
		t.Errorf("%v, %v", words, err)
	}
	if err := words.Scan([]byte("\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x19")); err != nil || len(words) != 0 {
		t.Errorf("empty: %v, %v", words, err)
	}
	for cut := range len(text) {
		if err := words.Scan([]byte(text[:cut])); err == nil {
			t.Errorf("cut to %d bytes it reads as %q", cut, words)
		}
	}
	if err := ids.Scan([]byte(text)); err == nil {
		t.Error("texts were read as ids")
	}
}
