package attack

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"

	"github.com/voxanne/cascade/server/ratelimit"
)

// shot is one request: one or more cells, and what should come of them.
type shot struct {
	name  string // the field and the way, for people
	cells int
	who   *stance
	ways  map[string]string // what each alias tries
	request
	// twin is the same request about rows that do not exist; nil: none. It must
	// be answered alike.
	twin *request
	// want is the code that every error must have; "" allows none.
	want string
	// wantStatus is the status, where one is expected; loose, that no code is.
	wantStatus int
	loose      bool
	// verify looks at the data, if there is any; nil: nothing to see.
	verify func(data map[string]any) []string
}

// request is what is sent; without a method a GraphQL operation.
type request struct {
	document     string
	variables    map[string]any
	method, path string
	body         string
	headers      []string
}

// answer is what came back.
type answer struct {
	status  int
	header  http.Header
	body    string
	decoded map[string]any // nil when the body is no JSON object
}

// client sends requests to one server.
type client struct {
	url   string
	http  *http.Client
	redis *redis.Client // to give back what limits took: they are not attacked here
}

// send asks as a stance. Refused by a limit, it has it lifted and asks again.
func (c *client) send(ctx context.Context, who *stance, r request) (answer, error) {
	for range 100 {
		a, err := c.once(ctx, who, r)
		if err != nil || a.status != http.StatusTooManyRequests && a.code() != "RATE_LIMITED" {
			return a, err
		}
		if err := c.refill(ctx, who); err != nil {
			return a, err
		}
	}
	return answer{}, fmt.Errorf("%s is held by a limit that cannot be lifted", who)
}

func (c *client) once(ctx context.Context, who *stance, r request) (answer, error) {
	method, path, body, headers := r.method, r.path, r.body, slices.Clone(r.headers)
	if method == "" {
		text, err := json.Marshal(map[string]any{"query": r.document, "variables": r.variables})
		if err != nil {
			return answer{}, fmt.Errorf("writing a request: %w", err)
		}
		method, path, body = http.MethodPost, "/graphql", string(text)
		headers = append(headers, "Content-Type: application/json", "Accept: application/graphql-response+json")
	}
	req, err := http.NewRequestWithContext(ctx, method, c.url+path, strings.NewReader(body))
	if err != nil {
		return answer{}, fmt.Errorf("making a request: %w", err)
	}
	if who != nil {
		headers = append(headers, who.Headers()...)
		if who.chosen != nil && !slices.ContainsFunc(headers, func(h string) bool { return strings.HasPrefix(h, "X-Cascade-Org") }) {
			headers = append(headers, "X-Cascade-Org: "+who.chosen.slug)
		}
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		if name == "Host" {
			req.Host = value
			continue
		}
		req.Header.Add(name, value)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return answer{}, fmt.Errorf("asking: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return answer{}, fmt.Errorf("reading an answer: %w", err)
	}
	a := answer{status: resp.StatusCode, header: resp.Header, body: string(text)}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if decoder.Decode(&a.decoded) != nil {
		a.decoded = nil
	}
	return a, nil
}

// refill gives back what the plans of who pays for itself allow.
func (c *client) refill(ctx context.Context, who *stance) error {
	for _, name := range []string{"starter", "platform"} {
		plan, err := ratelimit.PlanFor(name, ratelimit.Overrides{})
		if err != nil {
			return fmt.Errorf("lifting a limit: %w", err)
		}
		bucket := uuid.NewSHA1(who.ID, fmt.Appendf(nil, "%d/%d/%d", plan.Requests, plan.Burst, plan.Cost))
		keys, err := c.redis.Keys(ctx, "*"+bucket.String()+"*").Result()
		if err != nil {
			return fmt.Errorf("lifting a limit: %w", err)
		}
		if len(keys) > 0 {
			if err := c.redis.Del(ctx, keys...).Err(); err != nil {
				return fmt.Errorf("lifting a limit: %w", err)
			}
		}
	}
	return nil
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
