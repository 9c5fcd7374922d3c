package limit_test

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/voxanne/cascade/graph/limit"
)

// ask sends a document with variables, as JSON, through fresh default limits.
func ask(t *testing.T, query, variables string) *gqlerror.Error {
	t.Helper()
	params := &graphql.RawParams{Query: query}
	if variables != "" {
		if err := json.Unmarshal([]byte(variables), &params.Variables); err != nil {
			t.Fatal(err)
		}
	}
	return limit.New(limit.Default(), nil).MutateOperationParameters(t.Context(), params)
}

// nest puts n copies of open before, and of shut after, the middle.
func nest(open, middle, shut string, n int) string {
	return strings.Repeat(open, n) + middle + strings.Repeat(shut, n)
}

// each writes n parts that know their number.
func each(n int, format string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, strings.ReplaceAll(format, "#", "%[1]d"), i)
	}
	return b.String()
}

// bomb is n fragments of which each spreads the next one twice.
func bomb(n int) string {
	var b strings.Builder
	b.WriteString("{...f0}")
	for i := range n {
		fmt.Fprintf(&b, " fragment f%d on Query{...f%d ...f%d}", i, i+1, i+1)
	}
	fmt.Fprintf(&b, " fragment f%d on Query{a}", n)
	return b.String()
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		query, variables string
		name             string
		max, actual      int
	}{
		"too many bytes":              {`{a(s:"` + strings.Repeat("a", 40000) + `")}`, "", "bytes", 32768, 40009},
		"too many tokens":             {"{a(i:[" + strings.Repeat("1 ", 6000) + "])}", "", "tokens", 5000, 5001},
		"depth fifty":                 {"{" + nest("a{", "b", "}", 49) + "}", "", "depth", 12, 50},
		"depth through fragments":     {"{a{a{a{a{a{a{...f}}}}}}} fragment f on A{a{a{a{a{a{a{b}}}}}}}", "", "depth", 12, 13},
		"depth through an inline one": {"{" + nest("...{a{", "b", "}}", 12) + "}", "", "depth", 12, 13},
		"introspection":               {"{__schema{types{" + nest("ofType{", "name", "}", 18) + "}}}", "", "introspectionDepth", 20, 21},
		"root fields":                 {"{" + each(21, "f# ") + "}", "", "rootFields", 20, 21},
		"root fields in a fragment":   {"{...f} fragment f on Query{" + each(21, "f# ") + "}", "", "rootFields", 20, 21},
		"a thousand aliases":          {"{v{" + each(1000, "a#:id ") + "}}", "", "aliases", 50, 1000},
		"aliases of __typename":       {"{v{" + each(101, "a#:__typename ") + "}}", "", "aliases", 50, 101},
		"aliases, spread often":       {"{a{...f} b{...f} c{...f}} fragment f on A{" + each(20, "a#:id ") + "}", "", "aliases", 50, 60},
		"one name repeated":           {"{v{" + strings.Repeat("id ", 31) + "}}", "", "repeats", 30, 31},
		"repeated in inline ones":     {"{v{" + strings.Repeat("...{id} ", 31) + "}}", "", "repeats", 30, 31},
		"repeated by its parents":     {"{v{" + strings.Repeat("a{"+strings.Repeat("id ", 20)+"}", 20) + "}}", "", "repeats", 30, 400},
		"repeated in fragments":       {"{v{" + strings.Repeat("...f ", 20) + "}} fragment f on V{id id}", "", "repeats", 30, 40},
		"repeated out of sight":       {"{v} fragment f on V{" + strings.Repeat("id ", 31) + "}", "", "repeats", 30, 31},
		"repeated under one name":     {"{v} fragment f on V{id} fragment f on V{" + strings.Repeat("id ", 31) + "}", "", "repeats", 30, 31},
		"many fields":                 {"{v{" + each(1500, "f# ") + "}}", "", "selections", 1500, 1501},
		"many operations":             {each(11, "query q#{a} "), "", "operations", 10, 11},
		"many fragments":              {"{a}" + each(51, " fragment f# on A{a}"), "", "fragments", 50, 51},
		"many spreads":                {"{a{" + strings.Repeat("...f ", 201) + "}} fragment f on A{a}", "", "spreads", 200, 201},
		"a fragment of itself":        {"{...f} fragment f on Query{a{...f}}", "", "fragmentCycles", 0, 1},
		"a circle of fragments":       {"{...f} fragment f on Query{...g} fragment g on Query{...f}", "", "fragmentCycles", 0, 1},
		"an unused circle":            {"{a} fragment f on Query{...g} fragment g on Query{...f}", "", "fragmentCycles", 0, 1},
		"a bomb":                      {bomb(40), "", "rootFields", 20, 1<<31 - 1},
		"a bomb of nothing":           {strings.ReplaceAll(bomb(40), "{a}", "{...nowhere}"), "", "selections", 1500, 1<<31 - 1},
		"directives":                  {"{a" + strings.Repeat(" @a", 51) + "}", "", "directives", 50, 51},
		"defer":                       {"{...@defer{a}}", "", "defer", 0, 1},
		"a deep literal":              {"{a(w:" + nest("{not:", "1", "}", 13) + ")}", "", "inputDepth", 12, 13},
		"a deep default":              {"query($w:W=" + nest("[", "1", "]", 13) + "){a}", "", "inputDepth", 12, 13},
		"a deep variable":             {"{a}", `{"w":` + nest(`{"not":`, "1", "}", 13) + `}`, "inputDepth", 12, 13},
		"a wide variable":             {"{a}", `{"w":[` + strings.Repeat("1,", 2000) + `1]}`, "inputValues", 2000, 2001},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := ask(t, test.query, test.variables)
			if err == nil {
				t.Fatal("passed")
			}
			want := map[string]any{
				"code":  "TOO_COMPLEX",
				"limit": map[string]any{"name": test.name, "max": test.max, "actual": test.actual},
			}
			if diff := cmp.Diff(want, err.Extensions); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestPasses(t *testing.T) {
	t.Parallel()
	introspection, err := os.ReadFile("testdata/introspection.graphql")
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct{ query, variables string }{
		"GraphiQL's introspection": {string(introspection), ""},
		"exactly deep enough":      {"{" + nest("a{", "b", "}", 11) + "}", ""},
		"exactly wide enough":      {"{v{" + each(50, "a#:id ") + "}}", ""},
		"what does not parse":      {"{", ""},
		"what is not there":        {"", ""},
		"an unknown fragment":      {"{...nowhere}", ""},
		"a dashboard": {
			`query Calls($w:Where,$n:Int=20){viewer{id} calls(where:$w,first:$n,orderBy:{field:STARTED_AT}){
			totalCount edges{cursor node{id status agent{id name} contact{id name}}} pageInfo{hasNextPage endCursor}}}`,
			`{"w":{"and":[{"or":[{"status":"MISSED"},{"hasAgentWith":[{"name":"a"}]}]}]}}`,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := ask(t, test.query, test.variables); err != nil {
				t.Errorf("refused: %v", err)
			}
		})
	}
}

// A document in the server's cache has passed: it is not measured again, but
// its variables, which differ each time, are.
func TestCachedDocument(t *testing.T) {
	t.Parallel()
	deep := "{" + nest("a{", "b", "}", 49) + "}"
	cache := graphql.MapCache[*ast.QueryDocument]{deep: &ast.QueryDocument{}}
	e := limit.New(limit.Default(), cache)
	if err := e.MutateOperationParameters(t.Context(), &graphql.RawParams{Query: deep}); err != nil {
		t.Errorf("a cached document was measured: %v", err)
	}
	wide := make([]any, 3000)
	params := &graphql.RawParams{Query: deep, Variables: map[string]any{"ids": wide}}
	if err := e.MutateOperationParameters(t.Context(), params); err == nil {
		t.Error("variables beside a cached document were not measured")
	}
}

func TestZeroLimitsRefuse(t *testing.T) {
	t.Parallel()
	zero := limit.New(limit.Limits{}, nil)
	if err := zero.MutateOperationParameters(t.Context(), &graphql.RawParams{Query: "{a}"}); err == nil {
		t.Error("zero limits let a document pass")
	}
	if err := zero.Validate(nil); err == nil {
		t.Error("a server may start with zero limits")
	}
	if err := limit.New(limit.Default(), nil).Validate(nil); err != nil {
		t.Errorf("a server may not start with the default: %v", err)
	}
}
