package audit

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/voxanne/cascade/ent/rls"
)

// ErrUnavailable means that a record could not be kept. What it was about must
// not be served.
var ErrUnavailable = errors.New("the audit cannot be written")

// maxBatch bounds one commit. More waiting records go with the next.
const maxBatch = 512

// Writer keeps the records of reads. Everything that waits when the one before
// is done goes into one commit, so the price of durability is shared by all
// who wait: a group commit. One goroutine writes, in one chain of its own, so
// nobody contends for the end of the chain.
type Writer struct {
	pool    *pgxpool.Pool
	key     rls.Key
	chain   string
	timeout time.Duration

	mu      sync.Mutex
	waiting []entry
	wake    chan struct{}
	closed  bool
	done    chan struct{}
	failed  error // of the last commit; nil when it worked

	// The end of the chain; only run touches these. lost means that the last
	// batch may be kept or not, so that the database has to say where the end is.
	seq  int64
	head [sha256.Size]byte
	lost bool
}

type entry struct {
	records []Record
	kept    chan error
}

// NewWriter starts a writer on a chain of its own. The key proves to the database
// that the program writes. Close ends it.
func NewWriter(pool *pgxpool.Pool, key rls.Key, node uuid.UUID) *Writer {
	w := &Writer{
		pool: pool, key: key, chain: "node:" + node.String(), timeout: 5 * time.Second,
		wake: make(chan struct{}, 1), done: make(chan struct{}),
	}
	go w.run()
	return w
}

// Append hands records over and returns at once. The answer they are about may
// leave when wait returns nil; ErrUnavailable means that it must not.
func (w *Writer) Append(records ...Record) (wait func(context.Context) error) {
	if len(records) == 0 {
		return func(context.Context) error { return nil }
	}
	e := entry{records: records, kept: make(chan error, 1)}
	w.mu.Lock()
	if w.closed {
		w.mu.Unlock()
		return func(context.Context) error { return fmt.Errorf("%w: shutting down", ErrUnavailable) }
	}
	w.waiting = append(w.waiting, e)
	w.mu.Unlock()
	select {
	case w.wake <- struct{}{}:
	default:
	}
	return func(ctx context.Context) error {
		select {
		case err := <-e.kept:
			return err
		case <-ctx.Done():
			return fmt.Errorf("%w: %w", ErrUnavailable, context.Cause(ctx))
		}
	}
}

// Healthy is nil while the last commit worked.
func (w *Writer) Healthy() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.failed
}

// Close keeps what is waiting, refuses what comes, and returns when the last
// record is down.
func (w *Writer) Close() {
	w.mu.Lock()
	if !w.closed {
		w.closed = true
		close(w.wake)
	}
	w.mu.Unlock()
	<-w.done
}

func (w *Writer) run() {
	defer close(w.done)
	for {
		_, open := <-w.wake
		for {
			batch := w.take()
			if len(batch) == 0 {
				break
			}
			err := w.commit(batch)
			w.mu.Lock()
			w.failed = err
			w.mu.Unlock()
			for _, e := range batch {
				e.kept <- err
			}
		}
		if !open {
			return
		}
	}
}

// take removes what waits, up to maxBatch records.
func (w *Writer) take() []entry {
	w.mu.Lock()
	defer w.mu.Unlock()
	n, records := 0, 0
	for n < len(w.waiting) && records < maxBatch {
		records += len(w.waiting[n].records)
		n++
	}
	batch := w.waiting[:n:n]
	w.waiting = w.waiting[n:]
	if len(w.waiting) == 0 {
		w.waiting = nil
	}
	return batch
}

// commit appends a batch. When the answer of the database is lost, the chain's
// end says whether the batch was kept; when that cannot be had either, the batch
// counts as not kept, and the next one asks again where the chain ends. A record
// more than was served does no harm.
func (w *Writer) commit(batch []entry) (err error) {
	ctx, cancel := context.WithTimeout(context.Background(), w.timeout)
	defer cancel()
	if w.lost {
		seq, head, err := w.end(ctx)
		if err != nil {
			return fmt.Errorf("%w: finding the end of the chain: %w", ErrUnavailable, err)
		}
		w.seq, w.head, w.lost = seq, head, false
	}
	defer func() { w.lost = err != nil }()
	var records []Record
	for _, e := range batch {
		records = append(records, e.records...)
	}
	links, err := chain(w.head, records)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	last := links[len(links)-1].hash
	bodies, hashes := columns(links)
	proof := w.key.Prove(appending(w.chain, w.seq+1, links))
	for attempt := 0; ; attempt++ {
		_, err = w.pool.Exec(ctx, appendRecords, w.chain, w.seq+1, w.head[:], bodies, hashes, proof)
		if err == nil {
			break
		}
		kept, end, headErr := w.end(ctx)
		if headErr == nil && kept == w.seq+int64(len(links)) && end == last {
			break
		}
		if headErr != nil || attempt > 0 {
			return fmt.Errorf("%w: %w", ErrUnavailable, errors.Join(err, headErr))
		}
	}
	w.seq += int64(len(links))
	w.head = last
	return nil
}

func (w *Writer) end(ctx context.Context) (seq int64, head [sha256.Size]byte, err error) {
	var hash []byte
	err = w.pool.QueryRow(ctx, chainHead, w.chain, w.key.Prove(heading(w.chain))).Scan(&seq, &hash)
	copy(head[:], hash)
	return seq, head, err
}
