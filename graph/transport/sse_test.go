package transport_test

import (
	"bufio"
	"context"
	"net/http"
	"strings"
	"testing"
	"time"
)

const events = "text/event-stream"

func TestSSE(t *testing.T) {
	t.Parallel()
	server := start(t, config{maxBody: 1000})
	complete := "event: complete\ndata:\n\n"
	tests := map[string]struct {
		body   string
		status int
		want   string // "*" stands for anything
	}{
		"a subscription": {
			`{"query":"subscription{ticks}"}`, 200,
			":\n\nevent: next\ndata: {\"data\":{ \"ticks\":1}}\n\nevent: next\ndata: {\"data\":{ \"ticks\":2}}\n\n" +
				"event: next\ndata: {\"data\":{ \"ticks\":3}}\n\n" + complete,
		},
		"a query":    {`{"query":"{hello}"}`, 200, ":\n\nevent: next\ndata: {\"data\":{\"hello\":\"<b>\"} ,*}\n\n" + complete},
		"validation": {`{"query":"subscription{nowhere}"}`, 200, ":\n\nevent: next\ndata: {\"errors\":[*]}\n\n" + complete},
		"a panic":    {`{"query":"subscription{boom}"}`, 200, ":\n\nevent: next\ndata: {\"errors\":[*]}\n\n" + complete},
		"no JSON":    {`{"query": secret`, 400, `{"status":400,*"code":"BAD_USER_INPUT"}`},
		"too large":  {`{"query":"{hello` + strings.Repeat(" ", 1000) + `}"}`, 413, `{*"max":1000}}`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := do(t, http.MethodPost, server.URL, test.body, "Accept: "+events, "Content-Type: "+legacy)
			if got.status != test.status {
				t.Errorf("status %d, want %d", got.status, test.status)
			}
			before, after, open := strings.Cut(test.want, "*")
			if !open && got.body != test.want || !strings.HasPrefix(got.body, before) || !strings.HasSuffix(got.body, after) {
				t.Errorf("body %q, want %q", got.body, test.want)
			}
			if strings.Contains(got.body, "secret") {
				t.Error("the answer repeats the request")
			}
		})
	}
	t.Run("GET changes nothing", func(t *testing.T) {
		t.Parallel()
		got := do(t, http.MethodGet, server.URL+"?query=mutation{rename(name:%22a%22)}", "", "Accept: "+events)
		if !strings.Contains(got.body, "GET runs queries only") {
			t.Errorf("body %q", got.body)
		}
	})
	t.Run("a form is refused", func(t *testing.T) {
		t.Parallel()
		if got := do(t, http.MethodPost, server.URL, "a=b", "Accept: "+events, "Content-Type: text/plain"); got.status != 415 {
			t.Errorf("status %d", got.status)
		}
	})
}

// An idle stream shows that it lives, for longer than the server's timeouts,
// and ends with its client: the server's Close waits for the handler.
func TestSSEHeartbeat(t *testing.T) {
	t.Parallel()
	server := start(t, config{heartbeat: 10 * time.Millisecond, timeout: 50 * time.Millisecond})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, server.URL, strings.NewReader(`{"query":"subscription{forever}"}`))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept", events)
	req.Header.Set("Content-Type", legacy)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	begun := time.Now()
	lines := bufio.NewScanner(resp.Body)
	for beats := 0; beats < 20; {
		if !lines.Scan() {
			t.Fatalf("the stream ended after %d beats and %v: %v", beats, time.Since(begun), lines.Err())
		}
		switch lines.Text() {
		case ":":
			beats++
		case "":
		default:
			t.Fatalf("an idle stream said %q", lines.Text())
		}
	}
}
