package unused

import (
	"fmt"
	"io"
	"io/fs"
	"strings"
	"time"

	"github.com/voxanne/cascade/policy/bundle"
)

// WriteText writes the report for people: what to narrow, and the proposal last.
func (r Report) WriteText(to io.Writer) error {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("%d decisions, recorded from %s to %s", r.Records, r.From.Format(time.RFC3339), r.Until.Format(time.RFC3339))
	if r.Unasked+r.Unreadable > 0 {
		line("%d of them asked no policy, %d cannot be read", r.Unasked, r.Unreadable)
	}
	line("What never asked is in no record, and not below.")
	if len(r.Grants) > 0 {
		line("\nGrants to narrow: %d", len(r.Grants))
	}
	for _, g := range r.Grants {
		if g.Whole {
			line("  %s of %s to %s: nothing of it was used; revoke it", g.ID, g.Clinic, g.Partner)
			continue
		}
		line("  %s of %s to %s: never used are%s%s", g.ID, g.Clinic, g.Partner, listed(" actions ", g.Actions), listed(" row types ", g.Resources))
	}
	if len(r.Keys) > 0 {
		line("\nKeys to narrow: %d", len(r.Keys))
	}
	for _, k := range r.Keys {
		line("  %s of %s: never used are %s", k.ID, k.Owner, strings.Join(k.Scopes, ", "))
	}
	for _, part := range []struct {
		heading string
		roles   []Role
	}{{"Rights that nobody used, in any clinic", r.Roles}, {"Rights that nobody used in a clinic", r.Clinics}} {
		if len(part.roles) > 0 {
			line("\n%s:", part.heading)
		}
		for _, role := range part.roles {
			where := ""
			if role.Clinic != "" {
				where = " in " + role.Clinic
			}
			line("  %s%s (%d who came):%s", role.Role, where, role.People, listed(" ", role.Unused))
		}
	}
	if p := r.Proposal; p != nil {
		line("\nProposed: %s with %d rights fewer; %d decisions made again with it, and none comes out otherwise.", p.File, p.Rights, p.Replayed)
		line("Its tests say the table a second time: change them too, and have it reviewed. --json has its text, --out writes it.")
	}
	_, err := io.WriteString(to, b.String())
	return err
}

func listed[T any](before string, list []T) string {
	if len(list) == 0 {
		return ""
	}
	texts := make([]string, len(list))
	for i, v := range list {
		texts[i] = fmt.Sprint(v)
	}
	return before + strings.Join(texts, ", ")
}

// with is files with one text replaced.
func with(files fs.FS, name string, text []byte) (fs.FS, error) {
	out := map[string][]byte{}
	err := fs.WalkDir(files, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		was, err := fs.ReadFile(files, path)
		out[path] = was
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading policies: %w", err)
	}
	// A schema may lie under the files without being listed.
	const schema = "schema/input.json"
	if was, err := fs.ReadFile(files, schema); err == nil {
		out[schema] = was
	}
	out[name] = text
	return bundle.FilesOf(out), nil
}
