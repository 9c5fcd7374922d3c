package chaos_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"time"
)

// deadline is how long a client waits: longer than the server lets any request
// take, so that one that reaches it hung.
const deadline = 30 * time.Second

// answer is what a client was told, or not.
type answer struct {
	code       string // the first error's; "" for data; noAnswer
	data       string
	replayed   bool
	request    string // its id
	body       string
	began, end time.Time
}

// noAnswer is the code of a request whose connection ended without one.
const noAnswer = "NO_ANSWER"

// ok reports whether it was answered with what was asked for.
func (a answer) ok() bool { return a.code == "" }

// graphql asks an operation. key may be empty.
func (c *clinic) graphql(ctx context.Context, document string, variables map[string]any, key string) (answer, error) {
	body, err := json.Marshal(map[string]any{"query": document, "variables": variables})
	if err != nil {
		return answer{}, err
	}
	header := http.Header{"Content-Type": {"application/json"}, "Accept": {"application/graphql-response+json"}, "Authorization": {"Bearer " + c.token}}
	if key != "" {
		header.Set("Idempotency-Key", key)
	}
	a, err := c.post(ctx, "/graphql", body, header)
	if err != nil || a.code != "" {
		return a, err
	}
	var said struct {
		Data       json.RawMessage
		Extensions struct{ IdempotentReplayed bool }
		Errors     []struct {
			Extensions struct{ Code, RequestID string }
		}
	}
	if err := json.Unmarshal([]byte(a.body), &said); err != nil {
		return a, fmt.Errorf("an answer that does not read: %w: %.300s", err, a.body)
	}
	a.data, a.replayed = string(said.Data), said.Extensions.IdempotentReplayed
	if len(said.Errors) > 0 {
		a.code = said.Errors[0].Extensions.Code
		if id := said.Errors[0].Extensions.RequestID; a.code == "" || id != a.request {
			return a, fmt.Errorf("an error without a code and the request's id: %.300s", a.body)
		}
	}
	return a, nil
}

// webhook sends a message as the clinic's provider does.
func (c *clinic) webhook(ctx context.Context, body string) (answer, error) {
	return c.post(ctx, "/webhooks/vapi/"+c.hook, []byte(body), http.Header{"Content-Type": {"application/json"}, "X-Vapi-Secret": {hookSecret}})
}

// foreign finds whose words an answer holds.
var foreign = regexp.MustCompile(`canary-\d+-`) //nolint:gochecknoglobals // immutable

// post sends a request. An error is an answer that no server of ours may give:
// another clinic's words, a refusal without a code, or none within the deadline.
func (c *clinic) post(ctx context.Context, path string, body []byte, header http.Header) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, deadline)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base()+path, bytes.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	r.Header = header
	a := answer{began: time.Now()}
	response, err := c.client.Do(r)
	var text []byte
	if err == nil {
		text, err = io.ReadAll(response.Body)
		_ = response.Body.Close()
	}
	a.end = time.Now()
	if err != nil {
		a.code = noAnswer
		if ctx.Err() != nil {
			return a, fmt.Errorf("a request hung for %s", a.end.Sub(a.began).Round(time.Second))
		}
		return a, nil
	}
	a.request, a.body = response.Header.Get("X-Request-Id"), string(text)
	for _, word := range foreign.FindAllString(a.body, -1) {
		if word != c.canary {
			return a, fmt.Errorf("an answer for %s holds the words of %s", c.canary, word)
		}
	}
	if strings.HasPrefix(response.Header.Get("Content-Type"), "application/problem+json") {
		var problem struct{ Code, RequestID string }
		if err := json.Unmarshal(text, &problem); err != nil || problem.Code == "" {
			return a, fmt.Errorf("a problem without a code: %d %.300s", response.StatusCode, text)
		}
		a.code = problem.Code
		return a, nil
	}
	if response.StatusCode == http.StatusOK || bytes.Contains(text, []byte(`"errors"`)) {
		return a, nil
	}
	return a, fmt.Errorf("a refusal of no known kind: %d %.300s", response.StatusCode, text)
}
