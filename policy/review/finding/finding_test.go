package finding_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/voxanne/cascade/policy/opa"
	"github.com/voxanne/cascade/policy/review/finding"
)

var some = []finding.Finding{
	{File: "b c.rego", Line: 2, Column: 1, Rule: "known", Level: finding.Error, Message: "one <thing>"},
	{File: "a.rego", Line: 12, Column: 3, Rule: "regal/other", Level: finding.Warning, Message: "another"},
	{File: "a.rego", Line: 3, Rule: "known", Level: finding.Error, Message: "a line", Text: "x := y"},
	{File: "a.rego", Rule: "known", Level: finding.Error, Message: "a file"},
	{Rule: "regal/all", Level: finding.Error, Message: "all of them"},
}

func sorted() []finding.Finding {
	all := finding.Below("", some)
	finding.Sort(all)
	return all
}

func TestText(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := finding.WriteText(&out, finding.Below("policy/rego", sorted())); err != nil {
		t.Fatal(err)
	}
	want := `policy/rego: all of them [regal/all]
policy/rego/a.rego: a file [known]
policy/rego/a.rego:3: a line [known]
    x := y
policy/rego/a.rego:12:3: another [regal/other]
policy/rego/b c.rego:2:1: one <thing> [known]
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("text (-want +got):\n%s", diff)
	}
}

func TestJSON(t *testing.T) {
	t.Parallel()
	for name, all := range map[string][]finding.Finding{"some": some, "none": nil} {
		var out bytes.Buffer
		if err := finding.WriteJSON(&out, all); err != nil {
			t.Fatal(err)
		}
		got := []finding.Finding{}
		if err := json.Unmarshal(out.Bytes(), &got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(append([]finding.Finding{}, all...), got); diff != "" {
			t.Errorf("%s: written and read again:\n%s", name, diff)
		}
		if !strings.HasPrefix(out.String(), "[") {
			t.Errorf("%s is no array: %s", name, out.String())
		}
	}
}

// sarif is what SARIF 2.1.0 requires of a log, with the section of the standard.
type sarif struct {
	Version string `json:"version"` // 3.13.2
	Schema  string `json:"$schema"` // 3.13.3
	Runs    []struct {
		Tool *struct { // 3.14.6
			Driver *struct { // 3.18.2
				Name  string     `json:"name"` // 3.19.8
				Rules []struct { // 3.19.23: each id once
					ID    string                  `json:"id"` // 3.49.3
					Short *struct{ Text *string } `json:"shortDescription"`
					Full  *struct{ Text *string } `json:"fullDescription"`
				} `json:"rules"`
			} `json:"driver"`
		} `json:"tool"`
		Results *[]struct { // 3.14.23: [] when there are none
			RuleID    string                 `json:"ruleId"`
			RuleIndex *int                   `json:"ruleIndex"` // 3.27.6: of rules
			Level     string                 `json:"level"`     // 3.27.10
			Message   *struct{ Text string } `json:"message"`   // 3.27.11
			Locations []struct {
				Physical struct {
					Artifact struct {
						URI string `json:"uri"` // 3.4.3: an encoded reference
					} `json:"artifactLocation"`
					Region *struct {
						StartLine   int  `json:"startLine"`   // 3.30.5: from 1
						StartColumn *int `json:"startColumn"` // 3.30.6: from 1
					} `json:"region"`
				} `json:"physicalLocation"`
			} `json:"locations"`
		} `json:"results"`
	} `json:"runs"`
}

func TestSARIF(t *testing.T) {
	t.Parallel()
	rules := []finding.Rule{{ID: "unused", Title: "Unused", Help: "Never found."}, {ID: "known", Title: "Known", Help: "Found."}}
	for name, all := range map[string][]finding.Finding{"some": some, "none": nil} {
		var out bytes.Buffer
		if err := finding.WriteSARIF(&out, rules, all); err != nil {
			t.Fatal(err)
		}
		var log sarif
		if err := json.Unmarshal(out.Bytes(), &log); err != nil {
			t.Fatal(err)
		}
		if log.Version != "2.1.0" || !strings.Contains(log.Schema, "2.1.0") || len(log.Runs) != 1 {
			t.Fatalf("%s: %s", name, out.String())
		}
		run := log.Runs[0]
		if run.Tool == nil || run.Tool.Driver == nil || run.Tool.Driver.Name == "" || run.Results == nil || len(*run.Results) != len(all) {
			t.Fatalf("%s: %s", name, out.String())
		}
		seen := map[string]bool{}
		for _, r := range run.Tool.Driver.Rules {
			if r.ID == "" || seen[r.ID] || r.Short != nil && r.Short.Text == nil || r.Full != nil && r.Full.Text == nil {
				t.Errorf("%s: rule %+v", name, r)
			}
			seen[r.ID] = true
		}
		for i, r := range *run.Results {
			want := all[i]
			if r.RuleIndex == nil || run.Tool.Driver.Rules[*r.RuleIndex].ID != r.RuleID || r.RuleID != want.Rule {
				t.Errorf("%s: result %d is of rule %q", name, i, r.RuleID)
			}
			if r.Message == nil || r.Message.Text != want.Message || r.Level != string(want.Level) {
				t.Errorf("%s: result %d is %+v", name, i, r)
			}
			if (want.File == "") != (len(r.Locations) == 0) {
				t.Fatalf("%s: result %d is at %+v", name, i, r.Locations)
			}
			for _, l := range r.Locations {
				region := l.Physical.Region
				if l.Physical.Artifact.URI != strings.ReplaceAll(want.File, " ", "%20") || (region == nil) != (want.Line == 0) {
					t.Errorf("%s: result %d is at %+v", name, i, l)
				}
				if region != nil && (region.StartLine != want.Line || (region.StartColumn == nil) != (want.Column == 0)) {
					t.Errorf("%s: result %d is at %+v", name, i, region)
				}
			}
		}
	}
}

// What does not parse is said with its place, and with the line itself.
func TestFromCompiler(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ text, want string }{
		"no policy": {"package a\n\nx := ]\n", "cascade/a.rego:3:6: unexpected ] token: expected rule value term (e.g., x := <VALUE> { ... }) [parse-error]\n    x := ]"},
		"Rego v0": {
			"package a\n\nallow { input.x }\n",
			"cascade/a.rego:3:1: `if` keyword is required before rule body (this is Rego v0; here it is v1: \"if\" before a body, \"contains\" for sets) [parse-error]\n    allow { input.x }",
		},
	} {
		files := fstest.MapFS{"cascade/a.rego": {Data: []byte(c.text)}}
		_, err := opa.Modules(files, false)
		all, ok := finding.FromCompiler(files, err)
		if !ok || !finding.Finding.Unread(all[0]) {
			t.Errorf("%s: %v is not from the parser", name, err)
			continue
		}
		if got := finding.Errors(all[:1]).Error(); got != c.want {
			t.Errorf("%s:\n%s\nwant\n%s", name, got, c.want)
		}
	}
	if _, ok := finding.FromCompiler(nil, errors.New("disk on fire")); ok {
		t.Error("any error is taken for the compiler's")
	}
	all, ok := finding.FromCompiler(fstest.MapFS{}, ast.Errors{{Code: ast.TypeErr, Message: "have\n\twant"}})
	if !ok || all[0].Message != "have want" || all[0].Unread() {
		t.Errorf("a compiler's error is %+v", all)
	}
}
