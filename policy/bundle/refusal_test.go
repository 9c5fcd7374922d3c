package bundle

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/hex"
	"encoding/json"
	"errors"
	"maps"
	"strings"
	"testing"
	"time"

	opabundle "github.com/open-policy-agent/opa/v1/bundle"
)

// forge is a bundle that somebody with a key made by hand: good, until a case
// changes it.
type forge struct {
	t     *testing.T
	files tree
	v     Verification
	// state changes the statement, write the manifest, before they are signed.
	state func(*Statement)
	write func(map[string]any)
	// after changes files after signing.
	after func(tree)
	// pack writes the archive.
	pack func(tree) []byte
	seed byte
}

func (f *forge) data() []byte {
	f.t.Helper()
	revision, err := f.files.revision()
	if err != nil {
		f.t.Fatal(err)
	}
	s := stated()
	s.InputSchema = hash(f.files[schemaFile])
	f.state(&s)
	text, err := newManifest(revision, &s).text()
	if err != nil {
		f.t.Fatal(err)
	}
	if f.write != nil {
		var m map[string]any
		if err := json.Unmarshal(text, &m); err != nil {
			f.t.Fatal(err)
		}
		f.write(m)
		if text, err = json.Marshal(m); err != nil {
			f.t.Fatal(err)
		}
	}
	f.files[manifestFile] = text
	if f.files[signaturesFile], err = sign(f.files, newKey(f.t, f.seed)); err != nil {
		f.t.Fatal(err)
	}
	f.after(f.files)
	return f.pack(f.files)
}

func newForge(t *testing.T) *forge {
	t.Helper()
	return &forge{
		t: t, files: small(), seed: 1,
		v:     Verification{Keys: trust(t, newKey(t, 1)), Now: noon, After: 6},
		state: func(*Statement) {}, after: func(tree) {},
		pack: func(files tree) []byte {
			data, err := pack(files)
			if err != nil {
				t.Fatal(err)
			}
			return data
		},
	}
}

// archived writes an archive with one more entry at its end.
func archived(t *testing.T, files tree, header tar.Header, text string) []byte {
	t.Helper()
	var out bytes.Buffer
	zip := gzip.NewWriter(&out)
	archive := tar.NewWriter(zip)
	put := func(header tar.Header, text []byte) {
		if header.Size == 0 {
			header.Size = int64(len(text))
		}
		if err := archive.WriteHeader(&header); err != nil {
			t.Fatal(err)
		}
		if _, err := archive.Write(text); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range files.names() {
		put(tar.Header{Name: name, Typeflag: tar.TypeReg, Mode: 0o644}, files[name])
	}
	put(header, []byte(text))
	if err := errors.Join(archive.Close(), zip.Close()); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestBadBundlesAreRefused(t *testing.T) {
	t.Parallel()
	regular := func(name string) tar.Header {
		return tar.Header{Name: name, Typeflag: tar.TypeReg, Mode: 0o644}
	}
	with := func(header tar.Header, text string) func(*forge) {
		return func(f *forge) { f.pack = func(files tree) []byte { return archived(f.t, files, header, text) } }
	}
	holding := func(name, text string) func(*forge) { return func(f *forge) { f.files[name] = []byte(text) } }
	for name, test := range map[string]struct {
		make func(*forge)
		want Refusal
	}{
		"a good one":              {func(*forge) {}, ""},
		"with an empty data.json": {holding("data.json", "{}"), ""},

		"nothing":                 {func(f *forge) { f.pack = func(tree) []byte { return nil } }, Malformed},
		"a page of HTML":          {func(f *forge) { f.pack = func(tree) []byte { return []byte("<html>sign in</html>") } }, Malformed},
		"gzip of no archive":      {func(f *forge) { f.pack = func(tree) []byte { return zipped(f.t, []byte("hello")) } }, Malformed},
		"half of it":              {func(f *forge) { f.cut(2) }, Malformed},
		"all but its last byte":   {func(f *forge) { f.cut(0) }, Malformed},
		"over the limit":          {func(f *forge) { f.v.MaxBytes = 100 }, TooLarge},
		"over the limit unpacked": {func(f *forge) { f.v.MaxBytes = int64(len(f.data())) }, TooLarge},
		"too many files": {func(f *forge) {
			for i := range maxFiles {
				f.files["cascade/x"+strings.Repeat("x", i%100)+string(rune('a'+i/100))+".rego"] = []byte("package cascade.x")
			}
		}, TooLarge},

		"a symbolic link":            {with(tar.Header{Name: "cascade/more.rego", Typeflag: tar.TypeSymlink, Linkname: "/etc/passwd"}, ""), BadEntry},
		"a hard link":                {with(tar.Header{Name: "cascade/more.rego", Typeflag: tar.TypeLink, Linkname: "cascade/access.rego"}, ""), BadEntry},
		"a device":                   {with(tar.Header{Name: "cascade/more.rego", Typeflag: tar.TypeChar}, ""), BadEntry},
		"a path up":                  {with(regular("../more.rego"), "package cascade"), BadPath},
		"a path up and down":         {with(regular("cascade/../cascade/access.rego"), "package cascade"), BadPath},
		"an absolute path":           {renamed("/cascade/access.rego"), BadPath},
		"a path with a dot":          {renamed("./cascade/access.rego"), BadPath},
		"an absolute path twice":     {with(regular("/cascade/access.rego"), "package cascade"), Duplicate},
		"a path of Windows":          {with(regular(`cascade\access.rego`), "package cascade"), BadPath},
		"a path of two lines":        {with(regular("cascade/a\nb.rego"), "package cascade"), BadPath},
		"a path in other signs":      {with(regular("cascade/аccess.rego"), "package cascade"), BadPath},
		"a file twice":               {with(regular("cascade/access.rego"), "package cascade.access"), Duplicate},
		"a manifest twice":           {with(regular(manifestFile), "{}"), Duplicate},
		"a file that is a directory": {with(regular("cascade/access.rego/more.rego"), "package cascade"), Duplicate},

		"a patch":              {holding("patch.json", `{"data":[{"op":"remove","path":"cascade"}]}`), Delta},
		"a patch further down": {holding("cascade/patch.json", `{}`), Delta},
		"Wasm":                 {holding("policy.wasm", "\x00asm"), Compiled},
		"Wasm by another name": {holding("cascade/more.wasm", "\x00asm"), Compiled},
		"a plan":               {holding("plan.json", "{}"), Compiled},
		"data of our packages": {holding("data.json", `{"cascade":{"roles":{"may":{}}}}`), HasData},
		"data further down":    {holding("cascade/access/data.json", `{"decision":{"allow":true}}`), HasData},
		"data as YAML":         {holding("data.yaml", `{}`), HasData},
		"a second manifest":    {holding("cascade/.manifest", "{}"), UnknownFile},
		"a manifest of bytes":  {holding(".manifest.pb", ""), UnknownFile},
		"another file":         {holding("README.md", "hello"), UnknownFile},

		"unsigned":                {func(f *forge) { f.after = func(t tree) { delete(t, signaturesFile) } }, Unsigned},
		"a list of no signatures": {signedAs(`{}`), Unsigned},
		"an empty signature":      {signedAs(`{"signatures":[""]}`), BadSignature},
		"signed by nobody":        {signedAs(`{"signatures":["eyJhbGciOiJub25lIn0.e30."]}`), BadSignature},
		"two signatures":          {signedAs(`{"signatures":["a.b.c","a.b.c"]}`), BadSignature},
		"another verifier named": {func(f *forge) {
			f.after = func(t tree) {
				t[signaturesFile] = bytes.Replace(t[signaturesFile], []byte("{"), []byte(`{"plugin":"theirs",`), 1)
			}
		}, BadSignature},
		"signed by a stranger": {func(f *forge) { f.seed = 2 }, UnknownKey},
		"no key is trusted":    {func(f *forge) { f.v.Keys = nil }, UnknownKey},
		"signed by a stranger in the name of ours": {func(f *forge) {
			f.after = func(files tree) {
				token, err := files.token()
				if err != nil {
					f.t.Fatal(err)
				}
				files.resign(f.t, token.header, 2)
			}
		}, BadSignature},
		"signed for an HMAC with our public key": {func(f *forge) {
			f.after = func(files tree) {
				token, err := files.token()
				if err != nil {
					f.t.Fatal(err)
				}
				files.resign(f.t, header{Algorithm: "HS256", KeyID: token.header.KeyID}, 1)
			}
		}, BadSignature},
		"hashed with MD5": {func(f *forge) {
			f.after = func(files tree) {
				token, err := files.token()
				if err != nil {
					f.t.Fatal(err)
				}
				hasher, err := opabundle.NewSignatureHasher(opabundle.MD5)
				if err != nil {
					f.t.Fatal(err)
				}
				var covered claims
				for _, name := range files.names() {
					if sum, err := hasher.HashFile(files[name]); err == nil && name != signaturesFile {
						covered.Files = append(covered.Files, opabundle.NewFile(name, hexOf(sum), "MD5"))
					}
				}
				files.put(f.t, token.header, covered, 1)
			}
		}, BadSignature},
		"a policy changed": {func(f *forge) {
			f.after = func(t tree) { t["cascade/access.rego"] = append(t["cascade/access.rego"], '\n') }
		}, Changed},
		"a test changed":     {func(f *forge) { f.after = func(t tree) { t["cascade/access_test.rego"] = nil } }, Changed},
		"the schema changed": {func(f *forge) { f.after = func(t tree) { t[schemaFile] = []byte("{}") } }, Changed},
		"a policy added":     {func(f *forge) { f.after = func(t tree) { t["cascade/more.rego"] = []byte("package cascade.more") } }, Changed},
		"a policy removed":   {func(f *forge) { f.after = func(t tree) { delete(t, "cascade/support.rego") } }, Changed},
		"a policy renamed": {func(f *forge) {
			f.after = func(t tree) { t["cascade/a.rego"] = t["cascade/access.rego"]; delete(t, "cascade/access.rego") }
		}, Changed},
		"a sequence number raised": {func(f *forge) {
			f.after = func(t tree) {
				t[manifestFile] = bytes.Replace(t[manifestFile], []byte(`"sequence":7`), []byte(`"sequence":8`), 1)
			}
		}, Changed},
		"a manifest of two minds": {func(f *forge) {
			f.after = func(t tree) {
				t[manifestFile] = bytes.Replace(t[manifestFile], []byte(`"sequence"`), []byte(`"Sequence":9,"sequence"`), 1)
			}
		}, NoStatement},
		"no manifest": {func(f *forge) { f.after = func(t tree) { delete(t, manifestFile) } }, NoStatement},

		"a manifest without a statement": {manifestWith(func(m map[string]any) { delete(m, "metadata") }), NoStatement},
		"a manifest that says more":      {manifestWith(func(m map[string]any) { m["wasm"] = []any{} }), NoStatement},
		"another language":               {manifestWith(func(m map[string]any) { m["file_rego_versions"] = map[string]int{"*": 0} }), NoStatement},
		"no roots":                       {manifestWith(func(m map[string]any) { delete(m, "roots") }), OtherRoots},
		"every root":                     {manifestWith(func(m map[string]any) { m["roots"] = []string{""} }), OtherRoots},
		"one root more":                  {manifestWith(func(m map[string]any) { m["roots"] = []string{Root, "system"} }), OtherRoots},
		"another revision":               {canonical(func(m *manifest) { m.Revision = "0123456789abcdef" }), WrongRevision},
		"no revision":                    {canonical(func(m *manifest) { m.Revision = "" }), WrongRevision},
		"Rego of before":                 {canonical(func(m *manifest) { m.RegoVersion = 0 }), BadPolicy},

		"no sequence number":       {stating(func(s *Statement) { s.Sequence = 0 }), BadStatement},
		"no beginning":             {stating(func(s *Statement) { s.NotBefore = time.Unix(0, 0) }), BadStatement},
		"an end before":            {stating(func(s *Statement) { s.Expires = s.NotBefore }), BadStatement},
		"no author":                {stating(func(s *Statement) { s.Author = "" }), BadStatement},
		"an approver without name": {stating(func(s *Statement) { s.Approvers = []string{""} }), BadStatement},
		"approved by the author":   {stating(func(s *Statement) { s.Approvers = []string{"usr_bob", "usr_ada"} }), BadStatement},
		"a note for the terminal":  {stating(func(s *Statement) { s.Note = "\x1b[2Jall good" }), BadStatement},
		"a note without end":       {stating(func(s *Statement) { s.Note = strings.Repeat("x", maxText+1) }), BadStatement},
		"before its time":          {func(f *forge) { f.v.Now = noon.Add(-time.Hour - time.Second) }, NotYetValid},
		"at its first second":      {func(f *forge) { f.v.Now = noon.Add(-time.Hour) }, ""},
		"at no time":               {func(f *forge) { f.v.Now = time.Time{} }, NotYetValid},
		"in its last second":       {func(f *forge) { f.v.Now = noon.Add(90*24*time.Hour - 1) }, ""},
		"after its time":           {func(f *forge) { f.v.Now = noon.Add(90 * 24 * time.Hour) }, Expired},
		"the active one again":     {func(f *forge) { f.v.After = 7 }, Stale},
		"an older one":             {func(f *forge) { f.v.After = 8 }, Stale},
		"for another schema":       {stating(func(s *Statement) { s.InputSchema = hash([]byte("{}")) }), OtherInput},
		"for another engine":       {func(f *forge) { f.v.InputSchema = hash([]byte("{}")) }, OtherInput},
		"for this engine":          {func(f *forge) { f.v.InputSchema = hash(f.files[schemaFile]) }, ""},

		"no Rego":                           {holding("cascade/more.rego", "package cascade.more\nallow if {"), BadPolicy},
		"a package beside":                  {holding("cascade/more.rego", "package system.authz\nallow := true"), BadPolicy},
		"a package whose name begins alike": {holding("cascade/more.rego", "package cascades\nallow := true"), BadPolicy},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newForge(t)
			test.make(f)
			b, err := Open(f.data(), f.v)
			if test.want == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			var got Refusal
			if !errors.As(err, &got) || got != test.want || b != nil {
				t.Fatalf("got %v (opened: %t), want %s", err, b != nil, test.want)
			}
			if strings.ContainsAny(err.Error(), "\n\r\x1b") || !strings.HasSuffix(err.Error(), remedies[got]) {
				t.Errorf("the message is not one line that says what to do: %q", err)
			}
		})
	}
}

func (f *forge) cut(parts int) {
	whole := f.pack
	f.pack = func(files tree) []byte {
		data := whole(files)
		if parts == 0 {
			return data[:len(data)-1]
		}
		return data[:len(data)/parts]
	}
}

// renamed gives a policy another name in the archive.
func renamed(name string) func(*forge) {
	return func(f *forge) {
		f.after = func(t tree) { t[name] = t["cascade/access.rego"]; delete(t, "cascade/access.rego") }
	}
}

func stating(change func(*Statement)) func(*forge) { return func(f *forge) { f.state = change } }

func manifestWith(change func(map[string]any)) func(*forge) {
	return func(f *forge) { f.write = change }
}

// canonical changes the manifest and writes it as it should be.
func canonical(change func(*manifest)) func(*forge) {
	return func(f *forge) {
		f.after = func(files tree) {
			var m manifest
			if err := json.Unmarshal(files[manifestFile], &m); err != nil {
				f.t.Fatal(err)
			}
			change(&m)
			delete(files, signaturesFile)
			var err error
			if files[manifestFile], err = m.text(); err != nil {
				f.t.Fatal(err)
			}
			if files[signaturesFile], err = sign(files, newKey(f.t, 1)); err != nil {
				f.t.Fatal(err)
			}
		}
	}
}

func signedAs(text string) func(*forge) {
	return func(f *forge) { f.after = func(t tree) { t[signaturesFile] = []byte(text) } }
}

// resign signs what is signed again, with another header or key.
func (t tree) resign(tb testing.TB, h header, seed byte) {
	tb.Helper()
	files := maps.Clone(t)
	delete(files, signaturesFile)
	hasher, err := opabundle.NewSignatureHasher(hashAlgorithm)
	if err != nil {
		tb.Fatal(err)
	}
	covered := claims{KeyID: h.KeyID}
	for _, name := range files.names() {
		sum, err := hasher.HashFile(files[name])
		if err != nil {
			tb.Fatal(err)
		}
		covered.Files = append(covered.Files, opabundle.NewFile(name, hexOf(sum), hashAlgorithm.String()))
	}
	t.put(tb, h, covered, seed)
}

func (t tree) put(tb testing.TB, h header, covered claims, seed byte) {
	tb.Helper()
	token, err := newToken(h, covered, newKey(tb, seed))
	if err != nil {
		tb.Fatal(err)
	}
	if t[signaturesFile], err = json.Marshal(opabundle.SignaturesConfig{Signatures: []string{token}}); err != nil {
		tb.Fatal(err)
	}
}

func hexOf(sum []byte) string { return hex.EncodeToString(sum) }

func zipped(t testing.TB, text []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	zip := gzip.NewWriter(&out)
	if _, err := zip.Write(text); err != nil {
		t.Fatal(err)
	}
	if err := zip.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
