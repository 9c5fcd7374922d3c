package dev_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/voxanne/cascade/server/dev"
)

// patience bounds what a test waits for; nothing takes that long.
const patience = time.Minute

// running is a development server of one test.
type running struct {
	dev.About
	dir  string
	said *output
	stop func() error // as Ctrl-C does; returns what Run returned
}

// output is what was said so far.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// start runs dev in dir until the test or stop ends it.
func start(t testing.TB, c dev.Config) *running {
	t.Helper()
	r := &running{dir: c.DataDir, said: &output{}}
	c.Out = r.said
	if c.Addr == "" {
		c.Addr = "127.0.0.1:0"
	}
	if c.PolicyDir == "" {
		c.PolicyDir = filepath.Join(c.DataDir, "no policies")
	}
	// What a killed server told is removed by the next, but not before we look.
	if err := os.Remove(filepath.Join(r.dir, "dev.json")); err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	var err error
	go func() {
		defer close(ended)
		err = dev.Run(ctx, c)
	}()
	r.stop = sync.OnceValue(func() error {
		cancel()
		<-ended
		return err
	})
	t.Cleanup(func() {
		if err := r.stop(); err != nil {
			t.Errorf("stopping: %v", err)
		}
		if t.Failed() {
			t.Logf("said:\n%s", r.said)
		}
	})
	until(t, "dev.json", func() bool {
		select {
		case <-ended:
			t.Fatalf("dev ended: %v", err)
		default:
		}
		text, err := os.ReadFile(filepath.Join(r.dir, "dev.json"))
		if errors.Is(err, os.ErrNotExist) {
			return false
		}
		if err == nil {
			err = json.Unmarshal(text, &r.About)
		}
		if err != nil {
			t.Fatal(err)
		}
		return true
	})
	return r
}

// until waits for something to come true.
func until(t testing.TB, what string, done func() bool) {
	t.Helper()
	deadline := time.After(patience)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case <-deadline:
			t.Fatalf("waited too long for %s", what)
		case <-tick.C:
		}
	}
}

// ask sends a GraphQL query with a credential about one org ("": all that it
// proves) and returns the answer.
func (r *running) ask(t testing.TB, credential, org, query string) string {
	t.Helper()
	body, err := json.Marshal(map[string]string{"query": query})
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, r.GraphQL, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer "+credential)
	if org != "" {
		request.Header.Set("X-Cascade-Org", org)
	}
	return send(t, request, http.StatusOK)
}

// count is how many calls the holder of token sees.
func (r *running) count(t testing.TB, token string) int {
	t.Helper()
	var answer struct {
		Data struct{ Calls struct{ TotalCount int } }
	}
	if err := json.Unmarshal([]byte(r.ask(t, token, "", `{ calls { totalCount } }`)), &answer); err != nil {
		t.Fatal(err)
	}
	return answer.Data.Calls.TotalCount
}

func send(t testing.TB, request *http.Request, status int) string {
	t.Helper()
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if response.StatusCode != status {
		t.Fatalf("%s %s: %s\n%s", request.Method, request.URL, response.Status, text)
	}
	return strings.TrimSpace(string(text))
}
