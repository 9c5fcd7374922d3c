package attack_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/voxanne/cascade/server/attack"
	"github.com/voxanne/cascade/server/stage"
)

// summary is the line that TestMain prints: what the matrix came to.
var summary = struct { //nolint:gochecknoglobals // from the test to TestMain
	sync.Mutex
	line string
}{}

func TestMain(m *testing.M) {
	m.Run() // keeps the code to exit with
	summary.Lock()
	defer summary.Unlock()
	if summary.line != "" {
		_, _ = fmt.Fprintln(os.Stdout, summary.line)
	}
}

// Everybody tries everything with every wall up. Nothing leaks, nothing refers
// across, and every answer is the model's.
func TestMatrix(t *testing.T) {
	t.Parallel()
	s := stage.Prepare(t)
	w := stage.Populate(t, s)
	spans := collect(t)
	s.Config.OTLPEndpoint = spans.URL
	s.Start(t)
	report, err := attack.Run(t.Context(), attack.Config{Stage: s, World: w, Spans: func() string {
		s.Stop() // what waits is sent at the end
		if err := <-s.Ended; err != nil {
			t.Errorf("ending: %v", err)
		}
		return spans.text()
	}})
	if err != nil {
		t.Fatal(err)
	}
	if text := spans.text(); !strings.Contains(text, "/graphql") {
		t.Errorf("the server sent no traces: %d bytes", len(text))
	}
	t.Log(report)
	show(t, "leak", report.Leaks)
	show(t, "crossing", report.Crossings)
	show(t, "unexpected", report.Unexpected)
	summary.Lock()
	defer summary.Unlock()
	summary.line = fmt.Sprintf("matrix: %d cells, %d leaks", report.Cells, len(report.Leaks))
}

func show(t *testing.T, kind string, all []string) {
	t.Helper()
	for _, one := range all[:min(len(all), 40)] {
		t.Errorf("%s: %s", kind, one)
	}
}

// collector keeps what is sent to it as traces, as it came: protobuf holds its
// texts plainly.
type collector struct {
	*httptest.Server
	mu   sync.Mutex
	sent strings.Builder
}

func collect(t *testing.T) *collector {
	t.Helper()
	c := &collector{}
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		_, _ = c.sent.Write(body)
	}))
	t.Cleanup(c.Close)
	return c
}

func (c *collector) text() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.sent.String()
}
