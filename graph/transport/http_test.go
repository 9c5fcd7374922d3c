package transport_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql/handler"

	"github.com/voxanne/cascade/graph/transport"
)

const (
	modern = "application/graphql-response+json"
	legacy = "application/json"
)

// The GraphQL-over-HTTP specification and what it leaves to a server, row by row.
func TestPOST(t *testing.T) {
	t.Parallel()
	server := start(t, config{maxBody: 2000})
	hello := `{"query":"{hello}"}`
	helloBody := `{"data":{"hello":"<b>"}` + "\n" + `,"extensions":{"cost":1}}`
	problem := "application/problem+json"
	tests := map[string]struct {
		accept, contentType, body string
		status                    int
		mediaType                 string
		contains, lacks           string
	}{
		"modern":                    {modern, legacy, hello, 200, modern, helloBody, "errors"},
		"legacy":                    {legacy, legacy, hello, 200, legacy, helloBody, "errors"},
		"anything":                  {"*/*", legacy, hello, 200, legacy, helloBody, ""},
		"any application":           {"application/*", legacy, hello, 200, legacy, helloBody, ""},
		"both alike":                {legacy + ", " + modern, legacy, hello, 200, modern, helloBody, ""},
		"the weights decide":        {modern + ";q=0.1, " + legacy, legacy, hello, 200, legacy, helloBody, ""},
		"a browser":                 {"text/html,application/xml;q=0.9,*/*;q=0.8", legacy, hello, 200, legacy, helloBody, ""},
		"JSON refused by name":      {"application/json;q=0, */*;q=0.1", legacy, hello, 200, modern, helloBody, ""},
		"neither":                   {"text/html", legacy, hello, 406, problem, `"code":"BAD_USER_INPUT"`, ""},
		"a broken weight":           {legacy + ";q=high", legacy, hello, 406, problem, "", ""},
		"UTF-8":                     {legacy, legacy + "; charset=UTF-8", hello, 200, legacy, helloBody, ""},
		"another charset":           {legacy, legacy + "; charset=utf-16", hello, 415, problem, `"code":"BAD_USER_INPUT"`, ""},
		"a form":                    {legacy, "application/x-www-form-urlencoded", "query={hello}", 415, problem, "", "hello"},
		"a multipart form":          {legacy, "multipart/form-data; boundary=x", hello, 415, problem, "", ""},
		"plain text":                {legacy, "text/plain", hello, 415, problem, "", ""},
		"no content type":           {legacy, "", hello, 415, problem, "", ""},
		"no body":                   {legacy, legacy, "", 400, legacy, "empty", `"data"`},
		"no JSON":                   {modern, legacy, `{"query": secret`, 400, modern, "not a JSON object", "secret"},
		"two objects":               {legacy, legacy, hello + hello, 400, legacy, "goes on", ""},
		"a batch":                   {legacy, legacy, " [" + hello + "]", 400, legacy, "batching", ""},
		"a string":                  {legacy, legacy, `"{hello}"`, 400, legacy, "not a JSON object", ""},
		"not UTF-8":                 {legacy, legacy, "{\"query\":\"{hello(name:\\\"\xff\\\")}\"}", 400, legacy, "UTF-8", ""},
		"no query":                  {legacy, legacy, `{"qeury":"{hello}"}`, 400, legacy, "query is missing", `"data"`},
		"query null":                {legacy, legacy, `{"query":null}`, 400, legacy, "query is missing", ""},
		"query a number":            {legacy, legacy, `{"query":0}`, 400, legacy, "query must not be a JSON number", ""},
		"query an array":            {legacy, legacy, `{"query":["a"]}`, 400, legacy, "query must not be", ""},
		"operationName an object":   {legacy, legacy, `{"query":"{hello}","operationName":{}}`, 400, legacy, "operationName", ""},
		"variables a string":        {legacy, legacy, `{"query":"{hello}","variables":"a"}`, 400, legacy, "variables", ""},
		"extensions false":          {legacy, legacy, `{"query":"{hello}","extensions":false}`, 400, legacy, "extensions", ""},
		"nulls":                     {legacy, legacy, `{"query":"{hello}","variables":null,"operationName":null,"extensions":null}`, 200, legacy, helloBody, ""},
		"maps":                      {modern, legacy, `{"query":"{hello}","variables":{"a":1},"extensions":{"a":1}}`, 200, modern, helloBody, ""},
		"too large":                 {modern, legacy, `{"query":"{hello}","variables":{"a":"` + strings.Repeat("a", 2000) + `"}}`, 413, problem, `"limit":{"name":"body","max":2000}`, ""},
		"parsing, legacy":           {legacy, legacy, `{"query":"{"}`, 200, legacy, `{"errors":[`, `"data"`},
		"parsing, modern":           {modern, legacy, `{"query":"{"}`, 400, modern, `{"errors":[`, `"data"`},
		"validation, legacy":        {legacy, legacy, `{"query":"{nowhere}"}`, 200, legacy, `{"errors":[`, `"data"`},
		"validation, modern":        {modern, legacy, `{"query":"{nowhere}"}`, 400, modern, `{"errors":[`, `"data"`},
		"coercion, legacy":          {legacy, legacy, `{"query":"query($i:ID!){hello}","variables":{"i":null}}`, 200, legacy, `{"errors":[`, `"data"`},
		"coercion, modern":          {modern, legacy, `{"query":"query($i:ID!){hello}","variables":{"i":null}}`, 400, modern, `{"errors":[`, `"data"`},
		"an unknown operation":      {modern, legacy, `{"query":"{hello}","operationName":"Other"}`, 400, modern, `{"errors":[`, `"data"`},
		"refused by code, modern":   {modern, legacy, `{"query":"{denied}"}`, 401, modern, `"UNAUTHENTICATED"`, `"data"`},
		"refused by code, legacy":   {legacy, legacy, `{"query":"{denied}"}`, 200, legacy, `"UNAUTHENTICATED"`, `"data"`},
		"a mutation":                {modern, legacy, `{"query":"mutation{rename(name:\"a\")}"}`, 200, modern, `{"data":{"rename":null}}`, ""},
		"a subscription":            {modern, legacy, `{"query":"subscription{ticks}"}`, 400, modern, "text/event-stream", `"data"`},
		"a kept document":           {modern, legacy, `{"extensions":{"persistedQuery":{}}}`, 400, modern, "no operation provided", `"data"`},
		"a panic":                   {modern, legacy, `{"query":"{boom}"}`, 500, modern, "internal system error", "boom"},
		"an upgrade it can't grant": {modern, legacy, hello, 200, modern, helloBody, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			headers := []string{"Accept: " + test.accept}
			if test.contentType != "" {
				headers = append(headers, "Content-Type: "+test.contentType)
			}
			if strings.HasPrefix(name, "an upgrade") {
				headers = append(headers, "Upgrade: h2c", "Connection: Upgrade, HTTP2-Settings")
			}
			got := do(t, http.MethodPost, server.URL, test.body, headers...)
			if got.status != test.status {
				t.Errorf("status %d, want %d", got.status, test.status)
			}
			if mediaType := got.header.Get("Content-Type"); !strings.HasPrefix(mediaType, test.mediaType) {
				t.Errorf("content type %q, want %q", mediaType, test.mediaType)
			}
			if !strings.Contains(got.body, test.contains) || test.lacks != "" && strings.Contains(got.body, test.lacks) {
				t.Errorf("body %s: want %q and not %q", got.body, test.contains, test.lacks)
			}
		})
	}
}

func TestGET(t *testing.T) {
	t.Parallel()
	server := start(t, config{})
	tests := map[string]struct {
		query    url.Values
		status   int
		contains string
	}{
		"a query":              {url.Values{"query": {"{hello}"}}, 200, `"data"`},
		"variables":            {url.Values{"query": {"query($n:String){hello(name:$n)}"}, "variables": {`{"n":"a"}`}}, 200, `"data"`},
		"a named operation":    {url.Values{"query": {"query A{hello} query B{denied}"}, "operationName": {"A"}}, 200, `"data"`},
		"no variables":         {url.Values{"query": {"{hello}"}, "variables": {"null"}}, 200, `"data"`},
		"malformed variables":  {url.Values{"query": {"{hello}"}, "variables": {"{"}}, 400, "variables"},
		"variables and more":   {url.Values{"query": {"{hello}"}, "variables": {"{}{}"}}, 400, "variables"},
		"malformed extensions": {url.Values{"query": {"{hello}"}, "extensions": {"[]"}}, 400, "extensions"},
		"not UTF-8":            {url.Values{"query": {"{hello(name:\"\xff\")}"}}, 400, "UTF-8"},
		"nothing":              {nil, 400, "query is missing"},
		"refused":              {url.Values{"query": {"{denied}"}}, 401, "UNAUTHENTICATED"},
		"a mutation":           {url.Values{"query": {`mutation{rename(name:"a")}`}}, 405, "GET runs queries only"},
		"a subscription":       {url.Values{"query": {"subscription{ticks}"}}, 405, "GET runs queries only"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := do(t, http.MethodGet, server.URL+"?"+test.query.Encode(), "", "Accept: "+modern)
			if got.status != test.status || !strings.Contains(got.body, test.contains) {
				t.Errorf("%d %s: want %d and %q", got.status, got.body, test.status, test.contains)
			}
			if allow := got.header.Get("Allow"); (allow == "POST") != (test.status == http.StatusMethodNotAllowed) {
				t.Errorf("Allow is %q beside %d", allow, got.status)
			}
		})
	}
	t.Run("malformed", func(t *testing.T) {
		t.Parallel()
		if got := do(t, http.MethodGet, server.URL+"?query=%zz", ""); got.status != http.StatusBadRequest {
			t.Errorf("status %d", got.status)
		}
	})
}

func TestMethods(t *testing.T) {
	t.Parallel()
	server := start(t, config{})
	for method, status := range map[string]int{"OPTIONS": 204, "HEAD": 405, "PUT": 405, "DELETE": 405} {
		got := do(t, method, server.URL, "")
		if got.status != status || got.header.Get("Allow") != "GET, POST, OPTIONS" {
			t.Errorf("%s: %d, Allow %q", method, got.status, got.header.Get("Allow"))
		}
	}
}

// What one subject may see is kept by no cache, and no browser takes it for
// anything but what it says it is.
func TestHeaders(t *testing.T) {
	t.Parallel()
	got := do(t, http.MethodPost, start(t, config{}).URL, `{"query":"{hello}"}`, "Content-Type: "+legacy)
	for name, want := range map[string]string{
		"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Vary": "Accept", "Content-Length": "49",
	} {
		if value := got.header.Get(name); value != want {
			t.Errorf("%s is %q, want %q", name, value, want)
		}
	}
}

// A request whose time is over gets an answer that says so.
func TestEndedRequest(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	srv := handler.New(schema())
	srv.AddTransport(transport.POST{})
	req := httptest.NewRequestWithContext(ctx, http.MethodPost, "/", strings.NewReader(`{"query":"{slow}"}`))
	req.Header.Set("Content-Type", legacy)
	w := httptest.NewRecorder()
	srv.ServeHTTP(w, req)
	if w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), `"code":"UNAVAILABLE"`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}
