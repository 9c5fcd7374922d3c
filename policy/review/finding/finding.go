// Package finding is what a check of policies has to say, in the words and
// formats that editors and pipelines know.
package finding

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// Level says how bad it is.
type Level string

// The levels. Both end a check with 1; SARIF and people sort by them.
const (
	Error   Level = "error"
	Warning Level = "warning"
)

// Finding is one thing wrong at one place.
type Finding struct {
	File    string `json:"file"`
	Line    int    `json:"line"`   // from 1; 0: the file as a whole
	Column  int    `json:"column"` // from 1; 0: the line as a whole
	Rule    string `json:"rule"`
	Level   Level  `json:"level"`
	Message string `json:"message"`
	// Text is the line itself, where it helps: what does not parse.
	Text string `json:"text,omitempty"`
}

// String is the finding in one line, as compilers write it.
func (f Finding) String() string {
	where := f.File
	if f.Line > 0 {
		where += fmt.Sprintf(":%d", f.Line)
		if f.Column > 0 {
			where += fmt.Sprintf(":%d", f.Column)
		}
	}
	return fmt.Sprintf("%s: %s [%s]", where, f.Message, f.Rule)
}

// Sort puts findings as one reads: by file, line, column, rule.
func Sort(all []Finding) {
	slices.SortFunc(all, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column),
			cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Message, b.Message))
	})
}

// Unread reports whether f is about a file that does not parse, so that nothing
// else in it was looked at.
func (f Finding) Unread() bool { return f.Rule == parseRule }

// Below returns findings with root before the names of their files, so that they
// can be opened from where the program runs.
func Below(root string, all []Finding) []Finding {
	out := slices.Clone(all)
	for i := range out {
		out[i].File = path.Join(filepath.ToSlash(root), out[i].File)
	}
	return out
}

// Errors is what was found as an error, where it kept something from being done.
type Errors []Finding

// Error implements error, a line for each.
func (e Errors) Error() string {
	var b strings.Builder
	_ = WriteText(&b, e) // a Builder takes everything
	return strings.TrimSuffix(b.String(), "\n")
}

// Indent sets each line of text off.
func Indent(text string) string {
	return "    " + strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n    ")
}

// WriteText writes a line for each finding, and below it the line of the policy
// where the finding has one.
func WriteText(w io.Writer, all []Finding) error {
	for _, f := range all {
		text := f.String() + "\n"
		if f.Text != "" {
			text += Indent(f.Text) + "\n"
		}
		if _, err := io.WriteString(w, text); err != nil {
			return fmt.Errorf("writing findings: %w", err)
		}
	}
	return nil
}

// WriteJSON writes one array of findings.
func WriteJSON(w io.Writer, all []Finding) error {
	if all == nil {
		all = []Finding{}
	}
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(all); err != nil {
		return fmt.Errorf("writing findings: %w", err)
	}
	return nil
}

// The rules of what is wrong before any policy is read.
const (
	parseRule   = "parse-error"
	compileRule = "compile-error"
)

// FromCompiler reads findings off an error of OPA's parser or compiler, each
// with its line. ok is false for every other error.
func FromCompiler(files fs.FS, err error) (all []Finding, ok bool) {
	var errs ast.Errors
	if !errors.As(err, &errs) {
		return nil, false
	}
	for _, e := range errs {
		f := Finding{Rule: compileRule, Level: Error, Message: strings.Join(strings.Fields(e.Message), " ")}
		if e.Code == ast.ParseErr {
			f.Rule = parseRule
		}
		if e.Location != nil {
			f.File, f.Line, f.Column = e.Location.File, e.Location.Row, e.Location.Col
			source, text := line(files, f.File, f.Line)
			f.Text = text
			if f.Rule == parseRule && isV0(f.File, source) {
				f.Message += ` (this is Rego v0; here it is v1: "if" before a body, "contains" for sets)`
			}
		}
		all = append(all, f)
	}
	Sort(all)
	// The parser says some things twice, the second time with more words.
	all = slices.DeleteFunc(all, func(f Finding) bool {
		return slices.ContainsFunc(all, func(more Finding) bool {
			return more.File == f.File && more.Line == f.Line && strings.HasPrefix(more.Message, f.Message+":")
		})
	})
	return all, true
}

func line(files fs.FS, name string, row int) (source, text string) {
	raw, err := fs.ReadFile(files, name)
	if err != nil {
		return "", "" // the finding says what is wrong; its line only helps
	}
	lines := strings.Split(string(raw), "\n")
	if row < 1 || row > len(lines) {
		return string(raw), ""
	}
	return string(raw), strings.TrimSpace(lines[row-1])
}

// isV0 reports whether text is a policy of the language before 1.0.
func isV0(name, text string) bool {
	_, err := ast.ParseModuleWithOpts(name, text, ast.ParserOptions{RegoVersion: ast.RegoV0})
	return err == nil && text != ""
}
