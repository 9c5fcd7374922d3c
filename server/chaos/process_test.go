package chaos_test

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/voxanne/cascade/server"
)

// process is the server, which may be killed and started again.
type process struct {
	config server.Config
	url    atomic.Value // string, of the last start
	log    lockedBuffer

	cmd    *exec.Cmd
	orders *json.Encoder
	in     io.Closer
	said   *json.Decoder
}

// start starts it and returns when it takes requests.
func (p *process) start(t *testing.T) {
	t.Helper()
	p.cmd = exec.Command(os.Args[0], asServer)
	p.cmd.Stderr = &p.log
	in, err := p.cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p.in, p.orders, p.said = in, json.NewEncoder(in), json.NewDecoder(out)
	if err := p.orders.Encode(p.config); err != nil {
		t.Fatal(err)
	}
	p.url.Store("http://" + p.hear(t))
}

// hear is what the server says next.
func (p *process) hear(t *testing.T) (line string) {
	t.Helper()
	if err := p.said.Decode(&line); err != nil {
		t.Fatalf("the server ended: %v\n%s", err, p.log.troubles())
	}
	return line
}

// kill ends it as kill -9 does.
func (p *process) kill(t *testing.T) {
	t.Helper()
	if err := p.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = p.cmd.Wait() // it was killed
}

// stop ends it as SIGTERM does, and is an error unless it ended well.
func (p *process) stop(t *testing.T) {
	t.Helper()
	_ = p.in.Close()
	if err := p.cmd.Wait(); err != nil {
		t.Errorf("the server ended with %v", err)
	}
}

// end kills it if it still runs, however the test ended.
func (p *process) end() {
	if p.cmd != nil && p.cmd.ProcessState == nil {
		_ = p.cmd.Process.Kill()
		_ = p.cmd.Wait()
	}
}

// setClock puts its clock off by d and returns when that holds.
func (p *process) setClock(t *testing.T, d time.Duration) {
	t.Helper()
	if err := p.orders.Encode(d); err != nil {
		t.Fatal(err)
	}
	if got := p.hear(t); got != d.String() {
		t.Fatalf("the clock is off by %s, want %s", got, d)
	}
}

// lockedBuffer keeps what a process says.
type lockedBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements io.Writer.
func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

// String is all of it.
func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// troubles are the last lines that are about more than one request.
func (b *lockedBuffer) troubles() string {
	var kept []string
	for line := range strings.Lines(b.String()) {
		if !strings.Contains(line, `"msg":"request"`) {
			kept = append(kept, line[:min(len(line), 600)])
		}
	}
	return strings.Join(kept[max(0, len(kept)-60):], "")
}
