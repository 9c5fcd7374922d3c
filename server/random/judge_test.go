package random_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/voxanne/cascade/ent/nodeid"
	"github.com/voxanne/cascade/server/stage"
)

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   string

	Data       map[string]any `json:"data"`
	Errors     []problem      `json:"errors"`
	Extensions struct {
		Masked []string `json:"masked"`
	} `json:"extensions"`
	Code string `json:"code"` // of a problem, RFC 9457
}

type problem struct {
	Message    string         `json:"message"`
	Path       []any          `json:"path"`
	Extensions map[string]any `json:"extensions"`
}

// codes are those that the contract gives an error; the two that say that the
// fault is ours are not among them.
var codes = words("UNAUTHENTICATED FORBIDDEN NOT_FOUND BAD_USER_INPUT CONFLICT RATE_LIMITED TOO_COMPLEX") //nolint:gochecknoglobals // immutable table

// judge holds one answer to what must hold of every answer.
type judge struct {
	schema  *ast.Schema
	world   *stage.World
	rights  rights
	asked   *ast.QueryDocument // validated
	op      *ast.OperationDefinition
	answer  answer
	read    map[string]bool // "Type.field" that came with a value
	unknown []uuid.UUID     // ids of rows that were not there at first
	past    bool            // names that the subject may know were shown, and taken out
	fault   string          // the first thing wrong
}

func (j *judge) wrong(format string, args ...any) {
	if j.fault == "" {
		j.fault = fmt.Sprintf(format, args...)
	}
}

// judge reports the first thing wrong with the answer, or "".
func (j *judge) judge() string {
	j.codes()
	for _, values := range j.answer.header {
		j.traces("a header", strings.Join(values, " "))
	}
	if j.answer.Data != nil {
		root := j.schema.Query
		if j.op.Operation == ast.Mutation {
			root = j.schema.Mutation
		}
		j.object(root, j.op.SelectionSet, j.answer.Data)
	}
	j.traces("the answer", j.withoutEcho())
	return j.fault
}

// codes: no 5xx, and every error has a code of the contract.
func (j *judge) codes() {
	if j.answer.status >= http.StatusInternalServerError {
		j.wrong("status %d", j.answer.status)
	}
	if j.answer.Data == nil && len(j.answer.Errors) == 0 && !slices.Contains(codes, j.answer.Code) {
		j.wrong("neither data nor an error of the contract")
	}
	for _, e := range j.answer.Errors {
		code, ok := e.Extensions["code"].(string)
		if !ok || !slices.Contains(codes, code) {
			j.wrong("an error has the code %v", e.Extensions["code"])
		}
		if id, ok := e.Extensions["requestId"].(string); !ok || id != j.answer.header.Get("X-Request-Id") {
			j.wrong("an error has the request id %v, and the answer %q", e.Extensions["requestId"], j.answer.header.Get("X-Request-Id"))
		}
	}
}

// withoutEcho is the body without the asker's own words: an error may say which
// variable or field was wrong, and that text came from the document. It is also
// without the list of a partner's own grants, which names those that are over,
// and without who asked in a clinic's records: whoever reached for its rows is
// named to it.
func (j *judge) withoutEcho() string {
	if len(j.answer.Errors) == 0 && !j.past {
		return j.answer.body
	}
	data, err := json.Marshal(j.answer.Data)
	if err != nil {
		return j.answer.body
	}
	return string(data)
}

// traces: nothing that belongs to a clinic shows to whom it is no business of.
func (j *judge) traces(where, text string) {
	for _, c := range j.world.Clinics() {
		if j.rights.sees(c) {
			continue
		}
		for _, trace := range c.Traces() {
			if i := strings.Index(text, trace); i >= 0 {
				j.wrong("%s holds %q of %s: ...%s", where, trace, c.Slug, text[max(0, i-80):min(len(text), i+80)])
			}
		}
	}
}

// object looks at what came for a selection set of a type.
func (j *judge) object(def *ast.Definition, set ast.SelectionSet, got map[string]any) {
	if def.IsAbstractType() {
		name, _ := got["__typename"].(string)
		def = j.schema.Types[name]
		if def == nil {
			j.wrong("an object is of the type %q", name)
			return
		}
	}
	fields := j.collect(def, set)
	if d := def.Directives.ForName("resource"); d != nil && len(got) > 0 {
		of := j.clinicOf(fields, got)
		if !j.rights.may(def.Name, of) {
			j.wrong("a row of the type %s is shown, of %v", def.Name, slugOf(of))
		}
	}
	for _, f := range fields {
		value, there := got[f.Alias]
		label := def.Name + "." + f.Name
		hidden := slices.Contains(j.rights.hidden, label)
		switch {
		case value == nil && hidden && there && !slices.Contains(j.answer.Extensions.Masked, label):
			j.wrong("%s is hidden, and extensions.masked says %v", label, j.answer.Extensions.Masked)
		case value != nil && hidden:
			j.wrong("%s is shown beyond its mask: %v", label, value)
		case value != nil:
			j.read[label] = true
			j.value(f, value)
			counted := def.Name == "CallStats" || def.Name == "RecordingMetrics" && label != "RecordingMetrics.hours"
			if n, ok := value.(float64); ok && n != 0 && counted && j.rights.empty {
				j.wrong("%s is %v, and the partner has no calls", label, n)
			}
			if label == "Viewer.grants" && j.rights.past || label == "AuditDecision.subjectId" {
				delete(got, f.Alias)
				j.past = true
			}
		}
	}
}

// collect are the fields that a set asks of an object type, through fragments.
func (j *judge) collect(def *ast.Definition, set ast.SelectionSet) []*ast.Field {
	applies := func(condition string) bool {
		return condition == "" || condition == def.Name || slices.Contains(def.Interfaces, condition)
	}
	var fields []*ast.Field
	for _, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			if !strings.HasPrefix(s.Name, "__") {
				fields = append(fields, s)
			}
		case *ast.InlineFragment:
			if applies(s.TypeCondition) {
				fields = append(fields, j.collect(def, s.SelectionSet)...)
			}
		case *ast.FragmentSpread:
			if f := j.asked.Fragments.ForName(s.Name); applies(f.TypeCondition) {
				fields = append(fields, j.collect(def, f.SelectionSet)...)
			}
		}
	}
	return fields
}

func (j *judge) value(f *ast.Field, value any) {
	switch v := value.(type) {
	case []any:
		for _, element := range v {
			j.value(f, element)
		}
	case map[string]any:
		if len(f.SelectionSet) > 0 {
			j.object(j.schema.Types[f.Definition.Type.Name()], f.SelectionSet, v)
		}
	case string:
		j.text(v)
	}
}

var globalID = regexp.MustCompile(`^[a-z][a-z_]*_[0-7][0-9a-z]{25}$`)

// text looks into ids and cursors, which are opaque and not secret.
func (j *judge) text(s string) {
	if plain, err := base64.RawURLEncoding.DecodeString(s); err == nil {
		j.traces("a cursor", string(plain))
	}
	if !globalID.MatchString(s) {
		return
	}
	if _, id, err := nodeid.Decode(s); err == nil && j.marked(id) == nil {
		j.unknown = append(j.unknown, id)
	}
}

// marked is the clinic whose mark an id has.
func (j *judge) marked(id uuid.UUID) *stage.Clinic {
	for _, c := range j.world.Clinics() {
		if strings.Contains(id.String(), c.Traces()[2]) {
			return c
		}
	}
	return nil
}

// clinicOf is the clinic of a row, as far as its ids were asked for.
func (j *judge) clinicOf(fields []*ast.Field, got map[string]any) *stage.Clinic {
	for _, f := range fields {
		if text, ok := got[f.Alias].(string); ok && (f.Name == "id" || f.Name == "organizationId") {
			if _, id, err := nodeid.Decode(text); err == nil {
				if c := j.marked(id); c != nil {
					return c
				}
			}
		}
	}
	return nil
}

func slugOf(c *stage.Clinic) string {
	if c == nil {
		return "a clinic that is not named"
	}
	return c.Slug
}
