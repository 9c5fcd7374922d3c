package dev

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/fsnotify/fsnotify"

	"github.com/voxanne/cascade/policy/opa"
)

// settle is how long files must be left alone before they are read: editors
// write in several steps.
const settle = 150 * time.Millisecond

// reloader keeps the engine at the policies in dir.
type reloader struct {
	dir    string
	engine *opa.Engine
	out    io.Writer
}

// start loads what is in dir and watches it until ctx ends, when the returned
// channel is closed. Without dir there is nothing to watch, and the policies in
// the binary stay.
func (r reloader) start(ctx context.Context) (<-chan struct{}, error) {
	done := make(chan struct{})
	if info, err := os.Stat(r.dir); err != nil || !info.IsDir() {
		close(done)
		return done, nil //nolint:nilerr // no such directory is the usual case outside the repository
	}
	watcher, err := fsnotify.NewWatcher()
	if err != nil {
		return nil, fmt.Errorf("watching %s: %w", r.dir, err)
	}
	if err := r.watch(watcher); err != nil {
		return nil, errors.Join(err, watcher.Close())
	}
	r.load(ctx)
	go func() {
		defer close(done)
		defer func() { _ = watcher.Close() }()
		r.follow(ctx, watcher)
	}()
	return done, nil
}

// watch adds dir and all directories below it; fsnotify does not by itself.
// What is watched already stays so.
func (r reloader) watch(watcher *fsnotify.Watcher) error {
	err := filepath.WalkDir(r.dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.IsDir() {
			return err
		}
		return watcher.Add(path)
	})
	if err != nil {
		return fmt.Errorf("watching %s: %w", r.dir, err)
	}
	return nil
}

// follow loads again whenever files have changed and then been left alone.
func (r reloader) follow(ctx context.Context, watcher *fsnotify.Watcher) {
	quiet := time.NewTimer(settle)
	quiet.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case event := <-watcher.Events:
			if !event.Has(fsnotify.Chmod) {
				quiet.Reset(settle)
			}
		case err := <-watcher.Errors:
			r.say("watching %s: %v", r.dir, err)
			quiet.Reset(settle) // events may have been lost
		case <-quiet.C:
			if err := r.watch(watcher); err != nil {
				r.say("%v", err)
			}
			r.load(ctx)
		}
	}
}

// load makes the files current, or says why they are not and leaves the
// running revision.
func (r reloader) load(ctx context.Context) {
	before := r.engine.Current().Revision()
	revision, err := r.engine.Load(ctx, os.DirFS(r.dir))
	switch {
	case err != nil:
		r.say("%s: revision %s goes on\n  %s", r.dir, before, strings.ReplaceAll(err.Error(), "\n", "\n  "))
	case revision != before:
		r.say("%s: revision %s is current", r.dir, revision)
	}
}

func (r reloader) say(format string, args ...any) { _, _ = fmt.Fprintf(r.out, format+"\n", args...) }
