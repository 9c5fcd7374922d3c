package transport

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/99designs/gqlgen/graphql"
	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// canary is planted in bodies that are refused: a refusal repeats nothing.
const canary = "canary-in-a-body"

// parameters are what the GraphQL-over-HTTP specification has a request be.
type parameters struct {
	Query         string         `json:"query"`
	OperationName string         `json:"operationName,omitempty"`
	Variables     map[string]any `json:"variables,omitempty"`
	Extensions    map[string]any `json:"extensions,omitempty"`
}

func parametersOf(p *graphql.RawParams) parameters {
	return parameters{p.Query, p.OperationName, p.Variables, p.Extensions}
}

func isInputError(t *testing.T, errs gqlerror.List, from string) {
	t.Helper()
	if len(errs) != 1 || errs[0].Extensions["code"] != codeBadInput {
		t.Fatalf("%q is refused with %v", from, errs)
	}
	if strings.Contains(errs.Error(), canary) {
		t.Fatalf("the refusal repeats the body: %v", errs)
	}
}

// FuzzDecodeParams: a body is refused as the sender's fault, or it is one JSON
// object whose parameters, written again, read the same.
func FuzzDecodeParams(f *testing.F) {
	for _, body := range []string{
		`{"query":"{ viewer { id } }"}`, ` {"query":"query A($n: Int) { a(n: $n) }","operationName":"A","variables":{"n":9007199254740993,"x":[1e400,{"a":null}]}}`,
		`{"query":null,"variables":null,"operationName":null,"extensions":{"persistedQuery":{"version":1,"sha256Hash":"ab"}}}`,
		`{"query":"` + canary + `"`, `{"query":{"a":"` + canary + `"}}`, `{"variables":"` + canary + `"}`, `[{"query":"{a}"}]`, `{"query":"{a}"}{}`,
		`{"query":"\ud800"}`, "{\"query\":\"\xff\"}", `null`, `"` + canary + `"`, `{}`, ``, ` `, `{"QUERY":"{a}"}`, strings.Repeat(`{"variables":`, 200),
	} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		p, errs := decodeParams(body)
		if errs != nil {
			isInputError(t, errs, string(body))
			return
		}
		var object map[string]json.RawMessage
		if err := json.Unmarshal(body, &object); err != nil || object == nil {
			t.Fatalf("%q is no JSON object, and reads as %+v", body, p)
		}
		if !utf8.ValidString(p.Query) || p.Query == "" && len(p.Extensions) == 0 {
			t.Fatalf("%q has the query %q", body, p.Query)
		}
		text, err := json.Marshal(parametersOf(p))
		if err != nil {
			t.Fatal(err)
		}
		again, errs := decodeParams(text)
		if errs != nil {
			t.Fatalf("%q reads as %s, which is refused: %v", body, text, errs)
		}
		// An empty object and none are the same request.
		written, err := json.Marshal(parametersOf(again))
		if err != nil || !bytes.Equal(written, text) {
			t.Fatalf("%q reads as %s, then as %s (%v)", body, text, written, err)
		}
	})
}

// FuzzReadURL: a query string is refused as the sender's fault, or says what a
// body of the same parameters says.
func FuzzReadURL(f *testing.F) {
	for _, raw := range []string{
		"query=%7Bviewer%7Bid%7D%7D", "query={a}&variables=%7B%22n%22:1%7D&operationName=A&extensions={}", "query={a}&variables=[1]",
		"query={a}&variables={}{}", "query=%FF", "query={a};b", "query=%zz", "", "query={a}&query={b}", "variables=" + canary + "&query={a}",
	} {
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		p, errs := readURL(&http.Request{URL: &url.URL{RawQuery: raw}})
		if errs != nil {
			isInputError(t, errs, raw)
			return
		}
		text, err := json.Marshal(parametersOf(p))
		if err != nil {
			t.Fatal(err)
		}
		body, errs := decodeParams(text)
		if errs != nil {
			t.Fatalf("%q reads as %s, which a POST refuses: %v", raw, text, errs)
		}
		if utf8.ValidString(p.OperationName) && body.OperationName != p.OperationName || body.Query != p.Query ||
			len(body.Variables) != len(p.Variables) {
			t.Fatalf("%q reads as %s, in a POST as %+v", raw, text, body)
		}
	})
}

// FuzzNegotiate: whatever a client accepts, the answer has one of the two media
// types or none; one that it asks for in full weight it gets; and one that it
// refuses by name it never gets.
func FuzzNegotiate(f *testing.F) {
	for _, accept := range []string{
		"", "*/*", "application/json", GraphQLResponse, GraphQLResponse + ", application/json;q=0.9", "application/*;q=0.2", "text/html",
		"application/json;q=NaN", "application/json;q=7", "application/json;q=-1", "application/json;q=", ";;;,", "*/*;q=0", "text/event-stream",
	} {
		f.Add(accept)
	}
	with := func(headers ...string) string {
		return negotiate(&http.Request{Header: http.Header{"Accept": headers}})
	}
	f.Fuzz(func(t *testing.T, accept string) {
		if got := with(accept); !slices.Contains([]string{"", JSON, GraphQLResponse}, got) {
			t.Fatalf("%q is answered with %q", accept, got)
		}
		if got := with(accept, GraphQLResponse); got != GraphQLResponse {
			t.Fatalf("%q and %s is answered with %q", accept, GraphQLResponse, got)
		}
		for name, weight := range parseAccept([]string{accept}) {
			if !(weight >= 0 && weight <= 1) {
				t.Fatalf("%q gives %s the weight %v", accept, name, weight)
			}
		}
		first, second := with(accept), with(accept)
		if diff := cmp.Diff(first, second); diff != "" {
			t.Fatalf("%q is answered in two ways: %s", accept, diff)
		}
	})
}
