package bundle

import (
	"bytes"
	"io/fs"
	"slices"
	"strings"
	"time"

	opabundle "github.com/open-policy-agent/opa/v1/bundle"
)

// Bundle is policies that proved who signed them, when and which they are. Only
// Open makes one; the zero Bundle holds no policy, and no engine starts with it.
type Bundle struct {
	files     tree
	statement Statement
	revision  string
	digest    string
	keyID     string
}

// Verification is what a bundle is held against. The zero value refuses all.
type Verification struct {
	// Keys are the trusted keys.
	Keys Keys
	// Now is the time at which the bundle is to be activated.
	Now time.Time
	// After is the highest sequence number that was ever active: the bundle's
	// must be above it. Zero is before the first.
	After int64
	// InputSchema is the hash of the input schema that the engine's inputs obey
	// (InputSchema of its files); empty means that any will do.
	InputSchema string
	// MaxBytes bounds the bundle, packed and unpacked; zero is DefaultMaxBytes.
	MaxBytes int64
}

// Open verifies a signed bundle and returns what it holds. An error wraps a
// Refusal. Nothing of a bundle is believed before its signature is.
func Open(data []byte, v Verification) (*Bundle, error) {
	files, odd, err := unpack(data, v.MaxBytes)
	if err != nil {
		return nil, err
	}
	if err := files.sort(); err != nil {
		return nil, err
	}
	id, covered, err := v.Keys.verify(files)
	if err != nil {
		return nil, err
	}
	m, statement, err := readManifest(files[manifestFile])
	if err != nil {
		return nil, err
	}
	if odd != "" {
		return nil, refuse(BadPath, "%q is no plain relative path", odd)
	}
	if err := files.match(covered); err != nil {
		return nil, err
	}
	b := &Bundle{files: files.travel(), statement: statement, keyID: id}
	b.digest = b.files.digest()
	if b.revision, err = b.files.revision(); err != nil {
		return nil, err
	}
	if m.Revision != b.revision {
		return nil, refuse(WrongRevision, "its policies are %s and it says %q", b.revision, m.Revision)
	}
	if err := statement.check(); err != nil {
		return nil, err
	}
	if err := v.accepts(statement, b.files); err != nil {
		return nil, err
	}
	if err := readable(data, v.MaxBytes); err != nil {
		return nil, err
	}
	return b, nil
}

// accepts compares what was signed with what is asked for.
func (v Verification) accepts(s Statement, files tree) error {
	switch {
	case v.Now.Before(s.NotBefore):
		return refuse(NotYetValid, "it holds from %s", s.NotBefore.Format(time.RFC3339))
	case !v.Now.Before(s.Expires):
		return refuse(Expired, "it held until %s", s.Expires.Format(time.RFC3339))
	case s.Sequence <= v.After:
		return refuse(Stale, "its sequence number is %d and the active one is %d", s.Sequence, v.After)
	case s.InputSchema != hash(files[schemaFile]):
		return refuse(OtherInput, "its input schema is not the one it was signed for")
	case v.InputSchema != "" && v.InputSchema != s.InputSchema:
		return refuse(OtherInput, "it is written for the input schema %.16s and this program sends %.16s", s.InputSchema, v.InputSchema)
	}
	return nil
}

// readable lets OPA read the whole bundle: what it does not take as a bundle,
// or finds outside of our root, is none of ours either.
func readable(data []byte, limit int64) error {
	if limit <= 0 {
		limit = DefaultMaxBytes
	}
	_, err := opabundle.NewReader(bytes.NewReader(data)).
		WithSkipBundleVerification(true). // done
		WithSizeLimitBytes(limit).
		Read()
	if err != nil {
		first, _, _ := strings.Cut(err.Error(), "\n")
		return refuse(BadPolicy, "OPA does not take it (%q)", first)
	}
	return nil
}

// Files are the policies, their tests and the schema: what the engine compiles.
func (b *Bundle) Files() fs.FS { return b.files }

// Revision is the digest of the policies, as the engine names it.
func (b *Bundle) Revision() string { return b.revision }

// Digest names everything that is in Files, as Digest does.
func (b *Bundle) Digest() string { return b.digest }

// KeyID is the id of the key that signed.
func (b *Bundle) KeyID() string { return b.keyID }

// Statement is what the signer stated.
func (b *Bundle) Statement() Statement {
	s := b.statement
	s.Approvers = slices.Clone(s.Approvers)
	return s
}
