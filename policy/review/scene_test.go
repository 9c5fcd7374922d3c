package review_test

import (
	"io/fs"
	"iter"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/policy"
	"github.com/voxanne/cascade/policy/opa"
	"github.com/voxanne/cascade/policy/rego"
	"github.com/voxanne/cascade/policy/review"
)

// The people and places of the stories.
var (
	sunrise = uuid.MustParse("018f0000-0000-7000-8000-00000000000a")
	harbor  = uuid.MustParse("018f0000-0000-7000-8000-00000000000b")
	bridge  = uuid.MustParse("018f0000-0000-7000-8000-0000000000b1")
	noon    = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
)

// numbered is the nth id of anything.
func numbered(n int) uuid.UUID {
	return uuid.UUID{0: 1, 6: 0x70, 8: 0x80, 13: byte(n >> 16), 14: byte(n >> 8), 15: byte(n)}
}

func name(id uuid.UUID) string {
	return map[uuid.UUID]string{sunrise: "Sunrise Dental", harbor: "Harbor Skin", bridge: "Bridge EHR"}[id]
}

// edit replaces a text of one policy file by another.
type edit struct{ file, before, after string }

// shipped compiles the policies of the binary, edited.
func shipped(t testing.TB, edits ...edit) *opa.Generation {
	t.Helper()
	files := fstest.MapFS{}
	err := fs.WalkDir(rego.Files, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := fs.ReadFile(rego.Files, path)
		files[path] = &fstest.MapFile{Data: text}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range edits {
		before := string(files[e.file].Data)
		after := strings.Replace(before, e.before, e.after, 1)
		if after == before {
			t.Fatalf("%s has no %q", e.file, e.before)
		}
		files[e.file] = &fstest.MapFile{Data: []byte(after)}
	}
	return compile(t, files, time.Minute)
}

func compile(t testing.TB, files fs.FS, budget time.Duration) *opa.Generation {
	t.Helper()
	g, err := opa.Compile(t.Context(), files, opa.Config{Budget: budget})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// only compiles a policy of one rule.
func only(t testing.TB, rule string, budget time.Duration) *opa.Generation {
	t.Helper()
	schema, err := fs.ReadFile(rego.Files, "schema/input.json")
	if err != nil {
		t.Fatal(err)
	}
	return compile(t, fstest.MapFS{
		"schema/input.json":   {Data: schema},
		"cascade/access.rego": {Data: []byte("package cascade.access\n" + rule)},
	}, budget)
}

// log records decisions as the audit does.
type log struct {
	t       testing.TB
	by      *opa.Generation
	records []review.Recorded
}

// ask has q decided and recorded, n minutes after noon for the nth; its id is n.
func (l *log) ask(q policy.Request) {
	l.t.Helper()
	n := len(l.records)
	q.Now = noon.Add(time.Duration(n) * time.Minute)
	d := l.by.Decide(l.t.Context(), q)
	l.records = append(l.records, review.Recorded{
		ID: numbered(n), At: q.Now, SubjectID: q.Subject.ID, SubjectKind: q.Subject.Kind,
		Action: q.Action, Resource: q.Resource, Operation: q.Operation, AskedOrgIDs: q.Orgs,
		OrgIDs: d.Orgs(), Wide: d.Wide(), Allow: d.Allowed(), Reason: d.Reason(), Masks: d.Masks(),
		Revision: d.Revision(), Input: d.Input(),
	})
}

func (l *log) all() iter.Seq2[review.Recorded, error] { return each(l.records) }

func each(records []review.Recorded) iter.Seq2[review.Recorded, error] {
	return func(yield func(review.Recorded, error) bool) {
		for _, r := range records {
			if !yield(r, nil) {
				return
			}
		}
	}
}

// member asks to read r in orgs, as one who has the role in each.
func member(n int, role policy.Role, r policy.Resource, orgs ...uuid.UUID) policy.Request {
	s := policy.Subject{ID: numbered(n), Kind: policy.Member, Credential: policy.Credential{Type: policy.JWT}}
	for _, org := range orgs {
		s.Memberships = append(s.Memberships, policy.Membership{OrgID: org, Role: role, Status: policy.OrgActive})
	}
	return policy.Request{Subject: s, Action: policy.Read, Resource: r, Orgs: orgs, Operation: "Story"}
}

// partner asks to read r in org with a key of Bridge's that may read it and a
// grant for calls.
func partner(key int, r policy.Resource, org uuid.UUID) policy.Request {
	return policy.Request{
		Subject: policy.Subject{
			ID: numbered(key), Kind: policy.Partner, OrgID: bridge, OrgStatus: policy.OrgActive,
			Credential: policy.Credential{Type: policy.Key, Scopes: []string{string(r) + ":read"}},
			Grants: []policy.Grant{{
				ID: numbered(900), OrgID: org, PartnerID: bridge, Status: policy.OrgActive,
				Actions: []policy.Action{policy.Read}, Resources: []policy.Resource{policy.Call},
				Masks:  map[policy.Resource][]string{policy.Call: {"transcript"}},
				Starts: noon.Add(-time.Hour), Expires: noon.Add(1000 * time.Hour),
			}},
		},
		Action: policy.Read, Resource: r, Orgs: []uuid.UUID{org}, Operation: "Story",
	}
}

func replay(t testing.TB, c review.ReplayConfig) review.Report {
	t.Helper()
	report, err := review.Replay(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return report
}
