package bundle

import (
	"encoding/json"
	"errors"
	"io/fs"
	"path"
	"strings"
)

// Claims are what a bundle says about itself. Nothing of it is proven: it is
// for people to look at, and for messages about bundles that were refused.
type Claims struct {
	// KeyID is whose signature it bears; empty when it bears none.
	KeyID string
	// Revision and Roots are what the manifest says.
	Revision string
	Roots    []string
	// Statement is the zero value when there is none.
	Statement Statement
	// Files are the names and sizes in bytes of all that it holds.
	Files map[string]int
}

// Inspect reads a bundle of any origin, of DefaultMaxBytes at most, without
// believing it.
func Inspect(data []byte) (Claims, error) {
	files, _, err := unpack(data, 0)
	if err != nil {
		return Claims{}, err
	}
	c := Claims{Files: map[string]int{}}
	for name, text := range files {
		c.Files[name] = len(text)
	}
	if token, err := files.token(); err == nil {
		c.KeyID = token.header.KeyID
	}
	var m manifest
	if json.Unmarshal(files[manifestFile], &m) == nil {
		c.Revision, c.Roots = m.Revision, m.Roots
		c.Statement, _ = m.statement()
	}
	return c, nil
}

// Import reads the policies, tests and input schema of a standard bundle of any
// origin, signed or not, to be edited and reviewed. Nothing is proven of them,
// and there is no way from here to a *Bundle but Sign. A limit of zero is
// DefaultMaxBytes. Names begin where our root does, whatever folder it was built
// from. Files that are none of these are left out; data and compiled policies are
// refused, because the policies would be others without them.
func Import(data []byte, limit int64) (fs.FS, error) {
	files, _, err := unpack(data, limit)
	if err != nil {
		return nil, err
	}
	if files, err = files.below(files.above()); err != nil {
		return nil, err
	}
	// A foreign bundle may hold anything beside its policies.
	for _, name := range files.names() {
		if err := (tree{name: files[name]}).sort(); err != nil && !errors.Is(err, UnknownFile) {
			return nil, err
		}
	}
	t := files.travel()
	if t.policies() == 0 {
		return nil, refuse(Malformed, "there are no .rego files")
	}
	return t, nil
}

// above is the folder in which the folder of our root lies, as in
// policy/rego/cascade/access.rego: OPA keeps the path of what it was told to
// build. It is "." when the policies lie elsewhere or in several places.
func (t tree) above() string {
	place := ""
	for name := range t {
		if path.Ext(name) != ".rego" {
			continue
		}
		dir, _, ok := strings.Cut("/"+name, "/"+Root+"/")
		if !ok || place != "" && place != dir+"/" {
			return "."
		}
		place = dir + "/"
	}
	return path.Join(".", strings.TrimPrefix(place, "/"))
}

// below names the files of one folder from there.
func (t tree) below(dir string) (tree, error) {
	out := tree{}
	for name, text := range t {
		short := name
		if dir != "." {
			short = strings.TrimPrefix(name, dir+"/")
		}
		if _, twice := out[short]; twice {
			return nil, refuse(Duplicate, "%q is there twice, seen from %q", short, dir)
		}
		out[short] = text
	}
	return out, out.unambiguous()
}

// Export packs the policies in files, with their tests and the schema of their
// input, as a standard bundle without a signature, for OPA and its tools. No
// node activates it.
func Export(files fs.FS) ([]byte, error) {
	t, err := collect(files)
	if err != nil {
		return nil, err
	}
	revision, err := t.revision()
	if err != nil {
		return nil, err
	}
	if t[manifestFile], err = newManifest(revision, nil).text(); err != nil {
		return nil, err
	}
	return pack(t)
}
