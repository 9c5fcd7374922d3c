package local

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"time"
)

// patience is how long a server may take to obey a signal before it gets a
// harsher one.
const patience = 15 * time.Second

// process is a server that cannot outlive this program.
type process struct {
	name string
	cmd  *exec.Cmd
	said func() string // the end of what it printed
	done chan struct{}
	err  error // how it ended; read after done
}

// launch starts cmd in its own process group, so that a Ctrl-C meant for us
// does not reach it before we are ready, and has the kernel send it farewell
// when we die, whatever we die of. Its output goes to log, which may be nil.
func launch(name string, cmd *exec.Cmd, log io.Writer, farewell syscall.Signal) (*process, error) {
	last := &tail{}
	p := &process{name: name, cmd: cmd, said: last.String, done: make(chan struct{})}
	out := io.Writer(last)
	if log != nil {
		out = io.MultiWriter(last, log)
	}
	cmd.Stdout, cmd.Stderr, cmd.WaitDelay = out, out, time.Second
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Setpgid = true
	dieWithParent(cmd.SysProcAttr, farewell)

	started := make(chan error)
	go func() {
		// The kernel watches the thread that starts the process. This one is
		// kept until the process has ended.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		defer close(p.done)
		err := cmd.Start()
		started <- err
		if err == nil {
			p.err = cmd.Wait()
		}
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("starting %s: %w", name, err)
	}
	return p, nil
}

// ready waits until ask succeeds, the process ends, or ctx does.
func (p *process) ready(ctx context.Context, ask func(context.Context) error) error {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		err := ask(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-p.done:
			return fmt.Errorf("%s ended before it was ready (%w): %s", p.name, errors.Join(errEnded, p.err), p.said())
		case <-ctx.Done():
			return fmt.Errorf("waiting for %s: %w, last: %w", p.name, ctx.Err(), err)
		case <-tick.C:
		}
	}
}

// errEnded marks a server that went away by itself.
var errEnded = errors.New("process ended")

// stop sends the signals, mildest first, until one is obeyed. It is nil for a
// process that has ended already.
func (p *process) stop(signals ...syscall.Signal) error {
	for _, sig := range signals {
		if err := p.cmd.Process.Signal(sig); err != nil && !errors.Is(err, os.ErrProcessDone) {
			return fmt.Errorf("stopping %s: %w", p.name, err)
		}
		limit := time.NewTimer(patience)
		select {
		case <-p.done:
			limit.Stop()
			return nil
		case <-limit.C:
		}
	}
	return fmt.Errorf("stopping %s: process %d does not end", p.name, p.cmd.Process.Pid)
}
