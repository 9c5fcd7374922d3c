package attack

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"

	"github.com/voxanne/cascade/server/ratelimit"
)

// client sends requests to one server.
type client struct {
	url   string
	http  *http.Client
	redis *redis.Client // to give back what limits took: they are not attacked here
}

// send asks as a stance. Refused by a limit, it has it lifted and asks again,
// for as long as the server remembers that it refused.
func (c *client) send(ctx context.Context, who *stance, r request) (answer, error) {
	again := time.NewTicker(25 * time.Millisecond)
	defer again.Stop()
	for range 200 {
		a, err := c.once(ctx, who, r)
		if err != nil || a.status != http.StatusTooManyRequests && a.code() != "RATE_LIMITED" {
			return a, err
		}
		if err := c.refill(ctx, who); err != nil {
			return a, err
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			return a, ctx.Err()
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
