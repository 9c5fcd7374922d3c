package rls

import (
	"context"
	"fmt"
)

// Try runs work so that, when it fails, all that it did in this transaction is
// undone and nothing before it (a savepoint). Its error is then work's own, and
// the transaction goes on. When the undoing fails, the error is of that alone:
// work's own must not be taken for the whole story, and the transaction is over.
//
// Calls of Try may follow each other or nest. Nothing else may use the
// transaction meanwhile.
func (t *Tx) Try(ctx context.Context, work func() error) error {
	if err := t.mark(ctx, "savepoint work"); err != nil {
		return fmt.Errorf("setting a savepoint: %w", err)
	}
	failed := work()
	if failed != nil {
		if err := t.mark(ctx, "rollback to savepoint work"); err != nil {
			return fmt.Errorf("going back to a savepoint: %w", err)
		}
	}
	if err := t.mark(ctx, "release savepoint work"); err != nil {
		return fmt.Errorf("releasing a savepoint: %w", err)
	}
	return failed
}

// mark runs a statement that reads no row, and so needs no scope. In a
// transaction that failed a scope could not be set.
func (t *Tx) mark(ctx context.Context, statement string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.done {
		return ErrTxDone
	}
	_, err := t.tx.Exec(ctx, statement)
	return err
}
