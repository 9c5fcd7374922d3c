package bundle

import (
	"bytes"
	"crypto/ecdsa"
	"io/fs"
	"maps"
	"math/rand/v2"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	opabundle "github.com/open-policy-agent/opa/v1/bundle"

	"github.com/voxanne/cascade/policy/opa"
	"github.com/voxanne/cascade/policy/rego"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// stated is a statement that holds at noon.
func stated() Statement {
	return Statement{
		Sequence: 7, NotBefore: noon.Add(-time.Hour), Expires: noon.Add(90 * 24 * time.Hour),
		Author: "usr_ada", Approvers: []string{"usr_bob", "usr_cyd"}, Note: "CHG-1042 <masks & more>",
	}
}

// newKey is a key that is the same for the same seed.
func newKey(t testing.TB, seed byte) *ecdsa.PrivateKey {
	t.Helper()
	key, err := GenerateKey(rand.NewChaCha8([32]byte{seed}))
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func trust(t testing.TB, keys ...*ecdsa.PrivateKey) Keys {
	t.Helper()
	trusted := Keys{}
	for _, key := range keys {
		if err := trusted.Trust(key.Public()); err != nil {
			t.Fatal(err)
		}
	}
	return trusted
}

// small is policies with a test and a schema, quickly signed.
func small() tree {
	return tree{
		"cascade/access.rego":      []byte("package cascade.access\n\ndefault decision := false\n"),
		"cascade/access_test.rego": []byte("package cascade.access_test\n\ntest_nothing if not data.cascade.access.decision\n"),
		"cascade/support.rego":     []byte("package cascade.support\n"),
		schemaFile:                 []byte(`{"type": "object"}`),
	}
}

func same(a, b tree) bool { return maps.EqualFunc(a, b, bytes.Equal) }

func signed7(t testing.TB) ([]byte, Verification) {
	t.Helper()
	key := newKey(t, 1)
	data, err := Sign(rego.Files, stated(), key)
	if err != nil {
		t.Fatal(err)
	}
	return data, Verification{Keys: trust(t, key), Now: noon, After: 6}
}

// What was signed comes out as it was: the same files, under the revision that
// the engine gives them, with what the signer stated.
func TestSignedPoliciesComeBack(t *testing.T) {
	t.Parallel()
	data, v := signed7(t)
	b, err := Open(data, v)
	if err != nil {
		t.Fatal(err)
	}
	want, err := collect(rego.Files)
	if err != nil {
		t.Fatal(err)
	}
	if !same(want, b.files) {
		t.Error("the files differ")
	}
	if err := fstest.TestFS(b.Files(), want.names()...); err != nil {
		t.Error(err)
	}
	for name, files := range map[string]fs.FS{"embedded": rego.Files, "opened": b.Files()} {
		engine, err := opa.New(t.Context(), files, opa.Config{})
		if err != nil {
			t.Fatal(err)
		}
		if got := engine.Current().Revision(); got != b.Revision() {
			t.Errorf("the engine calls the %s policies %s, the bundle %s", name, got, b.Revision())
		}
	}
	schema, err := InputSchema(rego.Files)
	if err != nil {
		t.Fatal(err)
	}
	wanted := stated()
	wanted.InputSchema = schema
	if diff := cmp.Diff(wanted, b.Statement()); diff != "" {
		t.Error(diff)
	}
	if id, err := KeyID(newKey(t, 1).Public()); err != nil || id != b.KeyID() {
		t.Errorf("the key is %s (%v), the bundle's %s", id, err, b.KeyID())
	}
}

// A build can be repeated: whoever has the key, the policies and the statement
// gets the same file.
func TestSigningTwiceGivesTheSameFile(t *testing.T) {
	t.Parallel()
	one, _ := signed7(t)
	two, _ := signed7(t)
	if !bytes.Equal(one, two) {
		t.Error("two signatures of the same differ")
	}
}

// OPA takes our bundles as its own, by the same signature, and finds in them
// what we find.
func TestOPAVerifiesOurSignature(t *testing.T) {
	t.Parallel()
	data, _ := signed7(t)
	key := newKey(t, 1)
	id, err := KeyID(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	for name, key := range map[string]*ecdsa.PrivateKey{"ours": key, "another": newKey(t, 2)} {
		public, err := EncodePublicKey(key.Public())
		if err != nil {
			t.Fatal(err)
		}
		read, err := opabundle.NewReader(bytes.NewReader(data)).
			WithBundleVerificationConfig(opabundle.NewVerificationConfig(
				map[string]*opabundle.KeyConfig{id: {Key: string(public), Algorithm: "ES256"}}, "", "", nil)).
			Read()
		if name == "another" {
			if err == nil {
				t.Error("OPA verified it with another key")
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		want, err := collect(rego.Files)
		if err != nil {
			t.Fatal(err)
		}
		if len(read.Modules) != want.policies() || len(read.Modules) == 0 {
			t.Errorf("OPA reads %d policies of %d", len(read.Modules), want.policies())
		}
		for _, module := range read.Modules {
			if !bytes.Equal(module.Raw, want[module.Path[1:]]) && !bytes.Equal(module.Raw, want[module.Path]) {
				t.Errorf("OPA reads another %s", module.Path)
			}
		}
	}
}
