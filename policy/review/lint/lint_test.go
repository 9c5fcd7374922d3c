package lint_test

import (
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/voxanne/cascade/policy/rego"
	"github.com/voxanne/cascade/policy/review/lint"
)

// The shipped policies are as the rules want them, and nothing is turned off.
func TestShippedPoliciesAreClean(t *testing.T) {
	t.Parallel()
	all, err := lint.Run(t.Context(), rego.Files)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range all {
		t.Error(f)
	}
}

// A planted fault is a change of one shipped policy: old is replaced by new, which
// lint must find as rule, at the line of new that holds mark, and nothing else.
type planted struct {
	file, old, new string
	rule, mark     string
}

var faults = map[string]planted{
	"not on a field of the input": {
		"system", "org == input.subject.org_id", "org == input.subject.org_id\n\tnot input.subject.suspended",
		"not-optional", "not input.subject.suspended",
	},
	"not on a field of a row": {
		"partner", "grant.revoked == false", "not grant.revoked", "not-optional", "not grant.revoked",
	},
	"not on a comparison": {
		"partner", `grant.status == "active"`, `not grant.status == "closed"`, "not-optional", "not grant.status",
	},
	"not on a membership": {
		"partner", "lists(grant)\n}", "not input.action in grant.forbidden\n}", "not-optional", "not input.action in",
	},
	"not on a rule that may be undefined": {
		"support", "has_right\n\tsome", "not barred\n\tsome", "not-optional", "not barred",
	},
	"not on a function": {
		"support", "may(org)\n]", "may(org)\n\tnot barred_from(org)\n]", "not-optional", "not barred_from(org)",
	},
	"not in a comprehension": {
		"system", "org == input.subject.org_id", "org in {o | some o in input.orgs; not input.closed[o]}",
		"not-optional", "not input.closed[o]",
	},
	"not in every": {
		"partner", "may(org) if {\n\torg ==", "may(org) if {\n\tinput.subject.grants[org] != []\n\tevery g in input.subject.grants[org] {\n\t\tnot g.revoked\n\t}\n\torg ==",
		"not-optional", "not g.revoked",
	},
	"no violations": {
		"support", "has_right\n\tsome", "count(violations) == 0\n\tsome", "empty-means-yes", "count(violations) == 0",
	},
	"an empty comprehension": {
		"system", "some org in input.orgs", "some org in input.orgs\n\t[b | some b in input.subject.blocks; b == org] == []",
		"empty-means-yes", "== []",
	},
	"an empty comprehension with a name": {
		"system", "some org in input.orgs", "some org in input.orgs\n\tblocks := {b | some b in input.subject.blocks}\n\tblocks == set()",
		"empty-means-yes", "blocks == set()",
	},
	"nothing missing": {
		"system", "some org in input.orgs", "some org in input.orgs\n\tmissing := {\"read\"} - input.subject.needs\n\tcount(missing) < 1",
		"empty-means-yes", "count(missing) < 1",
	},
	"every of nothing": {
		"system", "some org in input.orgs", "some org in input.orgs\n\tevery s in input.subject.scopes {\n\t\ts == \"call:read\"\n\t}",
		"empty-means-yes", "every s in",
	},
	"a list of what may not pass": {
		"system", `input.subject.org_status == "active"`, `input.subject.org_status != "suspended"`, "deny-list", "!=",
	},
	"a default for what is missing": {
		"partner", "grant.revoked == false", `object.get(grant, "revoked", false) == false`, "default-answers", "object.get",
	},
	"a default of true": {
		"platform", "has_right if input.action", "default has_right := true\n\nhas_right if input.action", "unconditional", "default has_right",
	},
	"true without a condition": {
		"support", "may(org) if {", "may(_) := true\n\nmay(org) if {", "unconditional", "may(_) := true",
	},
	"an answer that allows without a condition": {
		"access", "} else := {\n\t\"allow\": false,", "} else := {\n\t\"allow\": input.ok,", "unconditional", "} else := {",
	},
	"some in a table": {
		"support", "some session in", "some _ in roles.emergency\n\tsome session in", "data-scan", "some _ in roles.emergency",
	},
	"a wildcard in a table": {
		"support", "has_right if input.action in roles.emergency[input.resource]", "has_right if input.action in roles.emergency[_]",
		"data-scan", "roles.emergency[_]",
	},
	"an unbound name in a table": {
		"support", "has_right if input.action in roles.emergency[input.resource]",
		"has_right if {\n\tsome r\n\tinput.action in roles.emergency[r]\n}", "data-scan", "roles.emergency[r]",
	},
	"every in a table": {
		"support", "some session in", "every a in roles.emergency {\n\t\ta != set()\n\t}\n\tsome session in", "data-scan", "every a in roles",
	},
	"a rule that is misspelt": {
		"system", "org == input.subject.org_id", "org == input.subject.org_id\n\tdata.cascade.roels.rights[org]", "unknown-data", "roels",
	},
	"a test's table": {
		"system", "org == input.subject.org_id", "org == data.cascade.facts_test.sunrise", "unknown-data", "facts_test",
	},
	"a call to the network": {
		"system", "some org in input.orgs", "some org in input.orgs\n\thttp.send({\"method\": \"get\", \"url\": org}).status_code == 200",
		"forbidden-call", "http.send",
	},
	"the clock": {
		"support", "session.starts <= input.now", "session.starts <= time.now_ns()", "forbidden-call", "time.now_ns",
	},
	"a print left in": {
		"system", "some org in input.orgs", "some org in input.orgs\n\tprint(org)", "forbidden-call", "print(org)",
	},
	"with in a policy": {
		"support", "has_right\n\tsome", "has_right with input.action as \"read\"\n\tsome", "forbidden-call", "with input.action",
	},
	"a rule without METADATA": {
		"system", "# METADATA\n# title: Orgs", "own := input.subject.org_id\n\n# METADATA\n# title: Orgs", "metadata", "own := input",
	},
	"METADATA without a description": {
		"system", "# METADATA\n# title: Orgs\n# description: Its own clinic, and nothing that its task does not name.",
		"# METADATA\n# title: Orgs", "metadata", "# METADATA",
	},
	"a reason that is not declared": {
		"member", `else := "role_lacks_right"`, `else := "role_lacks_right" if input.orgs == [] else := "stranger"`, "reason-codes", `"stranger"`,
	},
	"a reason that is put together": {
		"member", `else := "role_lacks_right"`, `else := sprintf("role_%s", [org])`, "reason-codes", "sprintf",
	},
	"a reason that came with the question": {
		"platform", `why_not := "mfa_required" if has_right`, `why_not := "mfa_required" if has_right else := input.operation`, "reason-codes", "else := input.operation",
	},
	"a reason that nobody gives": {
		"access", "#     unknown_kind:", "#     retired: It was given once.\n#     unknown_kind:", "reason-codes", "#     retired:",
	},
	"a reason without a sentence": {
		"access", "unknown_kind: Nobody of this kind is known.", "unknown_kind: nobody", "reason-codes", "unknown_kind: nobody",
	},
	"a row type that is misspelt": {
		"roles", `"recording": {"read", "create"}`, `"recodring": {"read", "create"}`, "unknown-word", `"recodring"`,
	},
	"an action that is misspelt": {
		"roles", `"recording": {"read", "create"}`, `"recording": {"raed", "create"}`, "unknown-word", `"raed"`,
	},
	"a role that is misspelt": {
		"roles", `"staff": {`, `"stuff": {`, "unknown-word", `"stuff"`,
	},
	"a kind that is misspelt": {
		"access", `input.subject.kind == "support"`, `input.subject.kind == "helper"`, "unknown-word", `"helper"`,
	},
	"a status that is misspelt": {
		"member", `membership.status == "active"`, `membership.status == "actve"`, "unknown-word", `"actve"`,
	},
	"an action in a grant": {
		"partner", "input.action in grant.actions", `"raed" in grant.actions`, "unknown-word", `"raed"`,
	},
	"a field that cannot be hidden": {
		"member", `"structured_data", "transcript"`, `"structured_data", "transcipt"`, "unknown-word", `"transcipt"`,
	},
	"a mask of no row type": {
		"partner", "masks := {input.resource: fields}", `masks := {"cal": fields, input.resource: fields}`, "unknown-word", `"cal":`,
	},
}

// What some faults need beside them.
var beside = map[string]string{"support": `
# METADATA
# title: Barred
# description: A rule that is undefined without its field.
barred if input.subject.barred

# METADATA
# title: Barred from
# description: A function that is.
barred_from(org) if org in input.subject.barred_orgs

# METADATA
# title: Violations
# description: What is wrong.
violations contains "barred" if input.subject.barred
`}

// plant makes the change in files, if there is still what it changes and what
// was planted before stays.
func (p planted) plant(files fstest.MapFS, before ...string) bool {
	text := string(files[p.name()].Data)
	changed := strings.Replace(text, p.old, p.new, 1)
	if changed == text {
		return false
	}
	for _, name := range before {
		if other := faults[name]; other.file == p.file && !strings.Contains(changed, other.new) {
			return false
		}
	}
	files[p.name()] = &fstest.MapFile{Data: []byte(changed)}
	return true
}

func (p planted) name() string { return "cascade/" + p.file + ".rego" }

// found is where the fault must be found.
func (p planted) found(t *testing.T, files fstest.MapFS) string {
	t.Helper()
	text := string(files[p.name()].Data)
	start, within := strings.Index(text, p.new), strings.Index(p.new, p.mark)
	if start < 0 || within < 0 {
		t.Fatalf("%q is not in %s any more: another fault took its place", p.new, p.name())
	}
	return fmt.Sprintf("%s:%d: %s", p.name(), strings.Count(text[:start+within], "\n")+1, p.rule)
}

// Many faults are planted at once, as many as do not get into each other's way:
// all of them are found, each by its own rule at its own line, and nothing else.
func TestEachRuleFindsItsFault(t *testing.T) {
	t.Parallel()
	rules, err := lint.Rules()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rules {
		if !slices.ContainsFunc(slices.Collect(maps.Values(faults)), func(p planted) bool { return p.rule == r.ID }) {
			t.Errorf("no fault is planted for %s", r.ID)
		}
	}
	left := slices.Sorted(maps.Keys(faults))
	for len(left) > 0 {
		files := shipped(t)
		for file, text := range beside {
			name := planted{file: file}.name()
			files[name] = &fstest.MapFile{Data: append(files[name].Data, text...)}
		}
		var batch []string
		left = slices.DeleteFunc(left, func(name string) bool {
			done := faults[name].plant(files, batch...)
			if done {
				batch = append(batch, name)
			}
			return done
		})
		if len(batch) == 0 {
			t.Fatalf("the policies hold nothing that could be changed for %q", left)
		}
		t.Run(strings.Join(batch, ", "), func(t *testing.T) {
			t.Parallel()
			var want, got []string
			for _, name := range batch {
				want = append(want, faults[name].found(t, files))
			}
			all, err := lint.Run(t.Context(), files)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range all {
				got = append(got, fmt.Sprintf("%s:%d: %s", f.File, f.Line, f.Rule))
			}
			slices.Sort(want)
			slices.Sort(got)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("planted (-) and found (+):\n%s", diff)
			}
		})
	}
}

func shipped(t *testing.T) fstest.MapFS {
	t.Helper()
	files := fstest.MapFS{}
	err := fs.WalkDir(rego.Files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := fs.ReadFile(rego.Files, name)
		files[name] = &fstest.MapFile{Data: text}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// What looks like a fault and is none: the rules tell the two apart.
func TestRulesLeaveAloneWhatIsRight(t *testing.T) {
	t.Parallel()
	files := shipped(t)
	for name, p := range map[string]planted{
		"not, where access is denied":        {file: "support", old: "\tnot has_right", new: "\tnot may(org)"},
		"not, of a table":                    {file: "support", old: "has_right\n\tsome", new: "has_right\n\tnot roles.platform.support\n\tsome"},
		"not, of a bound name":               {file: "partner", old: "active(grant) if {", new: "active(grant) if {\n\tended := grant.revoked\n\tnot ended"},
		"!= with a word, where it is denied": {file: "member", old: `.status != "active"`, new: `.status != "closed"`},
		"an empty list that was sent":        {file: "member", old: "input.subject.scopes == []", new: "input.subject.scopes == []\n\tinput.subject.grants == {}"},
		"every of something":                 {file: "system", old: "some org in input.orgs", new: "some org in input.orgs\n\tinput.subject.scopes != []\n\tevery s in input.subject.scopes {\n\t\ts == \"call:read\"\n\t}"},
		"a table asked by a name":            {file: "support", old: "has_right if input.action in roles.emergency[input.resource]", new: "has_right if {\n\tx := input.resource\n\tinput.action in roles.emergency[x]\n}"},
		"going through the orgs":             {file: "member", old: "some org in orgs", new: "some org in orgs\n\torgs[_] == org"},
	} {
		if !p.plant(files) {
			t.Fatalf("%s: %s holds no %q", name, p.name(), p.old)
		}
	}
	all, err := lint.Run(t.Context(), files)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range all {
		t.Error(f)
	}
}

// Each rule says what it is about, for --list and for code scanners.
func TestRulesAreDescribed(t *testing.T) {
	t.Parallel()
	rules, err := lint.Rules()
	if err != nil {
		t.Fatal(err)
	}
	if len(rules) < 9 {
		t.Fatalf("only %d rules", len(rules))
	}
	for _, r := range rules {
		if r.ID == "" || r.Title == "" || len(r.Help) < 40 {
			t.Errorf("%+v says too little", r)
		}
	}
}
