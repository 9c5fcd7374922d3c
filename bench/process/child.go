// Package process runs contenders as processes of their own, so that what each
// uses of the machine can be told from what the load generator uses.
package process

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/pprof"
	"os"
	"os/exec"
	"time"
)

// Ready is what a contender says on its standard output once it listens.
type Ready struct {
	Addr  string `json:"addr"`
	Pprof string `json:"pprof"`
}

// Serve is a contender's side: it serves h on a port of its own on the
// loopback, and profiles on another, says so, and ends with standard input.
func Serve(ctx context.Context, h http.Handler) error {
	profiles := http.NewServeMux()
	profiles.HandleFunc("/debug/pprof/", pprof.Index)
	profiles.HandleFunc("/debug/pprof/profile", pprof.Profile)
	var ready Ready
	var servers []*http.Server
	for _, s := range []struct {
		addr    *string
		handler http.Handler
	}{{&ready.Addr, h}, {&ready.Pprof, profiles}} {
		listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
		if err != nil {
			return fmt.Errorf("listening: %w", err)
		}
		*s.addr = listener.Addr().String()
		server := &http.Server{Handler: s.handler, ReadHeaderTimeout: 10 * time.Second}
		servers = append(servers, server)
		go func() { _ = server.Serve(listener) }() // ends with Shutdown
	}
	if err := json.NewEncoder(os.Stdout).Encode(ready); err != nil {
		return fmt.Errorf("saying where it listens: %w", err)
	}
	_, _ = bufio.NewReader(os.Stdin).ReadString(0) // until the other side closes it
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	var failed error
	for _, server := range servers {
		failed = errors.Join(failed, server.Shutdown(ctx))
	}
	return failed
}

// Child is a running contender.
type Child struct {
	Ready
	cmd   *exec.Cmd
	stdin interface{ Close() error }
}

// Start runs a program that ends in Serve and returns when it listens. The
// program ends with Stop, or with this process.
func Start(ctx context.Context, program string, args ...string) (*Child, error) {
	cmd := exec.CommandContext(ctx, program, args...) //nolint:gosec // G204: a program that we built
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("starting %s: %w", program, err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("starting %s: %w", program, err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting %s: %w", program, err)
	}
	c := &Child{cmd: cmd, stdin: stdin}
	if err := json.NewDecoder(stdout).Decode(&c.Ready); err != nil {
		return nil, errors.Join(fmt.Errorf("%s did not come up: %w", program, err), c.Stop())
	}
	return c, nil
}

// PID is the process id.
func (c *Child) PID() int { return c.cmd.Process.Pid }

// Stop ends the process and waits for it.
func (c *Child) Stop() error {
	_ = c.stdin.Close() // a process that is gone already has closed it
	if err := c.cmd.Wait(); err != nil {
		return fmt.Errorf("%s: %w", c.cmd.Path, err)
	}
	return nil
}
