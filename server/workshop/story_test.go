package workshop_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/voxanne/cascade/policy"
	"github.com/voxanne/cascade/policy/review/lattice"
	"github.com/voxanne/cascade/server/auth"
	"github.com/voxanne/cascade/server/stage"
	"github.com/voxanne/cascade/server/workshop"
)

// teller tells the story of docs/policy.md to a server of its own.
type teller struct {
	*stage.Stage
	data string // as a development server's, with dev.json in it
}

func newTeller(t *testing.T) *teller {
	t.Helper()
	s := stage.Prepare(t)
	// What the change is about; what a review finds in all of it is told elsewhere.
	s.Deps.Lattice = lattice.Lattice{
		Kinds: []policy.Kind{policy.Member}, Actions: []policy.Action{policy.Read}, Resources: []policy.Resource{"recording_queue"},
	}
	s.Start(t)
	var platform []map[string]string
	for _, name := range []string{"security.second", "security"} {
		s.Exec(t, `insert into users (id, issuer, subject, email, name, platform_kind) values ($1, $2, $3, $3 || '@cascade.test', $3, 'security')`,
			stage.NewID(), stage.IssuerName, name)
		platform = append(platform, map[string]string{
			"email": name + "@cascade.test", "kind": "security", "token": s.Token(t, name, func(r *auth.TokenRequest) { r.MFA = true }),
		})
	}
	text, err := json.Marshal(map[string]any{"graphql": s.URL + "/graphql", "platform": platform})
	if err != nil {
		t.Fatal(err)
	}
	tell := &teller{s, t.TempDir()}
	if err := os.WriteFile(filepath.Join(tell.data, "dev.json"), text, 0o600); err != nil {
		t.Fatal(err)
	}
	return tell
}

// policy is one line of the story: it ends with code and says each of want, and
// no token.
func (s *teller) policy(t *testing.T, code int, want []string, args ...string) string {
	t.Helper()
	var out bytes.Buffer
	cmd := workshop.Command(workshop.Config{Out: &out, Err: &out, Now: time.Now, Dir: s.data})
	cmd.SetArgs(args)
	err := cmd.ExecuteContext(t.Context())
	if err != nil {
		out.WriteString(err.Error())
	}
	said := out.String()
	if got := workshop.ExitCode(err); got != code {
		t.Fatalf("policy %s ended with %d and not %d:\n%s", strings.Join(args, " "), got, code, said)
	}
	for _, w := range want {
		if !strings.Contains(said, w) {
			t.Fatalf("policy %s says no %q:\n%s", strings.Join(args, " "), w, said)
		}
	}
	if strings.Contains(said, "eyJ") {
		t.Errorf("policy %s prints a token:\n%s", strings.Join(args, " "), said)
	}
	return said
}

// there is policy, asked of the server as the author, or as who is named last.
func (s *teller) there(t *testing.T, code int, want []string, args ...string) string {
	t.Helper()
	return s.policy(t, code, want, append(args, "--data", s.data)...)
}

// The story of docs/policy.md: a rule is changed, its own test says so, it is
// stopped because it widens, approved, asked beside what runs, tried, active, and
// rolled back.
func TestTheStoryInTheDocsHolds(t *testing.T) {
	t.Parallel()
	s := newTeller(t)
	viewer := stage.Bearer(s.Member(t, "viewer", "viewer", s.Clinic(t, "sunrise")))
	sees := func(want bool) bool {
		answer := s.Ask(t, `{ recordingUploads { totalCount } }`, viewer)
		if len(answer.Errors) > 0 && !answer.Is("FORBIDDEN", "role_lacks_right") {
			t.Fatal(answer.Body)
		}
		return (len(answer.Errors) == 0) == want
	}
	first := strings.Fields(s.there(t, 0, []string{"no policy is on its way"}, "status"))[1]

	// Change a rule. The table of rights is written a second time, beside it.
	rule := replacing(`"phone_number": {"read"},`, `"phone_number": {"read"}, "recording_queue": {"read"},`)
	dir := candidate(t, map[string]func(string) string{"cascade/roles.rego": rule})
	s.policy(t, 1, []string{"test_matrix", "viewer"}, "test", dir)
	dir = candidate(t, map[string]func(string) string{
		"cascade/roles.rego":      rule,
		"cascade/roles_test.rego": replacing("recording_queue      -  ", "recording_queue      r  "),
	})
	s.policy(t, 0, []string{"20 of 20 tests passed"}, "test", dir)
	s.policy(t, 1, []string{"viewers may now read recording queues of their own organization"},
		"widen", dir, "--kind", "member", "--resource", "recording_queue")

	// Propose and review it.
	said := s.there(t, 0, []string{", a draft", "next      policy review"}, "propose", dir, "--note", "T-71")
	revision := strings.TrimSuffix(strings.Fields(said)[1], ",")
	short := revision[:6]
	s.there(t, 1, []string{"no way there"}, "shadow", short)
	s.there(t, 1, []string{
		"passed, and WIDENS access", "viewers may now read recording queues of their own organization", "20 of 20 passed",
		"mutants: ", "(100 %)", "needs a second person", "next: policy approve " + revision,
	}, "review", short)

	// The gate.
	s.there(t, 1, []string{"somebody other than its author has to approve it first"}, "activate", short)
	s.there(t, 1, []string{"ask a second person"}, "approve", short, "--note", "mine")
	s.there(t, 0, []string{revision + " is reviewed", "next: policy shadow"}, "approve", short, "--note", "agreed", "--as", "security.second@cascade.test")

	// Shadow: it is asked, and decides nothing.
	s.there(t, 0, []string{revision + " is shadow"}, "shadow", short)
	s.eventually(t, "the shadow differs", func() bool {
		if !sees(false) {
			t.Fatal("a shadow decided")
		}
		return strings.Contains(s.there(t, 0, nil, "status"), "member: read of recording_queue: deny role_lacks_right -> allow clinic_role")
	})

	// Canary, then everywhere.
	s.there(t, 0, []string{"is canary, 100 % of the clinics"}, "canary", short, "--percent", "100")
	s.eventually(t, "the canary decides", func() bool { return sees(true) })
	s.there(t, 0, []string{"is active"}, "activate", short)
	s.eventually(t, "it is active", func() bool {
		return strings.HasPrefix(s.there(t, 0, nil, "status"), "active  "+revision) && sees(true)
	})
	s.there(t, 0, []string{"approved by", "agreed", "against      " + first, "WIDENS access"}, "show", revision)

	// And back.
	s.there(t, 0, []string{"rolled back"}, "rollback", "--why", "viewers saw too much")
	s.eventually(t, "what ran before runs again", func() bool {
		return strings.HasPrefix(s.there(t, 0, nil, "status"), "active  "+first) && sees(false)
	})
	s.there(t, 0, []string{"retired", "T-71"}, "status", "--all")
	s.there(t, 0, []string{"why          viewers saw too much"}, "show", short)
}

// What cannot be asked ends with 2, and what the server refuses with 1.
func TestAServerThatCannotBeAsked(t *testing.T) {
	t.Parallel()
	s := newTeller(t)
	token := filepath.Join(s.data, "token")
	if err := os.WriteFile(token, []byte("nobody"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, line := range []struct {
		code int
		want string
		args []string
	}{
		{2, "which server?", []string{"status"}},
		{2, "who asks?", []string{"status", "--url", s.URL}},
		{2, "reading the token", []string{"status", "--url", s.URL, "--token-file", token + "s"}},
		{1, "token", []string{"status", "--url", s.URL, "--token-file", token}},
		{2, "asking the server", []string{"status", "--url", "http://127.0.0.1:1", "--token-file", token}},
		{2, "there are security.second@cascade.test, security@cascade.test", []string{"status", "--data", s.data, "--as", "x@cascade.test"}},
		{2, "start it first", []string{"status", "--data", token}},
		{1, `begins with "abc"`, []string{"approve", "abc", "--data", s.data}},
		{2, "no such folder", []string{"propose", token + "s", "--note", "T", "--data", s.data}},
		{1, "nothing to go back from", []string{"rollback", "--why", "T", "--data", s.data}},
		{2, `required flag(s) "percent"`, []string{"canary", "abc", "--data", s.data}},
	} {
		s.policy(t, line.code, []string{line.want}, line.args...)
	}
}

func (s *teller) eventually(t *testing.T, what string, hold func() bool) {
	t.Helper()
	deadline := time.After(2 * time.Minute)
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for !hold() {
		select {
		case <-deadline:
			t.Fatalf("never: %s", what)
		case <-tick.C:
		}
	}
}
