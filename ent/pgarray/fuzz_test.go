package pgarray_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent/pgarray"
)

// FuzzText: texts come back as they were written, however they are made.
func FuzzText(f *testing.F) {
	f.Add("read\nupdate")
	f.Add("\n\n")
	f.Add(`a"b` + "\n" + `c\` + "\n{},NULL\n 'x' ")
	f.Fuzz(func(t *testing.T, lines string) {
		want := pgarray.Text(strings.Split(lines, "\n"))
		text, err := want.Value()
		if err != nil {
			t.Fatal(err)
		}
		var got pgarray.Text
		if err := got.Scan(text); err != nil {
			t.Fatalf("%v: %v", text, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("%v (-written +read):\n%s", text, diff)
		}
	})
}

// FuzzScan: bytes that no array is made of are an error and never a panic; what
// is read as ids is as many ids as it is texts, and is written again the same.
func FuzzScan(f *testing.F) {
	f.Add([]byte("{}"))
	f.Add([]byte(`{"a",b}`))
	f.Add([]byte("{0110c853-1d09-52d8-d73e-1194e95b5f19}"))
	f.Add([]byte("\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x0b\x86"))
	f.Add([]byte("\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x0b\x86\x00\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00\x10" + "0123456789abcdef"))
	f.Add([]byte("\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x19\x7f\xff\xff\xff\x00\x00\x00\x01"))
	f.Fuzz(func(t *testing.T, wire []byte) {
		var texts pgarray.Text
		var ids pgarray.UUIDs
		textErr, idErr := texts.Scan(wire), ids.Scan(wire)
		if len(texts) > len(wire) || len(ids) > len(wire) {
			t.Fatalf("%d bytes are %d texts and %d ids", len(wire), len(texts), len(ids))
		}
		if textErr != nil && idErr == nil {
			t.Fatalf("%q is ids %v and no texts: %v", wire, ids, textErr)
		}
		if idErr != nil {
			return
		}
		value, err := ids.Value()
		if err != nil {
			t.Fatal(err)
		}
		var again pgarray.UUIDs
		if err := again.Scan(value); err != nil || cmp.Diff([]uuid.UUID(ids), []uuid.UUID(again)) != "" && len(ids) > 0 {
			t.Fatalf("%q is %v, then %v (%v)", wire, ids, again, err)
		}
	})
}
