package bundle

import (
	"bytes"
	"fmt"
	"io/fs"
	"path"

	"github.com/voxanne/cascade/policy/opa"
)

// The files of a bundle that are no policies.
const (
	manifestFile   = ".manifest"
	signaturesFile = ".signatures.json"
	schemaFile     = "schema/input.json"
)

// collect reads what travels: every policy, the tests beside them, because
// whoever reviews a bundle runs them, and the schema of the input. Other files
// stay; data is refused, because the policies would be without them.
func collect(files fs.FS) (tree, error) {
	t, left := tree{}, int64(DefaultMaxBytes)
	err := fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		if isData(name) {
			return refuse(HasData, "%q is data", name)
		}
		if !travels(name) {
			return nil
		}
		if !entry.Type().IsRegular() {
			return refuse(BadEntry, "%q is no regular file", name)
		}
		if !plain(name) {
			return refuse(BadPath, "%q is no plain path", name)
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		if left -= info.Size(); left < 0 {
			return refuse(TooLarge, "the policies are over the limit of %d bytes", DefaultMaxBytes)
		}
		t[name], err = fs.ReadFile(files, name)
		return err
	})
	if _, listed := t[schemaFile]; !listed && err == nil {
		// Files may have the schema laid under them, to be opened by name.
		if text, missing := fs.ReadFile(files, schemaFile); missing == nil {
			t[schemaFile] = text
		}
	}
	if err != nil {
		return nil, fmt.Errorf("reading the policies: %w", err)
	}
	if t.policies() == 0 {
		return nil, fmt.Errorf("reading the policies: %w", refuse(Malformed, "there are no .rego files"))
	}
	return t, nil
}

// sort takes from an archive what is no policy and no schema, and refuses what
// has no place in a bundle of ours. An empty data.json, which OPA always
// writes, says nothing.
func (t tree) sort() error {
	for _, name := range t.names() {
		base := path.Base(name)
		switch {
		case travels(name), name == manifestFile, name == signaturesFile:
		case base == "patch.json":
			return refuse(Delta, "%q patches another bundle", name)
		case path.Ext(name) == ".wasm", base == "plan.json", base == "plan.pb":
			return refuse(Compiled, "%q is compiled", name)
		case name == "data.json" && string(bytes.TrimSpace(t[name])) == "{}":
		case isData(name):
			return refuse(HasData, "%q is data", name)
		default:
			return refuse(UnknownFile, "%q is neither policy nor schema", name)
		}
	}
	return nil
}

// travel is what of an archive is policy or schema.
func (t tree) travel() tree {
	out := tree{}
	for name, text := range t {
		if travels(name) {
			out[name] = text
		}
	}
	return out
}

func (t tree) policies() int {
	n := 0
	for name := range t {
		if path.Ext(name) == ".rego" {
			n++
		}
	}
	return n
}

// revision is what the engine calls these policies. It refuses what the engine
// would not compile for its size.
func (t tree) revision() (string, error) {
	revision, err := opa.Digest(t)
	if err != nil {
		return "", refuse(BadPolicy, "the engine does not take it (%q)", err)
	}
	return revision, nil
}

// digest is the SHA-256 of all names and texts, in hex.
func (t tree) digest() string {
	var whole []byte
	for _, name := range t.names() {
		whole = fmt.Appendf(whole, "%s\x00%d\x00%s", name, len(t[name]), t[name])
	}
	return hash(whole)
}

func travels(name string) bool { return path.Ext(name) == ".rego" || name == schemaFile }

func isData(name string) bool {
	base := path.Base(name)
	return base == "data.json" || base == "data.yaml" || base == "data.yml"
}
