package unused_test

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"iter"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/voxanne/cascade/policy"
	"github.com/voxanne/cascade/policy/opa"
	"github.com/voxanne/cascade/policy/rego"
	"github.com/voxanne/cascade/policy/review"
	"github.com/voxanne/cascade/policy/review/unused"
)

var (
	sunrise = uuid.MustParse("018f0000-0000-7000-8000-00000000000a")
	harbor  = uuid.MustParse("018f0000-0000-7000-8000-00000000000b")
	bridge  = uuid.MustParse("018f0000-0000-7000-8000-0000000000b1")
	noon    = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
)

func numbered(n int) uuid.UUID { return uuid.UUID{0: 1, 6: 0x70, 8: 0x80, 15: byte(n)} }

// scene is a small policy set of the shipped shape, and what was decided by it.
type scene struct {
	t       *testing.T
	files   fs.FS
	by      *opa.Generation
	records []review.Recorded
}

// small are tables that a test can list in full. The comment must stay.
const small = `package cascade.roles

rights := {
	"viewer": {"call": {"read"}},
	"staff": {
		"appointment": {"read", "create", "update"}, # the front desk
		"call": {"read"},
		"contact": {"delete"},
	},
	"admin": {"call": {"read"}},
	"owner": {
		"access_grant": {"read"},
		"call": {"read", "update"},
	},
}

rights_with_mfa := {"owner": {"access_grant": {"create"}}}

rights_if_shown := {"viewer": {"recording": {"read"}}}
`

func newScene(t *testing.T, edit func(string) string) *scene {
	t.Helper()
	files := fstest.MapFS{}
	err := fs.WalkDir(rego.Files, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || strings.HasSuffix(path, "_test.rego") {
			return err
		}
		text, err := rego.Files.ReadFile(path)
		files[path] = &fstest.MapFile{Data: text}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	shipped := string(files["cascade/roles.rego"].Data)
	files["cascade/roles.rego"].Data = []byte(edit(shipped))
	return &scene{t: t, files: files, by: compile(t, files)}
}

// tabled is the shipped roles with the small tables instead of theirs.
func tabled(shipped string) string {
	_, rest, found := strings.Cut(shipped, "# METADATA\n# title: Emergency")
	if !found {
		panic("the shipped roles have no table for an emergency")
	}
	return small + "\n# METADATA\n# title: Emergency" + rest
}

func compile(t *testing.T, files fs.FS) *opa.Generation {
	t.Helper()
	g, err := opa.Compile(t.Context(), files, opa.Config{Budget: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func (s *scene) ask(subject policy.Subject, a policy.Action, r policy.Resource, orgs ...uuid.UUID) {
	s.t.Helper()
	q := policy.Request{Subject: subject, Action: a, Resource: r, Orgs: orgs, Operation: "o", Now: noon.Add(time.Duration(len(s.records)) * time.Minute)}
	d := s.by.Decide(s.t.Context(), q)
	s.records = append(s.records, review.Recorded{
		ID: numbered(len(s.records)), At: q.Now, SubjectID: subject.ID, SubjectKind: subject.Kind, Action: a, Resource: r, AskedOrgIDs: orgs,
		OrgIDs: d.Orgs(), Wide: d.Wide(), Allow: d.Allowed(), Reason: d.Reason(), Masks: d.Masks(), Revision: d.Revision(), Input: d.Input(),
	})
}

func (s *scene) find() (unused.Report, error) {
	return unused.Find(s.t.Context(), unused.Config{
		Running: s.by, Files: s.files,
		Compile: func(ctx context.Context, files fs.FS) (*opa.Generation, error) {
			return opa.Compile(ctx, files, opa.Config{Budget: time.Minute})
		},
		Records: func(context.Context) (iter.Seq2[review.Recorded, error], error) {
			return func(yield func(review.Recorded, error) bool) {
				for _, r := range s.records {
					if !yield(r, nil) {
						return
					}
				}
			}, nil
		},
	})
}

func person(n int, role policy.Role, orgs ...uuid.UUID) policy.Subject {
	s := policy.Subject{ID: numbered(n), Kind: policy.Member, Credential: policy.Credential{Type: policy.JWT, MFA: true}}
	for _, org := range orgs {
		s.Memberships = append(s.Memberships, policy.Membership{OrgID: org, Role: role, Status: policy.OrgActive})
	}
	return s
}

// partner is a key of Bridge with scopes, and a grant of Sunrise.
func partner(key int, scopes []string, grant policy.Grant) policy.Subject {
	grant.OrgID, grant.PartnerID, grant.Starts, grant.Status = sunrise, bridge, noon.Add(-time.Hour), policy.OrgActive
	if grant.Expires.IsZero() {
		grant.Expires = noon.Add(24 * time.Hour)
	}
	return policy.Subject{
		ID: numbered(key), Kind: policy.Partner, OrgID: bridge, OrgStatus: policy.OrgActive, Grants: []policy.Grant{grant},
		Credential: policy.Credential{Type: policy.Key, Scopes: scopes},
	}
}

func names(rights []unused.Right) []string {
	var out []string
	for _, r := range rights {
		out = append(out, r.String())
	}
	return out
}

// Rights that somebody of the role used stay; of a role that nobody came with,
// nothing is said; and what was recorded comes out the same without the others.
func TestRightsThatNobodyUsed(t *testing.T) {
	t.Parallel()
	s := newScene(t, tabled)
	s.ask(person(1, policy.Staff, sunrise), policy.Read, policy.Call, sunrise)
	s.ask(person(1, policy.Staff, sunrise), policy.Delete, policy.Call, sunrise) // denied: no use
	s.ask(person(2, policy.Staff, harbor), policy.Create, policy.Appointment, harbor)
	s.ask(person(3, policy.Owner, sunrise), policy.Create, policy.AccessGrant, sunrise)
	s.ask(person(4, policy.Viewer, harbor), policy.Read, policy.Recording, harbor) // denied: not shown
	s.ask(person(4, policy.Viewer, harbor), policy.Read, policy.Call, harbor)
	got, err := s.find()
	if err != nil {
		t.Fatal(err)
	}
	type line struct {
		Role   policy.Role
		Org    uuid.UUID
		People int
		Unused []string
	}
	lines := func(roles []unused.Role) (out []line) {
		for _, r := range roles {
			out = append(out, line{r.Role, r.Org, r.People, names(r.Unused)})
		}
		return out
	}
	if diff := cmp.Diff([]line{
		{policy.Owner, uuid.Nil, 1, []string{"access_grant:read", "call:read", "call:update"}},
		{policy.Staff, uuid.Nil, 2, []string{"appointment:read", "appointment:update", "contact:delete"}},
		{policy.Viewer, uuid.Nil, 1, []string{"recording:read"}},
	}, lines(got.Roles)); diff != "" {
		t.Errorf("in all clinics (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]line{
		{policy.Owner, sunrise, 1, []string{"access_grant:read", "call:read", "call:update"}},
		{policy.Staff, sunrise, 1, []string{"appointment:create", "appointment:read", "appointment:update", "contact:delete"}},
		{policy.Staff, harbor, 1, []string{"appointment:read", "appointment:update", "call:read", "contact:delete"}},
		{policy.Viewer, harbor, 1, []string{"recording:read"}},
	}, lines(got.Clinics)); diff != "" {
		t.Errorf("in each clinic (-want +got):\n%s", diff)
	}
	const want = `package cascade.roles

rights := {
	"viewer": {"call": {"read"}},
	"staff": {
		"appointment": {"create"}, # the front desk
		"call": {"read"},
	},
	"admin": {"call": {"read"}},
	"owner": {},
}

rights_with_mfa := {"owner": {"access_grant": {"create"}}}

rights_if_shown := {"viewer": {}}
`
	if got.Proposal == nil || got.Proposal.Rights != 7 || got.Proposal.Replayed != int64(len(s.records)) {
		t.Fatalf("proposed is %+v", got.Proposal)
	}
	if tables, _, _ := strings.Cut(got.Proposal.Text, "\n# METADATA\n# title: Emergency"); tables != want {
		t.Errorf("proposed is (-want +got):\n%s", cmp.Diff(want, tables))
	}
}

// Of grants and keys is listed what nobody used of them while they are in force.
func TestGrantsAndKeys(t *testing.T) {
	t.Parallel()
	s := newScene(t, tabled)
	both := policy.Grant{ID: numbered(20), Actions: []policy.Action{policy.Read, policy.Update}, Resources: []policy.Resource{policy.Call, policy.Contact}}
	half := partner(10, []string{"call:read", "contact:read"}, both)
	s.ask(half, policy.Read, policy.Call, sunrise)
	s.ask(half, policy.Update, policy.Contact, sunrise) // denied: the key has no such scope
	none := both
	none.ID = numbered(21)
	s.ask(partner(11, []string{"agent:read"}, none), policy.Read, policy.Agent, sunrise) // denied
	whole := policy.Grant{ID: numbered(22), Actions: []policy.Action{policy.Read}, Resources: []policy.Resource{policy.Call}}
	s.ask(partner(12, []string{"call:read"}, whole), policy.Read, policy.Call, sunrise) // all of it used
	over, revoked := none, none
	over.ID, over.Expires = numbered(23), noon.Add(time.Minute)
	revoked.ID, revoked.Revoked = numbered(24), true
	s.ask(partner(12, []string{"call:read"}, over), policy.Read, policy.Call, sunrise)
	s.ask(partner(12, []string{"call:read"}, revoked), policy.Read, policy.Call, sunrise)
	got, err := s.find()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]unused.Grant{
		{
			ID: numbered(20), Org: sunrise, Partner: bridge, Clinic: sunrise.String(),
			Actions: []policy.Action{policy.Update}, Resources: []policy.Resource{policy.Contact},
		},
		{
			ID: numbered(21), Org: sunrise, Partner: bridge, Clinic: sunrise.String(), Whole: true,
			Actions: none.Actions, Resources: none.Resources,
		},
	}, got.Grants); diff != "" {
		t.Errorf("grants (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]unused.Key{
		{ID: numbered(10), Org: bridge, Owner: bridge.String(), Scopes: []string{"contact:read"}},
		{ID: numbered(11), Org: bridge, Owner: bridge.String(), Scopes: []string{"agent:read"}},
	}, got.Keys); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
	if got.Proposal != nil || len(got.Roles) > 0 {
		t.Errorf("something is said of roles that nobody came with: %+v", got.Roles)
	}
	var text bytes.Buffer
	if err := got.WriteText(&text); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"never used are actions update row types contact", "nothing of it was used; revoke it", "never used are contact:read"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("the text has no %q:\n%s", want, &text)
		}
	}
}

// The shipped tables are read and written whole, and can be proposed again.
func TestTheShippedTables(t *testing.T) {
	t.Parallel()
	s := newScene(t, func(shipped string) string { return shipped })
	for _, role := range policy.Roles() {
		s.ask(person(int(role[0]), role, sunrise), policy.Read, policy.Call, sunrise)
	}
	got, err := s.find()
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Roles) != 4 || got.Proposal == nil {
		t.Fatalf("%+v", got)
	}
	files := fstest.MapFS{}
	if err := fs.WalkDir(s.files, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := fs.ReadFile(s.files, path)
		files[path] = &fstest.MapFile{Data: text}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	files["cascade/roles.rego"] = &fstest.MapFile{Data: []byte(got.Proposal.Text)}
	again := &scene{t: t, files: files, by: compile(t, files), records: s.records}
	if tighter, err := again.find(); err != nil || len(tighter.Roles) > 0 || tighter.Proposal != nil {
		t.Errorf("proposed again: %+v, %v", tighter.Roles, err)
	}
	for _, role := range policy.Roles() {
		again.records = nil
		again.ask(person(1, role, sunrise), policy.Read, policy.Call, sunrise)
		again.ask(person(1, role, sunrise), policy.Read, policy.Contact, sunrise)
		if allowed := []bool{again.records[0].Allow, again.records[1].Allow}; !slices.Equal(allowed, []bool{true, false}) {
			t.Errorf("%s may %v", role, allowed)
		}
	}
}

// A proposal that breaks what is recorded is not made: records that tell of less
// than was decided.
func TestAProposalThatBreaks(t *testing.T) {
	t.Parallel()
	s := newScene(t, tabled)
	s.ask(person(1, policy.Staff, sunrise), policy.Read, policy.Call, sunrise)
	s.records[0].Allow, s.records[0].OrgIDs = false, nil // tampered with
	if _, err := s.find(); !errors.Is(err, unused.ErrBreaks) {
		t.Errorf("%v", err)
	}
	broken := newScene(t, tabled)
	broken.files = fstest.MapFS{"cascade/roles.rego": {Data: []byte("package cascade.roles\n\nrights := 1\n")}}
	if _, err := broken.find(); !errors.Is(err, unused.ErrTables) {
		t.Errorf("%v", err)
	}
}
