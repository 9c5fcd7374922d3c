package review

import (
	"context"
	"errors"
	"iter"
	"runtime"
)

// inBatch is how many records go from one goroutine to the next at a time.
const inBatch = 64

// batch is some records in their order, and what was made of each.
type batch[T any] struct {
	records []Recorded
	errs    []error
	results []T
	done    chan struct{}
}

// inOrder has work done on every record by several goroutines, and take called
// for each by the caller's, in the order of the records, so that what it makes
// of them is the same each time. A few batches are held, whatever the number of
// records. An ErrRecord is handed to take; any other error of the records ends
// it, as do an error of take and the end of ctx.
func inOrder[T any](
	ctx context.Context, workers int, records iter.Seq2[Recorded, error],
	work func(context.Context, Recorded) T, take func(Recorded, error, T) error,
) error {
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	waiting := make(chan *batch[T])
	ordered := make(chan *batch[T], 2*workers)
	var broken error // what ended the records; read once ordered is closed
	go func() {
		defer close(ordered)
		defer close(waiting)
		broken = send(ctx, records, ordered, waiting)
	}()
	for range workers {
		go func() {
			for b := range waiting {
				for i, r := range b.records {
					if b.errs[i] == nil && ctx.Err() == nil {
						b.results[i] = work(ctx, r)
					}
				}
				close(b.done)
			}
		}()
	}
	var failed error
	for b := range ordered {
		<-b.done
		for i := 0; i < len(b.records) && failed == nil; i++ {
			if failed = ctx.Err(); failed == nil {
				failed = take(b.records[i], b.errs[i], b.results[i])
			}
		}
		if failed != nil {
			cancel(failed)
		}
	}
	if failed != nil {
		return failed
	}
	return broken
}

// send cuts records into batches, and puts each first where it is waited for and
// then where it is worked on: whoever waits for it will see it done.
func send[T any](ctx context.Context, records iter.Seq2[Recorded, error], ordered, waiting chan<- *batch[T]) (broken error) {
	var b *batch[T]
	flush := func() {
		if b != nil {
			b.results = make([]T, len(b.records))
			ordered <- b
			waiting <- b
			b = nil
		}
	}
	for r, err := range records {
		if err != nil && !errors.Is(err, ErrRecord) {
			broken = err
			break
		}
		if broken = ctx.Err(); broken != nil {
			break
		}
		if b == nil {
			b = &batch[T]{
				records: make([]Recorded, 0, inBatch), errs: make([]error, 0, inBatch), done: make(chan struct{}),
			}
		}
		b.records, b.errs = append(b.records, r), append(b.errs, err)
		if len(b.records) == inBatch {
			flush()
		}
	}
	flush()
	return broken
}
