package workshop

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/spf13/cobra"

	"github.com/voxanne/cascade/ent/audit"
	"github.com/voxanne/cascade/ent/rls"
	"github.com/voxanne/cascade/policy"
	"github.com/voxanne/cascade/policy/review"
)

// Database is where recorded decisions are, and what opens it: as the app role,
// with the key that seals scopes.
type Database struct{ URL, SealKeyFile string }

// recorded are the flags that say which decisions are meant.
type recorded struct{ since, from, data string }

func (f *recorded) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.since, "since", "", "from when on: 30d, 12h, 2026-11-01 or an RFC 3339 time (default 30d; with --from everything)")
	cmd.Flags().StringVar(&f.from, "from", "", "read a file instead of the database: JSON lines, gzipped or not, of audit records or OPA decision-log events")
	cmd.Flags().StringVar(&f.data, "data", "", "the data directory of a development server (default: DATABASE_URL and CASCADE_SEAL_KEY_FILE)")
}

// source is where recorded decisions come from.
type source struct {
	records iter.Seq2[review.Recorded, error]
	name    func(uuid.UUID) string // nil: ids
	// passed is how much has been read, in thousandths; -1 when nobody knows.
	passed *atomic.Int64
	close  func()
}

// open finds the decisions that the flags mean. The running policy decides
// whether they may be read from a database.
func (f recorded) open(ctx context.Context, c Config, running policy.Decider, task string) (source, error) {
	now := c.Now()
	since, err := f.begin(now)
	if err != nil {
		return source{}, err
	}
	if f.from == "" {
		return f.database(ctx, c, running, task, since, now)
	}
	s, err := openFile(f.from, since)
	if err == nil && f.data != "" { // for the names
		stored, err := f.database(ctx, c, running, task, now, now)
		if err != nil {
			s.close()
			return source{}, err
		}
		stored.close()
		s.name = stored.name
	}
	return s, err
}

// begin reads --since; zero means from the beginning.
func (f recorded) begin(now time.Time) (time.Time, error) {
	text := f.since
	if text == "" {
		if f.from != "" {
			return time.Time{}, nil
		}
		text = "30d"
	}
	if days, ok := strings.CutSuffix(text, "d"); ok {
		if n, err := strconv.Atoi(days); err == nil && n > 0 {
			return now.AddDate(0, 0, -n), nil
		}
	}
	if d, err := time.ParseDuration(text); err == nil && d > 0 {
		return now.Add(-d), nil
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if at, err := time.Parse(layout, text); err == nil {
			return at, nil
		}
	}
	return time.Time{}, fmt.Errorf("--since %s: neither a duration (30d, 12h) nor a date (2026-11-01)", text)
}

func (f recorded) database(ctx context.Context, c Config, running policy.Decider, task string, since, until time.Time) (_ source, err error) {
	at, err := c.Database(f.data)
	if err != nil {
		return source{}, err
	}
	if at.URL == "" || at.SealKeyFile == "" {
		return source{}, errors.New("which decisions? Name --from FILE, --data DIR, or DATABASE_URL and CASCADE_SEAL_KEY_FILE")
	}
	text, err := os.ReadFile(at.SealKeyFile)
	if err != nil {
		return source{}, fmt.Errorf("reading the seal key: %w", err)
	}
	key, err := rls.ParseKey(text)
	if err != nil {
		return source{}, err
	}
	config, err := rls.PoolConfig(at.URL)
	if err != nil {
		return source{}, err
	}
	config.MaxConns = 2
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return source{}, fmt.Errorf("opening the database: %w", err)
	}
	newID := func() uuid.UUID { return uuid.Must(uuid.NewV7()) }
	records := audit.NewWriter(pool, key, newID())
	done := func() {
		records.Close()
		pool.Close()
	}
	defer func() {
		if err != nil {
			done()
		}
	}()
	archive, err := OpenArchive(ctx, ArchiveConfig{
		Driver: rls.New(rls.Config{Pool: pool, Key: key, Now: c.Now}), Records: records, Decider: running, Task: task, Now: c.Now, NewID: newID,
	})
	if err != nil {
		return source{}, err
	}
	s := source{passed: &atomic.Int64{}, close: done}
	if s.name, err = archive.Names(ctx); err != nil {
		return source{}, err
	}
	span := until.Sub(since)
	s.records = func(yield func(review.Recorded, error) bool) {
		for r, err := range archive.Records(ctx, since, until) {
			if err == nil && span > 0 {
				s.passed.Store(int64(1000 * (float64(r.At.Sub(since)) / float64(span))))
			}
			if !yield(r, err) {
				return
			}
		}
	}
	return s, nil
}

// openFile reads records from a file, those before since aside.
func openFile(name string, since time.Time) (source, error) {
	file, err := os.Open(name) //nolint:gosec // who runs the command names it
	if err != nil {
		return source{}, err
	}
	info, err := file.Stat()
	if err != nil {
		return source{}, errors.Join(err, file.Close())
	}
	s := source{passed: &atomic.Int64{}, close: func() { _ = file.Close() }} // it was only read
	measured := &measuredReader{from: file, size: info.Size(), passed: s.passed}
	s.records = func(yield func(review.Recorded, error) bool) {
		for r, err := range review.ReadRecords(measured) {
			if err == nil && r.At.Before(since) {
				continue
			}
			if !yield(r, err) {
				return
			}
		}
	}
	return s, nil
}

// measuredReader tells how far it is.
type measuredReader struct {
	from       io.Reader
	read, size int64
	passed     *atomic.Int64
}

// Read implements io.Reader.
func (m *measuredReader) Read(p []byte) (int, error) {
	n, err := m.from.Read(p)
	m.read += int64(n)
	if m.size > 0 {
		m.passed.Store(1000 * m.read / m.size)
	}
	return n, err
}
