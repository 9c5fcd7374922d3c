package workshop_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"github.com/voxanne/cascade/policy/rego"
	"github.com/voxanne/cascade/server/workshop"
)

// run is `cascade policy args`: what it printed, and the code that the program
// ends with.
func run(t *testing.T, args ...string) (out, said string, code int) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd := workshop.Command(workshop.Config{Out: &stdout, Err: &stderr, Now: time.Now, Dir: t.TempDir()})
	cmd.SetArgs(args)
	err := cmd.ExecuteContext(t.Context())
	if err != nil {
		stderr.WriteString(err.Error())
	}
	return stdout.String(), stderr.String(), workshop.ExitCode(err)
}

// candidate is the shipped policy set in a folder, with some files otherwise.
func candidate(t *testing.T, changes map[string]func(string) string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, rego.Files); err != nil {
		t.Fatal(err)
	}
	for name, change := range changes {
		path := filepath.Join(dir, name)
		text, err := os.ReadFile(path)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
		if err := os.Chmod(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.RemoveAll(path); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(change(string(text))), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func replacing(before, after string) func(string) string {
	return func(text string) string { return strings.Replace(text, before, after, 1) }
}

func text(all string) func(string) string { return func(string) string { return all } }

// A story: an engineer breaks a rule in several ways, and each command says so at
// the line.
func TestAnEngineerChangesARule(t *testing.T) {
	t.Parallel()
	dir := candidate(t, map[string]func(string) string{
		"cascade/support.rego": replacing("session.ended == false", "not session.ended"),
		"cascade/roles.rego":   replacing(`"recording": {"read", "create"}`, `"transcipt": {"read"},`+"\n"+`"recording": {"read", "create"}`),
		"cascade/system.rego":  replacing("input.subject.org_id", "input.subject.orgid"),
	})
	for _, step := range []struct {
		args []string
		code int
		want []string // in what is printed
	}{
		{[]string{"fmt"}, 1, []string{"cascade/roles.rego\n"}},
		{[]string{"fmt", "--diff"}, 1, []string{"--- " + dir + "/cascade/roles.rego", "\n-\"recording\"", "\n+\t\t\"recording\""}},
		{[]string{"fmt", "--write"}, 0, []string{"cascade/roles.rego\n"}},
		{[]string{"fmt"}, 0, nil},
		{[]string{"check"}, 1, []string{
			dir + `/cascade/roles.rego:38:3: "transcipt" is no row type of Cascade [unknown-word]`,
			dir + "/cascade/system.rego:15:9: undefined ref: input.subject.orgid",
			"[compile-error]\n    org == input.subject.orgid\n",
		}},
		{[]string{"lint"}, 1, []string{dir + `/cascade/support.rego:32:2: "not session.ended" holds when a field is missing`}},
		{[]string{"test"}, 2, nil},
	} {
		out, said, code := run(t, append(step.args, dir)...)
		if code != step.code {
			t.Errorf("%v ends with %d, want %d: %s%s", step.args, code, step.code, out, said)
		}
		for _, want := range step.want {
			if !strings.Contains(out, want) {
				t.Errorf("%v prints\n%s\nwithout %q", step.args, out, want)
			}
		}
	}
	if _, said, _ := run(t, "test", dir); !strings.Contains(said, dir+"/cascade/system.rego:15:9") {
		t.Errorf("test says %q", said)
	}
}

func TestTheProgramsOwnPoliciesAreFine(t *testing.T) {
	t.Parallel()
	for _, command := range []string{"fmt", "check", "lint", "test"} {
		out, said, code := run(t, command)
		if code != 0 {
			t.Errorf("%s ends with %d: %s%s", command, code, out, said)
		}
		if command == "lint" && strings.Count(said, "\n") != 1 && !strings.Contains(said, "Regal was not run") && said != "" {
			t.Errorf("lint says %q of Regal", said)
		}
	}
}

// small is a policy set of one rule, with the test that it is given.
func small(t *testing.T, test string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"access.rego": `# METADATA
# title: Access
# description: The least that there is.
# custom:
#   reasons:
#     yes: It is so.
#     no: It is not.
package cascade.access

decision := {"allow": true, "reason": "yes"} if {
	input.action == "read"
} else := {"allow": false, "reason": "no"}
`,
		"access_test.rego": "package cascade.access_test\n\nimport data.cascade.access\n\n" + test,
	} {
		if err := os.MkdirAll(filepath.Join(dir, "cascade"), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "cascade", name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

const (
	reads  = "test_read if access.decision.allow with input as {\"action\": \"read\"}\n"
	writes = "test_write if not access.decision.allow with input as {\"action\": \"create\"}\n"
	wrong  = "test_wrong if access.decision.allow with input as {\"action\": \"create\"}\n"
)

// A test that does not hold ends with 1, and so does a line or a reason that no
// test reaches.
func TestTheEndOfTest(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		test string
		args []string
		code int
		want string
	}{
		{reads + writes, nil, 0, "2 of 2 tests passed"},
		{reads + writes, []string{"-v"}, 0, "--- PASS: cascade.access_test.test_read"},
		{reads + wrong, nil, 1, "access_test.rego:6: access.decision.allow"},
		{reads + wrong, []string{"--run", "read"}, 0, "1 of 1 tests passed"},
		{reads + wrong, []string{"--run", "absent"}, 1, "no tests ran"},
		{reads, nil, 1, "access.rego:12-12: no test gets there"},
		{reads, []string{"--threshold", "20"}, 1, `no test is answered "no"`},
		{reads + writes, []string{"--threshold", "101"}, 2, ""},
		{"x := access.decision\n", nil, 1, "no tests ran"},
	} {
		out, said, code := run(t, append(append([]string{"test"}, c.args...), small(t, c.test))...)
		if code != c.code || !strings.Contains(out, c.want) {
			t.Errorf("%q with %q ends with %d, want %d with %q:\n%s%s", c.args, c.test, code, c.code, c.want, out, said)
		}
	}
	var report struct{ Tests []struct{ Outcome string } }
	dir := small(t, reads+wrong)
	if out, _, code := run(t, "test", "--json", dir); code != 1 || json.Unmarshal([]byte(out), &report) != nil || len(report.Tests) != 2 {
		t.Errorf("--json ends with %d: %.200s", code, out)
	}
	var suites struct {
		XMLName  xml.Name `xml:"testsuites"`
		Failures int      `xml:"failures,attr"`
	}
	if out, _, code := run(t, "test", "--junit", dir); code != 1 || xml.Unmarshal([]byte(out), &suites) != nil || suites.Failures < 1 {
		t.Errorf("--junit ends with %d: %.200s", code, out)
	}
}

func TestFormatsOfFindings(t *testing.T) {
	t.Parallel()
	dir := candidate(t, map[string]func(string) string{"cascade/system.rego": replacing("org_status == ", "org_status != ")})
	var all []struct{ File, Rule string }
	if out, _, code := run(t, "lint", "--json", dir); code != 1 || json.Unmarshal([]byte(out), &all) != nil || len(all) == 0 || all[0].Rule != "deny-list" {
		t.Errorf("--json ends with %d: %s", code, out)
	}
	var log struct {
		Version string
		Runs    []struct{ Results []struct{ RuleID string } }
	}
	if out, _, code := run(t, "lint", "--sarif", dir); code != 1 || json.Unmarshal([]byte(out), &log) != nil || log.Version != "2.1.0" || len(log.Runs[0].Results) == 0 {
		t.Errorf("--sarif ends with %d: %s", code, out)
	}
	if out, _, code := run(t, "lint", "--list"); code != 0 || !strings.Contains(out, "not-optional: ") {
		t.Errorf("--list ends with %d: %s", code, out)
	}
}

// What cannot be done ends with 2; what was found, with 1; each says in a line why.
func TestBadInput(t *testing.T) {
	t.Parallel()
	nothing := t.TempDir()
	unparsed := candidate(t, map[string]func(string) string{"cascade/system.rego": text("package cascade.system\n\norgs := ]\n")})
	v0 := candidate(t, map[string]func(string) string{"cascade/system.rego": text("package cascade.system\n\nallow { input.action == \"read\" }\n")})
	large := candidate(t, map[string]func(string) string{"cascade/large.rego": text("package cascade.large\n" + strings.Repeat("# filled up\n", 200_000))})
	dangling := candidate(t, nil)
	if err := os.Symlink(filepath.Join(nothing, "gone"), filepath.Join(dangling, "cascade", "gone.rego")); err != nil {
		t.Fatal(err)
	}
	schema := candidate(t, map[string]func(string) string{"schema/input.json": text("{")})
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"frob"}, 2, "frob is no command of policy"},
		{[]string{"lint", "--frob"}, 2, "unknown flag"},
		{[]string{"lint", "a", "b"}, 2, "accepts at most 1 arg"},
		{[]string{"lint", "--json", "--sarif"}, 2, "none of the others can be"},
		{[]string{"fmt", "--write"}, 2, "--write needs a folder"},
		{[]string{"test", "--run", "("}, 2, "--run: "},
		{[]string{"check", filepath.Join(nothing, "gone")}, 2, "no such folder"},
		{[]string{"check", nothing}, 2, "no policies in it"},
		{[]string{"check", unparsed}, 1, "/cascade/system.rego:3:9: "},
		{[]string{"lint", unparsed}, 1, "[parse-error]\n    orgs := ]"},
		{[]string{"fmt", unparsed}, 2, "/cascade/system.rego:3:9: "},
		{[]string{"test", unparsed}, 2, "/cascade/system.rego:3:9: "},
		{[]string{"check", v0}, 1, "this is Rego v0"},
		{[]string{"fmt", v0}, 2, "this is Rego v0"},
		{[]string{"check", large}, 2, "cascade/large.rego: policies are larger than 1048576 bytes"},
		{[]string{"lint", large}, 2, "cascade/large.rego: policies are larger than 1048576 bytes"},
		{[]string{"check", dangling}, 2, "cascade/gone.rego: no such file"},
		{[]string{"check", schema}, 2, "reading the input schema"},
		{[]string{"lint", "--regal", "/bin/false", candidate(t, nil)}, 2, "running /bin/false"},
	} {
		out, said, code := run(t, c.args...)
		if code != c.code || !strings.Contains(out+said, c.want) {
			t.Errorf("%q ends with %d, want %d with %q:\n%s%s", c.args, code, c.code, c.want, out, said)
		}
		if c.code == 2 && strings.Count(said, "\n") > 1 && !strings.Contains(c.want, "/cascade/") && !strings.Contains(c.want, "v0") {
			t.Errorf("%q says more than a line: %s", c.args, said)
		}
	}
}

// Every command teaches: what it is for, a line to paste, and what its end means.
func TestHelpTeaches(t *testing.T) {
	t.Parallel()
	var each func(cmd *cobra.Command)
	each = func(cmd *cobra.Command) {
		if cmd.Long == "" || cmd.Short == "" || !strings.Contains(cmd.Example, "cascade policy ") {
			t.Errorf("%s: --help does not say what it is for, with an example", cmd.CommandPath())
		}
		if !strings.Contains(cmd.Long, " 0 ") || !strings.Contains(cmd.Long, "2 ") {
			t.Errorf("%s: --help does not say what it ends with", cmd.CommandPath())
		}
		for _, sub := range cmd.Commands() {
			each(sub)
		}
	}
	each(workshop.Command(workshop.Config{}))
	out, _, code := run(t)
	if code != 0 || !strings.Contains(out, "cascade policy lint") {
		t.Errorf("policy alone ends with %d: %s", code, out)
	}
}
