package bundle

import (
	"bytes"
	"errors"
	"io/fs"
	"maps"
	"slices"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/open-policy-agent/opa/v1/ast"
	opabundle "github.com/open-policy-agent/opa/v1/bundle"

	"github.com/voxanne/cascade/policy/rego"
)

// built is our policies as `opa build` packs them: names that begin with a
// slash, an empty data.json, a manifest of its own, no schema.
func built(t *testing.T, change func(*opabundle.Bundle)) []byte {
	t.Helper()
	files, err := collect(rego.Files)
	if err != nil {
		t.Fatal(err)
	}
	b := opabundle.Bundle{Data: map[string]any{}, Manifest: opabundle.Manifest{Revision: "git-4711"}}
	b.Manifest.Init()
	for _, name := range files.names() {
		if name != schemaFile {
			parsed, err := ast.ParseModuleWithOpts(name, string(files[name]), ast.ParserOptions{RegoVersion: ast.RegoV1})
			if err != nil {
				t.Fatal(err)
			}
			b.Modules = append(b.Modules, opabundle.ModuleFile{Path: "/" + name, URL: "/" + name, Raw: files[name], Parsed: parsed})
		}
	}
	change(&b)
	var out bytes.Buffer
	if err := opabundle.Write(&out, b); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// What OPA's own tools build can be edited, and reviewed; it cannot be activated.
func TestAStandardBundleIsADraft(t *testing.T) {
	t.Parallel()
	key := newKey(t, 1)
	private, err := EncodePrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	id, err := KeyID(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	want, err := collect(rego.Files)
	if err != nil {
		t.Fatal(err)
	}
	delete(want, schemaFile)
	for name, test := range map[string]struct {
		change func(*opabundle.Bundle)
		want   Refusal
		keyID  string
	}{
		"as it was built": {func(*opabundle.Bundle) {}, Unsigned, ""},
		"as it was built from a folder further up": {func(b *opabundle.Bundle) {
			for i := range b.Modules {
				b.Modules[i].Path = "/policy/rego" + b.Modules[i].Path
			}
		}, Unsigned, ""},
		"signed with our key, without a statement": {func(b *opabundle.Bundle) {
			if err := b.GenerateSignature(opabundle.NewSigningConfig(string(private), "ES256", ""), id, true); err != nil {
				t.Error(err)
			}
		}, NoStatement, id},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data := built(t, test.change)
			if b, err := Open(data, Verification{Keys: trust(t, key), Now: noon}); !errors.Is(err, test.want) || b != nil {
				t.Errorf("opening it: %v, %v", b, err)
			}
			files, err := Import(data, 0)
			if err != nil {
				t.Fatal(err)
			}
			got, err := collect(files)
			if err != nil {
				t.Fatal(err)
			}
			if !same(want, got) {
				t.Error("the files differ")
			}
			seen, err := Inspect(data)
			if err != nil {
				t.Fatal(err)
			}
			if seen.Revision != "git-4711" || seen.KeyID != test.keyID || len(seen.Files) < len(want) || seen.Statement.Sequence != 0 {
				t.Errorf("it says of itself %+v", seen)
			}
		})
	}
}

// What would be lost on the way to a folder of policies is refused, not lost.
func TestADraftIsWhole(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(*opabundle.Bundle)
		want   Refusal
	}{
		"data": {func(b *opabundle.Bundle) { b.Data = map[string]any{"cascade": map[string]any{"open": true}} }, HasData},
		"Wasm": {func(b *opabundle.Bundle) {
			b.WasmModules = []opabundle.WasmModuleFile{{Path: "/policy.wasm", URL: "/policy.wasm", Raw: []byte("x")}}
		}, Compiled},
		"a patch": {func(b *opabundle.Bundle) {
			b.Patch.Data = []opabundle.PatchOperation{{Op: "upsert", Path: "/cascade", Value: 1}}
		}, Delta},
		"no policy": {func(b *opabundle.Bundle) { b.Modules = nil }, Malformed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if files, err := Import(built(t, test.change), 0); !errors.Is(err, test.want) || files != nil {
				t.Errorf("got %v, %v", files, err)
			}
		})
	}
	t.Run("two schemas", func(t *testing.T) {
		t.Parallel()
		data, err := pack(tree{"pol/cascade/a.rego": nil, "pol/schema/input.json": nil, schemaFile: nil})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Import(data, 0); !errors.Is(err, Duplicate) {
			t.Error(err)
		}
	})
	t.Run("over the limit", func(t *testing.T) {
		t.Parallel()
		if _, err := Import(built(t, func(*opabundle.Bundle) {}), 1000); !errors.Is(err, TooLarge) {
			t.Error(err)
		}
	})
}

// Names begin at our root where all policies lie below one, and else stay.
func TestNamesOfADraft(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ in, out []string }{
		"as they are":      {[]string{"cascade/a.rego", "cascade/b/c.rego"}, []string{"cascade/a.rego", "cascade/b/c.rego"}},
		"from further up":  {[]string{"pol/cascade/a.rego", "pol/cascade/b/cascade/c.rego"}, []string{"cascade/a.rego", "cascade/b/cascade/c.rego"}},
		"with a schema":    {[]string{"pol/cascade/a.rego", "pol/schema/input.json"}, []string{"cascade/a.rego", "schema/input.json"}},
		"from two places":  {[]string{"a/cascade/a.rego", "b/cascade/a.rego"}, []string{"a/cascade/a.rego", "b/cascade/a.rego"}},
		"in part at home":  {[]string{"cascade/a.rego", "pol/cascade/a.rego"}, []string{"cascade/a.rego", "pol/cascade/a.rego"}},
		"of another root":  {[]string{"pol/a.rego", "pol/cascade/a.rego"}, []string{"pol/a.rego", "pol/cascade/a.rego"}},
		"of a longer root": {[]string{"pol/cascades/a.rego"}, []string{"pol/cascades/a.rego"}},
	} {
		in := tree{}
		for _, name := range test.in {
			in[name] = []byte("package cascade")
		}
		data, err := pack(in)
		if err != nil {
			t.Fatal(err)
		}
		files, err := Import(data, 0)
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := files.(tree); !ok || !slices.Equal(test.out, got.names()) {
			t.Errorf("%s: got %q", name, got.names())
		}
	}
}

// OPA reads what is exported, tests and schema come along, and no node takes it.
func TestAnExportIsAStandardBundle(t *testing.T) {
	t.Parallel()
	data, err := Export(rego.Files)
	if err != nil {
		t.Fatal(err)
	}
	read, err := opabundle.NewReader(bytes.NewReader(data)).Read()
	if err != nil {
		t.Fatal(err)
	}
	want, err := collect(rego.Files)
	if err != nil {
		t.Fatal(err)
	}
	if len(read.Modules) != want.policies() {
		t.Errorf("OPA reads %d policies of %d", len(read.Modules), want.policies())
	}
	files, err := Import(data, 0)
	if err != nil {
		t.Fatal(err)
	}
	if got, ok := files.(tree); !ok || !same(want, got) {
		t.Error("the files differ")
	}
	if _, err := Open(data, Verification{Keys: trust(t, newKey(t, 1)), Now: noon}); !errors.Is(err, Unsigned) {
		t.Errorf("opening an export: %v", err)
	}
}

// A signed bundle says what it is to whoever looks, trusted or not.
func TestInspectShowsWhatASignedBundleSays(t *testing.T) {
	t.Parallel()
	data, v := signed7(t)
	b, err := Open(data, v)
	if err != nil {
		t.Fatal(err)
	}
	seen, err := Inspect(data)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(b.Statement(), seen.Statement); diff != "" {
		t.Error(diff)
	}
	if seen.KeyID != b.KeyID() || seen.Revision != b.Revision() || !cmp.Equal(seen.Roots, []string{Root}) {
		t.Errorf("it says of itself %+v", seen)
	}
}

// Folders hold more than policies. What the engine does not read stays there;
// what it would have to read, and cannot, is refused.
func TestWhatOfAFolderTravels(t *testing.T) {
	t.Parallel()
	folder := func(more fstest.MapFS) fstest.MapFS {
		all := fstest.MapFS{
			"cascade/access.rego":      {Data: []byte("package cascade.access\n")},
			"cascade/access_test.rego": {Data: []byte("package cascade.access_test\n")},
			schemaFile:                 {Data: []byte("{}")},
			"embed.go":                 {Data: []byte("package rego\n")},
			".regal/config.yaml":       {Data: []byte("rules: {}\n")},
			"schema/output.json":       {Data: []byte("{}")},
		}
		maps.Copy(all, more)
		return all
	}
	data, err := Sign(folder(nil), stated(), newKey(t, 1))
	if err != nil {
		t.Fatal(err)
	}
	b, err := Open(data, Verification{Keys: trust(t, newKey(t, 1)), Now: noon})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"cascade/access.rego", "cascade/access_test.rego", schemaFile}, b.files.names()); diff != "" {
		t.Error(diff)
	}
	bare := folder(nil)
	delete(bare, schemaFile)
	if _, err := Sign(bare, stated(), newKey(t, 1)); !errors.Is(err, OtherInput) {
		t.Errorf("without a schema: %v", err)
	}
	if again, err := Sign(laidUnder{bare}, stated(), newKey(t, 1)); err != nil || !bytes.Equal(again, data) {
		t.Errorf("with a schema laid under it: %v", err)
	}
	digest, err := Digest(folder(nil))
	if err != nil || digest != b.Digest() {
		t.Errorf("the folder is %s (%v), the bundle %s", digest, err, b.Digest())
	}
	for name, test := range map[string]struct {
		more fstest.MapFS
		want Refusal
	}{
		"data":                          {fstest.MapFS{"cascade/data.json": {Data: []byte("{}")}}, HasData},
		"a symbolic link":               {fstest.MapFS{"cascade/more.rego": {Mode: 1 << 27}}, BadEntry},
		"an odd name":                   {fstest.MapFS{"cascade/më.rego": {Data: []byte("package cascade.x")}}, BadPath},
		"a lot of it":                   {fstest.MapFS{"cascade/more.rego": {Data: make([]byte, DefaultMaxBytes)}}, TooLarge},
		"more than the engine compiles": {fstest.MapFS{"cascade/more.rego": {Data: bytes.Repeat([]byte("#\n"), 1<<19)}}, BadPolicy},
		"a package beside":              {fstest.MapFS{"cascade/more.rego": {Data: []byte("package system.log")}}, BadPolicy},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if data, err := Sign(folder(test.more), stated(), newKey(t, 1)); !errors.Is(err, test.want) || data != nil {
				t.Errorf("got %d bytes, %v", len(data), err)
			}
		})
	}
}

// laidUnder is files with a schema that opens by name and is not listed.
type laidUnder struct{ fs.FS }

func (l laidUnder) Open(name string) (fs.File, error) {
	if name == schemaFile {
		return tree{schemaFile: []byte("{}")}.Open(name)
	}
	return l.FS.Open(name)
}

// A digest covers what a revision does not: a test weakened, an input widened.
func TestADigestCoversTestsAndSchema(t *testing.T) {
	t.Parallel()
	whole, err := collect(rego.Files)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]string{whole.digest(): "the whole"}
	for _, name := range whole.names() {
		changed := maps.Clone(whole)
		changed[name] = append(bytes.Clone(changed[name]), '\n')
		if before, twice := seen[changed.digest()]; twice {
			t.Errorf("%s with another %s has the same digest", before, name)
		}
		seen[changed.digest()] = name
	}
}
