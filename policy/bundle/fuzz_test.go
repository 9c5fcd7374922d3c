package bundle

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// FuzzOpen: whatever is done to a signed bundle, packed or unpacked, it is
// refused with a reason, or it holds what was signed.
func FuzzOpen(f *testing.F) {
	signed, err := Sign(small(), stated(), newKey(f, 1))
	if err != nil {
		f.Fatal(err)
	}
	v := Verification{Keys: trust(f, newKey(f, 1)), Now: noon}
	want, err := Open(signed, v)
	if err != nil {
		f.Fatal(err)
	}
	archive := unzip(f, signed)
	draw := rand.New(rand.NewPCG(1, 1))
	for range 150 {
		f.Add(signed, draw.Uint32(), byte(1<<draw.IntN(8)), false)
		f.Add(archive, draw.Uint32(), byte(1<<draw.IntN(8)), true)
	}
	f.Add([]byte("{}"), uint32(0), byte(0), false)
	f.Add([]byte{}, uint32(0), byte(0), true)
	f.Fuzz(func(t *testing.T, data []byte, at uint32, flip byte, zip bool) {
		data = bytes.Clone(data)
		if len(data) > 0 {
			data[int(at)%len(data)] ^= flip
		}
		if zip {
			data = zipped(t, data)
		}
		got, err := Open(data, v)
		var reason Refusal
		if err != nil && (got != nil || !errors.As(err, &reason) || remedies[reason] == "") {
			t.Fatalf("%v with %v", got, err)
		}
		if err == nil && (!same(want.files, got.files) || !cmp.Equal(want.Statement(), got.Statement())) {
			t.Fatal("it holds what nobody signed")
		}
		// Reading without belief breaks on nothing either.
		if _, err := Inspect(data); err != nil && !errors.As(err, &reason) {
			t.Fatal(err)
		}
		if _, err := Import(data, 0); err != nil && !errors.As(err, &reason) {
			t.Fatal(err)
		}
	})
}

func unzip(t testing.TB, data []byte) []byte {
	t.Helper()
	zip, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	archive, err := io.ReadAll(zip)
	if err != nil {
		t.Fatal(err)
	}
	return archive
}
