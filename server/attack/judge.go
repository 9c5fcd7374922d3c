package attack

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/voxanne/cascade/ent/nodeid"
	"github.com/voxanne/cascade/server/stage"
)

// judge holds answers to the model.
type judge struct {
	api   *api
	world *stage.World
}

// leaks is what an answer shows of clinics that the stance does not see.
func (j judge) leaks(who *stance, a answer) []string {
	var found []string
	for name, values := range a.header {
		found = append(found, j.traces(who, "", "header "+name, strings.Join(values, " "))...)
	}
	if a.decoded == nil {
		return append(found, j.traces(who, "", "body", a.body)...)
	}
	return append(found, j.walk(who, "", "", a.decoded)...)
}

// walk looks at every text of a JSON value, each as part of the row type that
// it stands in, and at every field that must not show.
func (j judge) walk(who *stance, resource, path string, v any) []string {
	var found []string
	switch v := v.(type) {
	case map[string]any:
		typeName, _ := v["__typename"].(string)
		if r := j.api.resource(typeName); r != "" {
			resource = r
		}
		for name, below := range v {
			here := path + "." + name
			found = append(found, j.traces(who, resource, here, name)...)
			if below != nil && j.masked(who, typeName, name) {
				found = append(found, fmt.Sprintf("%s shows, and is hidden from %s", here, who))
			}
			if handle(typeName, name, below) {
				continue
			}
			found = append(found, j.walk(who, resource, here, below)...)
		}
	case []any:
		for i, below := range v {
			found = append(found, j.walk(who, resource, fmt.Sprintf("%s[%d]", path, i), below)...)
		}
	case string:
		found = append(found, j.traces(who, resource, path, v)...)
		if plain := decoded(v); plain != "" {
			found = append(found, j.traces(who, resource, path+" (decoded)", plain)...)
		}
	}
	return found
}

// handle reports whether a value is the id by which a clinic is told who reached
// for its rows: that of a person or a key elsewhere, of which it says nothing
// more. Anything but an id there is looked at like every other text.
func handle(typeName, field string, value any) bool {
	text, ok := value.(string)
	if !ok || typeName != "AuditDecision" || field != "subjectId" {
		return false
	}
	_, _, err := nodeid.Decode(text)
	return err == nil
}

// decoded is the JSON in a text of base 64, such as a cursor; "" for others.
func decoded(text string) string {
	plain, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || !json.Valid(plain) {
		return ""
	}
	return string(plain)
}

// masked reports whether a field must be null for the stance.
func (j judge) masked(who *stance, typeName, field string) bool {
	def := j.api.schema.Types[typeName]
	if def == nil {
		return false
	}
	f := def.Fields.ForName(field)
	if f == nil || f.Directives.ForName("maskable") == nil {
		return false
	}
	return slices.Contains(who.hidden(j.api.resource(typeName)), f.Directives.ForName("maskable").Arguments.ForName("field").Value.Raw)
}

// traces are those of clinics that the stance does not see in a text.
func (j judge) traces(who *stance, resource, where, text string) []string {
	var found []string
	for _, c := range j.world.Clinics() {
		if who != nil && who.sees(c, resource) {
			continue
		}
		for _, trace := range c.Traces() {
			if i := strings.Index(text, trace); i >= 0 {
				found = append(found, fmt.Sprintf("%s of %s shows at %s: %s", trace, c.Slug, where, clip(text[max(0, i-150):])))
			}
		}
	}
	return found
}

// unexpected is how an answer differs from what the model expects of a shot.
func (j judge) unexpected(s shot, a answer) []string {
	var found []string
	if a.status >= 500 {
		found = append(found, fmt.Sprintf("status %d", a.status))
	}
	if s.wantStatus != 0 && a.status != s.wantStatus {
		found = append(found, fmt.Sprintf("status %d, want %d", a.status, s.wantStatus))
	}
	errs := a.errors()
	if s.loose {
		errs = nil
	}
	for _, e := range errs {
		extensions, _ := e["extensions"].(map[string]any)
		if code := fmt.Sprint(extensions["code"]); code != s.want {
			found = append(found, fmt.Sprintf("code %q, want %q", code, s.want))
		}
	}
	if !s.loose && len(errs) == 0 && s.want != "" && a.code() != s.want {
		found = append(found, fmt.Sprintf("no error, want %q", s.want))
	}
	if data := a.data(); s.verify != nil && data != nil && s.want == "" {
		found = append(found, s.verify(data)...)
	}
	if len(found) > 0 {
		found = []string{fmt.Sprintf("%s (of %v): %s", strings.Join(found, "; "), s.ways, clip(a.body))}
	}
	return found
}

func clip(text string) string { return text[:min(len(text), 400)] }
