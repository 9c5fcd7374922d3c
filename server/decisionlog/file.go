package decisionlog

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
)

// DefaultFileSize is the size in bytes at which a file is put away and a new one
// begun.
const DefaultFileSize = 100 << 20

// file is a Sink of JSON lines. A file that is full is put away as <path>.1,
// <path>.2 and so on, and never touched again: what ships or erases them is the
// operator's.
type file struct {
	path string
	most int64 // bytes
	f    *os.File
	size int64
}

// Deliver implements Sink: the events are on disk when it returns nil.
func (s *file) Deliver(_ context.Context, events [][]byte) error {
	if err := s.open(); err != nil {
		return err
	}
	var lines bytes.Buffer
	for _, e := range events {
		lines.Write(e)
		lines.WriteByte('\n')
	}
	n, err := s.f.Write(lines.Bytes())
	s.size += int64(n)
	if err == nil {
		err = s.f.Sync()
	}
	if err != nil {
		// What is half there is cut off before the next.
		return errors.Join(fmt.Errorf("writing decisions to a file: %w", err), s.Close())
	}
	return nil
}

// open has the file ready: whole, and with room.
func (s *file) open() error {
	if s.f != nil && s.size >= s.most {
		if err := errors.Join(s.Close(), s.putAway()); err != nil {
			return err
		}
	}
	if s.f != nil {
		return nil
	}
	f, err := os.OpenFile(s.path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("opening the file of decisions: %w", err)
	}
	size, err := whole(f)
	if err == nil {
		err = syncDir(filepath.Dir(s.path))
	}
	if err != nil {
		return errors.Join(fmt.Errorf("opening the file of decisions: %w", err), f.Close())
	}
	s.f, s.size = f, size
	return nil
}

// whole cuts off a line that a crash left half written: its event was not
// delivered, and comes again. It returns the size.
func whole(f *os.File) (int64, error) {
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return 0, err
	}
	const step = 4096
	end := size
	for end > 0 {
		from := max(end-step, 0)
		chunk := make([]byte, end-from)
		if _, err := f.ReadAt(chunk, from); err != nil {
			return 0, err
		}
		if i := bytes.LastIndexByte(chunk, '\n'); i >= 0 {
			end = from + int64(i) + 1
			break
		}
		end = from
	}
	if end == size {
		return size, nil
	}
	return end, f.Truncate(end)
}

// putAway renames a full file to the first number that is free.
func (s *file) putAway() error {
	for n := 1; ; n++ {
		name := s.path + "." + strconv.Itoa(n)
		_, err := os.Lstat(name)
		switch {
		case err == nil:
		case !errors.Is(err, os.ErrNotExist):
			return fmt.Errorf("putting a file of decisions away: %w", err)
		default:
			if err := os.Rename(s.path, name); err != nil {
				return fmt.Errorf("putting a file of decisions away: %w", err)
			}
			return nil
		}
	}
}

func syncDir(name string) error {
	dir, err := os.Open(name) //nolint:gosec // the operator names it
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// Close implements Sink.
func (s *file) Close() error {
	if s.f == nil {
		return nil
	}
	err := s.f.Close()
	s.f = nil
	return err
}
