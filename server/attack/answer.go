package attack

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// answer is what came back.
type answer struct {
	status  int
	header  http.Header
	body    string
	decoded map[string]any // nil when the body is no JSON object
}

// errors are those of GraphQL.
func (a answer) errors() []map[string]any {
	list, _ := a.decoded["errors"].([]any)
	var all []map[string]any
	for _, e := range list {
		if m, ok := e.(map[string]any); ok {
			all = append(all, m)
		}
	}
	return all
}

// code is the first error's, or that of a problem (RFC 9457).
func (a answer) code() string {
	for _, e := range a.errors() {
		extensions, _ := e["extensions"].(map[string]any)
		code, _ := extensions["code"].(string)
		return code
	}
	code, _ := a.decoded["code"].(string)
	return code
}

// data is what GraphQL answered; nil when it was not run.
func (a answer) data() map[string]any {
	data, _ := a.decoded["data"].(map[string]any)
	return data
}

// own are what differs between two answers to one question.
var own = regexp.MustCompile(`"(requestId|decisionId|resetAt)":"[^"]*"|"remaining":\d+|"instance":"[^"]*"`)

// alike writes an answer without what is its own and without the ids that were
// sent, so that two answers can be held against each other.
func (a answer) alike(r request) string {
	text := a.body
	if list, ok := a.decoded["errors"].([]any); ok {
		// The fields of a query are read side by side: their errors come in any order.
		whole := maps.Clone(a.decoded)
		list = slices.Clone(list)
		slices.SortFunc(list, func(x, y any) int { return strings.Compare(pathOf(x), pathOf(y)) })
		whole["errors"] = list
		if sorted, err := json.Marshal(whole); err == nil {
			text = string(sorted)
		}
	}
	text = own.ReplaceAllString(text, "")
	for _, id := range texts(r.variables) {
		text = strings.ReplaceAll(text, id, "<id>")
	}
	return fmt.Sprint(a.status, " ", a.header.Get("Content-Type"), " ", a.header.Get("WWW-Authenticate"), " ", text)
}

func pathOf(e any) string {
	m, _ := e.(map[string]any)
	return fmt.Sprint(m["path"])
}

// texts are the strings in a request's variables.
func texts(v any) []string {
	var all []string
	switch v := v.(type) {
	case string:
		all = append(all, v)
	case []string:
		all = append(all, v...)
	case map[string]any:
		for _, below := range v {
			all = append(all, texts(below)...)
		}
	}
	slices.SortFunc(all, func(a, b string) int { return len(b) - len(a) })
	return all
}
