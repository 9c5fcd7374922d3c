package workshop

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/voxanne/cascade/policy/bundle"
)

// proven is what a bundle proved, as it is printed with --json.
type proven struct {
	Revision    string    `json:"revision"`
	Digest      string    `json:"digest"`
	Sequence    int64     `json:"sequence"`
	NotBefore   time.Time `json:"not_before"`
	Expires     time.Time `json:"expires"`
	Author      string    `json:"author"`
	Approvers   []string  `json:"approvers"`
	Note        string    `json:"note"`
	KeyID       string    `json:"key_id"`
	InputSchema string    `json:"input_schema"`
	Files       []string  `json:"files"`
}

// showBundle prints who signed which policies, for when.
func showBundle(out io.Writer, b *bundle.Bundle, asJSON bool) error {
	var names []string
	err := fs.WalkDir(b.Files(), ".", func(name string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			names = append(names, name)
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("listing the bundle: %w", err)
	}
	s := b.Statement()
	if asJSON {
		return json.NewEncoder(out).Encode(proven{
			Revision: b.Revision(), Digest: b.Digest(), Sequence: s.Sequence, NotBefore: s.NotBefore, Expires: s.Expires,
			Author: s.Author, Approvers: append([]string{}, s.Approvers...), Note: s.Note,
			KeyID: b.KeyID(), InputSchema: s.InputSchema, Files: names,
		})
	}
	return tabulate(out, s, [][2]string{{"revision", b.Revision()}, {"digest", b.Digest()}, {"key", b.KeyID()}}, names)
}

// showClaims prints what a bundle says and nobody proved. It comes from whoever
// made the file, so that every text is quoted.
func showClaims(out io.Writer, c bundle.Claims) error {
	if _, err := fmt.Fprintln(out, "it says of itself, which nothing proves:"); err != nil {
		return err
	}
	names := slices.Sorted(maps.Keys(c.Files))
	for i, name := range names {
		names[i] = fmt.Sprintf("%q, %d bytes", name, c.Files[name])
	}
	key := "none: it is not signed"
	if c.KeyID != "" {
		key = fmt.Sprintf("%q", c.KeyID)
	}
	return tabulate(out, c.Statement, [][2]string{{"revision", fmt.Sprintf("%q", c.Revision)}, {"roots", fmt.Sprintf("%q", c.Roots)}, {"key", key}}, names)
}

func tabulate(out io.Writer, s bundle.Statement, facts [][2]string, files []string) error {
	if s.Sequence != 0 {
		facts = append(facts,
			[2]string{"sequence", fmt.Sprint(s.Sequence)},
			[2]string{"valid", s.NotBefore.UTC().Format(time.RFC3339) + " until " + s.Expires.UTC().Format(time.RFC3339)},
			[2]string{"author", fmt.Sprintf("%q", s.Author)},
			[2]string{"approvers", fmt.Sprintf("%q", s.Approvers)},
			[2]string{"note", fmt.Sprintf("%q", s.Note)})
	}
	facts = append(facts, [2]string{"files", strings.Join(files, "\n\t")})
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, fact := range facts {
		if _, err := fmt.Fprintf(table, "%s\t%s\n", fact[0], fact[1]); err != nil {
			return err
		}
	}
	return table.Flush()
}

// load reads a file that is not larger than a bundle may be, by a byte at most.
func load(name string) (_ []byte, err error) {
	f, err := os.Open(name) //nolint:gosec // whoever runs it names the file
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return io.ReadAll(io.LimitReader(f, bundle.DefaultMaxBytes+1))
}

// keep puts a file in its place at once: whoever reads it meanwhile has the one
// before or this one.
func keep(name string, data []byte) (err error) {
	f, err := os.CreateTemp(filepath.Dir(name), ".policy-bundle-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	_, err = f.Write(data)
	if err = errors.Join(err, f.Chmod(0o644), f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}

// required marks a flag of this package; it is there.
func required(cmd *cobra.Command, flag string) {
	if err := cmd.MarkFlagRequired(flag); err != nil {
		panic(err)
	}
}
