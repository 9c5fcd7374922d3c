package rollout_test

import (
	"io/fs"
	"strings"
	"testing"
	"time"

	"github.com/voxanne/cascade/policy/rego"
	"github.com/voxanne/cascade/server/auth"
	"github.com/voxanne/cascade/server/stage"
)

// scene is a server with two people of security, and the clinic Sunrise with a
// viewer in it.
type scene struct {
	*stage.Stage
	author, second, viewer string // headers
}

func newScene(t *testing.T) *scene {
	t.Helper()
	s := stage.Prepare(t)
	s.Start(t)
	return &scene{
		Stage: s, author: person(t, s, "author"), second: person(t, s, "second"),
		viewer: stage.Bearer(s.Member(t, "viewer", "viewer", s.Clinic(t, "sunrise"))),
	}
}

// person is somebody of security, with a second factor.
func person(t *testing.T, s *stage.Stage, name string) string {
	t.Helper()
	s.Exec(t, `insert into users (id, issuer, subject, email, name, platform_kind) values ($1, $2, $3, $3 || '@example.test', $3, 'security')`,
		stage.NewID(), stage.IssuerName, name)
	return stage.Bearer(s.Token(t, name, func(r *auth.TokenRequest) { r.MFA = true }))
}

// beside starts another server on the same database.
func (s *scene) beside(t *testing.T) *scene {
	t.Helper()
	other := *s.Stage
	other.Ended, other.Log = make(chan error, 1), &stage.Log{}
	other.Start(t)
	return &scene{Stage: &other, author: s.author, second: s.second, viewer: s.viewer}
}

// candidate is the shipped policies with one text changed, as a proposal's files.
func candidate(t *testing.T, name, before, after string) []map[string]string {
	t.Helper()
	var files []map[string]string
	changed := false
	err := fs.WalkDir(rego.Files, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := rego.Files.ReadFile(path)
		was := string(text)
		if path == name {
			was = strings.Replace(was, before, after, 1)
			changed = was != string(text)
		}
		files = append(files, map[string]string{"name": path, "text": was})
		return err
	})
	if err != nil || !changed {
		t.Fatalf("%s was not changed: %v", name, err)
	}
	return files
}

// propose proposes files as the author and returns the id of the draft.
func (s *scene) propose(t *testing.T, files []map[string]string) string {
	t.Helper()
	var out struct {
		ProposePolicy struct{ PolicyRevision revision }
	}
	s.mutate(t, s.author, `mutation($in: ProposePolicyInput!) { proposePolicy(input: $in) { policyRevision { `+fields+` } } }`,
		map[string]any{"in": map[string]any{"files": files, "note": "T-1"}}, &out)
	if r := out.ProposePolicy.PolicyRevision; r.State != "DRAFT" {
		t.Fatalf("%+v", r)
	}
	return out.ProposePolicy.PolicyRevision.ID
}

type revision struct {
	ID, Revision, State, MovedWhy string
	Widens                        bool
	Percent                       int
	Report                        map[string]any
	Shadows                       []struct{ Compared, Differing int }
}

const fields = `id revision state movedWhy widens percent report shadows { compared differing }`

// mutate asks for something that must be done.
func (s *scene) mutate(t *testing.T, who, document string, variables map[string]any, into any) {
	t.Helper()
	answer := s.AskWith(t, document, variables, who)
	answer.Decode(t, into)
}

// step asks for a step and returns the message of its refusal, "" if it was taken.
func (s *scene) step(t *testing.T, who, call string) string {
	t.Helper()
	answer := s.Ask(t, `mutation { `+call+` { __typename } }`, who)
	if len(answer.Errors) > 0 {
		return answer.Errors[0].Message
	}
	return ""
}

// reviewed has a draft reviewed and returns it when it was.
func (s *scene) reviewed(t *testing.T, id string) revision {
	t.Helper()
	if why := s.step(t, s.author, `reviewPolicy(id: "`+id+`")`); why != "" {
		t.Fatal(why)
	}
	var r revision
	s.eventually(t, "the review ends", func() bool {
		r = s.read(t, id)
		return len(r.Report) > 0
	})
	return r
}

func (s *scene) read(t *testing.T, id string) revision {
	t.Helper()
	var out struct{ Node revision }
	s.AskWith(t, `query($id: ID!) { node(id: $id) { ...on PolicyRevision { `+fields+` } } }`, map[string]any{"id": id}, s.author).Decode(t, &out)
	return out.Node
}

// running is the revision that decides on this server.
func (s *scene) running(t *testing.T) (active, canary string) {
	t.Helper()
	var out struct {
		RunningPolicy struct{ Active, Canary string }
	}
	s.Ask(t, `{ runningPolicy { active canary } }`, s.author).Decode(t, &out)
	return out.RunningPolicy.Active, out.RunningPolicy.Canary
}

func (s *scene) eventually(t *testing.T, what string, hold func() bool) {
	t.Helper()
	deadline := time.After(5 * time.Minute)
	tick := time.NewTicker(250 * time.Millisecond)
	defer tick.Stop()
	for !hold() {
		select {
		case <-deadline:
			t.Fatalf("never: %s", what)
		case <-tick.C:
		}
	}
}
