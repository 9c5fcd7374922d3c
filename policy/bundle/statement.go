package bundle

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"time"
	"unicode"
	"unicode/utf8"
)

// Root is the one package, with all below it, that a bundle may hold.
const Root = "cascade"

// maxText bounds each text of a statement, in bytes.
const maxText = 1000

// Statement is what the signer says about the policies, beside their text.
type Statement struct {
	// Sequence counts signed bundles: positive, and above every one before.
	Sequence int64
	// NotBefore and Expires bound the time in which the bundle may be activated:
	// from the one until just before the other. They are kept in whole seconds.
	NotBefore, Expires time.Time
	// Author wrote the policies: an id, not a name. It is required.
	Author string
	// Approvers allowed them: ids, none of them the author's.
	Approvers []string
	// Note is for people, such as a ticket or a commit.
	Note string
	// InputSchema is the SHA-256 of the input's schema, in hex. Sign sets it.
	InputSchema string
}

// check refuses a statement that states nothing. Texts are printed to
// terminals, so no control characters.
func (s Statement) check() error {
	texts := slices.Concat([]string{s.Author, s.Note, s.InputSchema}, s.Approvers)
	odd := func(text string) bool {
		return !utf8.ValidString(text) || len(text) > maxText || bytes.ContainsFunc([]byte(text), unicode.IsControl)
	}
	switch {
	case s.Sequence <= 0:
		return refuse(BadStatement, "its sequence number is %d, and not positive", s.Sequence)
	case s.NotBefore.Unix() <= 0:
		return refuse(BadStatement, "it does not say from when it holds")
	case !s.Expires.After(s.NotBefore):
		return refuse(BadStatement, "it expires before it holds")
	case s.Author == "" || slices.Contains(s.Approvers, ""):
		return refuse(BadStatement, "it names no author, or an approver without a name")
	case slices.Contains(s.Approvers, s.Author):
		return refuse(BadStatement, "%q approved what they wrote", s.Author)
	case slices.ContainsFunc(texts, odd):
		return refuse(BadStatement, "a text is longer than %d bytes or not printable", maxText)
	}
	return nil
}

// manifest is a bundle's .manifest, in OPA's form.
type manifest struct {
	Revision    string   `json:"revision"`
	Roots       []string `json:"roots"`
	RegoVersion int      `json:"rego_version"`
	Metadata    *struct {
		Statement *wire `json:"cascade,omitempty"`
	} `json:"metadata,omitempty"`
}

// wire is a Statement in a manifest; times are Unix seconds.
type wire struct {
	Sequence    int64    `json:"sequence"`
	NotBefore   int64    `json:"not_before"`
	Expires     int64    `json:"expires"`
	Author      string   `json:"author"`
	Approvers   []string `json:"approvers,omitempty"`
	Note        string   `json:"note,omitempty"`
	InputSchema string   `json:"input_schema"`
}

func newManifest(revision string, s *Statement) manifest {
	m := manifest{Revision: revision, Roots: []string{Root}, RegoVersion: 1}
	if s != nil {
		m.Metadata = &struct {
			Statement *wire `json:"cascade,omitempty"`
		}{&wire{
			Sequence: s.Sequence, NotBefore: s.NotBefore.Unix(), Expires: s.Expires.Unix(),
			Author: s.Author, Approvers: s.Approvers, Note: s.Note, InputSchema: s.InputSchema,
		}}
	}
	return m
}

func (m manifest) statement() (Statement, bool) {
	if m.Metadata == nil || m.Metadata.Statement == nil {
		return Statement{}, false
	}
	w := m.Metadata.Statement
	return Statement{
		Sequence: w.Sequence, NotBefore: time.Unix(w.NotBefore, 0).UTC(), Expires: time.Unix(w.Expires, 0).UTC(),
		Author: w.Author, Approvers: w.Approvers, Note: w.Note, InputSchema: w.InputSchema,
	}, true
}

// text is the manifest as it is signed; there is no other way to write it.
func (m manifest) text() ([]byte, error) { return json.Marshal(m) }

// readManifest reads a manifest and accepts it only as text writes it. OPA
// hashes its meaning and not its bytes, and reads YAML there too: with one way to
// write it, there is no second meaning for another reader to find.
func readManifest(text []byte) (manifest, Statement, error) {
	var m manifest
	if err := json.Unmarshal(text, &m); err != nil {
		return m, Statement{}, refuse(NoStatement, "its manifest does not read")
	}
	s, ok := m.statement()
	if !ok {
		return m, Statement{}, refuse(NoStatement, "its manifest says nothing of who, when and which")
	}
	if !slices.Equal(m.Roots, []string{Root}) {
		return m, Statement{}, refuse(OtherRoots, "its roots are %q", m.Roots)
	}
	if again, err := m.text(); err != nil || !bytes.Equal(again, text) {
		return m, Statement{}, refuse(NoStatement, "its manifest is not as it is written here")
	}
	return m, s, nil
}

// hash is the SHA-256 of a text, in hex.
func hash(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}
