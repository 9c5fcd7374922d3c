package nodeid_test

import (
	"testing"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent/nodeid"
)

func TestSpecificationVectors(t *testing.T) {
	t.Parallel()
	// From the TypeID specification's valid.json.
	for _, tc := range []struct{ id, want string }{
		{"00000000-0000-0000-0000-000000000000", "p_00000000000000000000000000"},
		{"00000000-0000-0000-0000-000000000001", "p_00000000000000000000000001"},
		{"00000000-0000-0000-0000-00000000000a", "p_0000000000000000000000000a"},
		{"00000000-0000-0000-0000-000000000010", "p_0000000000000000000000000g"},
		{"00000000-0000-0000-0000-000000000020", "p_00000000000000000000000010"},
		{"ffffffff-ffff-ffff-ffff-ffffffffffff", "p_7zzzzzzzzzzzzzzzzzzzzzzzzz"},
		{"0110c853-1d09-52d8-d73e-1194e95b5f19", "p_0123456789abcdefghjkmnpqrs"},
	} {
		id := uuid.MustParse(tc.id)
		if got := nodeid.Encode("p", id); got != tc.want {
			t.Errorf("Encode(%s) = %s, want %s", tc.id, got, tc.want)
		}
		prefix, back, err := nodeid.Decode(tc.want)
		if err != nil || prefix != "p" || back != id {
			t.Errorf("Decode(%s) = %s, %s, %v", tc.want, prefix, back, err)
		}
	}
}

func TestDecodeRefuses(t *testing.T) {
	t.Parallel()
	for _, s := range []string{
		"", "_", "call", "call_", "_00000000000000000000000000", "call_8zzzzzzzzzzzzzzzzzzzzzzzzz",
		"call_0000000000000000000000000", "call_000000000000000000000000000", "call_0000000000000000000000000I",
		"call_0000000000000000000000000A",
	} {
		if _, _, err := nodeid.Decode(s); err == nil {
			t.Errorf("Decode(%q) succeeded", s)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add("call_01h455vb4pex5vsknk084sn02q")
	f.Fuzz(func(t *testing.T, s string) {
		prefix, id, err := nodeid.Decode(s)
		if err == nil && nodeid.Encode(prefix, id) != s {
			t.Errorf("%q reads as %s %s but is written %q", s, prefix, id, nodeid.Encode(prefix, id))
		}
	})
}
