package audit

import (
	"context"
	"crypto/sha256"
	"fmt"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	"github.com/google/uuid"
)

// Tx is a transaction that can prove to the database that the program asks. It
// is an *rls.Tx.
type Tx interface {
	dialect.ExecQuerier
	Prove(message string) string
}

// AppendTx keeps records in the transaction of the work they are about: both
// are there, or neither. Call it last, just before the commit: it holds the
// end of the org's chain until then.
func AppendTx(ctx context.Context, tx Tx, org uuid.UUID, records ...Record) error {
	return appendTx(ctx, tx, "org:"+org.String(), records)
}

// AppendPlatformTx is AppendTx for work that the platform's own people do and
// that is no one org's: shipping a policy, opening a clinic.
func AppendPlatformTx(ctx context.Context, tx Tx, records ...Record) error {
	return appendTx(ctx, tx, "platform", records)
}

func appendTx(ctx context.Context, tx Tx, name string, records []Record) error {
	if len(records) == 0 {
		return nil
	}
	seq, head, err := headTx(ctx, tx, name)
	if err != nil {
		return err
	}
	links, err := chain(head, records)
	if err != nil {
		return err
	}
	bodies, hashes := columns(links)
	err = tx.Exec(ctx, appendRecords, []any{name, seq + 1, head[:], bodies, hashes, tx.Prove(appending(name, seq+1, links))}, nil)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return nil
}

func headTx(ctx context.Context, tx Tx, name string) (seq int64, head [sha256.Size]byte, err error) {
	rows := &entsql.Rows{}
	if err := tx.Query(ctx, chainHead, []any{name, tx.Prove(heading(name))}, rows); err != nil {
		return 0, head, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	defer func() { _ = rows.Close() }()
	var hash []byte
	if !rows.Next() {
		return 0, head, fmt.Errorf("%w: no end of chain %s: %w", ErrUnavailable, name, rows.Err())
	}
	if err := rows.Scan(&seq, &hash); err != nil {
		return 0, head, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	copy(head[:], hash)
	return seq, head, nil
}
