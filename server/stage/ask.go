package stage

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

// Answer is what came back over HTTP. The last three are those of GraphQL and
// of problem+json, as far as the body is JSON.
type Answer struct {
	Status     int         `json:"-"`
	Header     http.Header `json:"-"`
	Body       string      `json:"-"`
	Data       json.RawMessage
	Extensions map[string]any
	Errors     []Error
}

// Error is one of GraphQL's.
type Error struct {
	Message    string
	Extensions map[string]any
}

// Is reports whether the first error has the code and the reason, and the
// request id that the header has. An empty reason is not looked at.
func (a Answer) Is(code, reason string) bool {
	if len(a.Errors) == 0 {
		return false
	}
	e := a.Errors[0].Extensions
	return e["code"] == code && (reason == "" || e["reason"] == reason) && e["requestId"] != "" && e["requestId"] == a.Header.Get("X-Request-Id")
}

// Bearer is the header that carries a token or an API key.
func Bearer(credential string) string { return "Authorization: Bearer " + credential }

// Ask posts an operation; headers are "Name: value".
func (s *Stage) Ask(t testing.TB, document string, headers ...string) Answer {
	t.Helper()
	return s.AskWith(t, document, nil, headers...)
}

// AskWith posts an operation with variables.
func (s *Stage) AskWith(t testing.TB, document string, variables map[string]any, headers ...string) Answer {
	t.Helper()
	request := map[string]any{"query": document}
	if variables != nil {
		request["variables"] = variables
	}
	body, err := json.Marshal(request)
	if err != nil {
		t.Fatal(err)
	}
	return s.Do(t, http.MethodPost, "/graphql", string(body),
		append([]string{"Content-Type: application/json", "Accept: application/graphql-response+json"}, headers...)...)
}

// Do sends any request. A header named Host is the request's host.
func (s *Stage) Do(t testing.TB, method, path, body string, headers ...string) Answer {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, s.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Add(name, value)
		if name == "Host" {
			r.Host = value
		}
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	a := Answer{Status: resp.StatusCode, Header: resp.Header, Body: string(text)}
	if strings.Contains(resp.Header.Get("Content-Type"), "json") {
		if err := json.Unmarshal(text, &a); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
	}
	return a
}

// Count asks the database for a number, past every wall.
func (s *Stage) Count(t testing.TB, query string, args ...any) (n int) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), s.SuperDSN)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	if err := conn.QueryRow(t.Context(), query, args...).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// Decode reads the data of an answer that must have no errors.
func (a Answer) Decode(t testing.TB, into any) {
	t.Helper()
	if len(a.Errors) > 0 || a.Status != http.StatusOK {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	if err := json.Unmarshal(a.Data, into); err != nil {
		t.Fatalf("%s: %v", a.Body, err)
	}
}
