package decisionlog

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	entsql "entgo.io/ent/dialect/sql"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/voxanne/cascade/ent/rls"
)

// errLease means that another process exports by now.
var errLease = errors.New("decisionlog: the lease is another's")

// outbox is the audit as a sink's sender sees it.
type outbox struct {
	driver *rls.Driver
	sink   string
	holder uuid.UUID
}

func (o outbox) prove(message string) string { return o.driver.Key.Prove(message) }

// lease takes or renews the right to send; zero gives it back.
func (o outbox) lease(ctx context.Context, d time.Duration) (mine bool, err error) {
	seconds := int(d / time.Second)
	err = o.driver.Pool.QueryRow(ctx, `select app.log_lease($1, $2, $3, $4)`, o.sink, o.holder, seconds,
		o.prove(fmt.Sprintf("log.lease %s %s %d", o.sink, o.holder, seconds))).Scan(&mine)
	if err != nil {
		return false, fmt.Errorf("taking the lease of the decision log: %w", err)
	}
	return mine, nil
}

// place is where a record is.
type place struct {
	Chain string
	Seq   int64
	ID    uuid.UUID
	Bytes int
}

// next finds the records that come next: those of chains after one, in the order
// of each chain.
func (o outbox) next(ctx context.Context, after string, most int) ([]place, error) {
	rows, err := o.driver.Pool.Query(ctx, `select chain, seq, id, bytes from app.log_next($1, $2, $3, $4)`, o.sink, after, most,
		o.prove(fmt.Sprintf("log.next %s %s %d", o.sink, after, most)))
	if err != nil {
		return nil, fmt.Errorf("finding decisions to send: %w", err)
	}
	places, err := pgx.CollectRows(rows, pgx.RowToStructByPos[place])
	if err != nil {
		return nil, fmt.Errorf("finding decisions to send: %w", err)
	}
	for i, size := 0, 0; i < len(places); i++ {
		if size += places[i].Bytes; i > 0 && size > batchBytes {
			return places[:i], nil
		}
	}
	return places, nil
}

// read reads records under the scope of ctx, which shows all or is no scope to
// send under.
func (o outbox) read(ctx context.Context, places []place) ([]row, error) {
	ids := make([]pgtype.UUID, len(places))
	at := map[string]int{}
	for i, p := range places {
		ids[i] = pgtype.UUID{Bytes: p.ID, Valid: true}
		at[p.Chain+" "+strconv.FormatInt(p.Seq, 10)] = i
	}
	found := &entsql.Rows{}
	// As a SELECT, the rows stream and hold their connection until they are closed.
	err := o.driver.Query(ctx, `SELECT chain, seq, prev_hash, hash, body FROM audit_decisions WHERE id = ANY ($1)`, []any{ids}, found)
	if err != nil {
		return nil, fmt.Errorf("reading decisions to send: %w", err)
	}
	defer func() { _ = found.Close() }()
	rows, n := make([]row, len(places)), 0
	for found.Next() {
		var r row
		if err := found.Scan(&r.Chain, &r.Seq, &r.PrevHash, &r.Hash, &r.Body); err != nil {
			return nil, fmt.Errorf("reading decisions to send: %w", err)
		}
		rows[at[r.Chain+" "+strconv.FormatInt(r.Seq, 10)]] = r
		n++
	}
	if err := found.Err(); err != nil {
		return nil, fmt.Errorf("reading decisions to send: %w", err)
	}
	if n != len(places) {
		return nil, fmt.Errorf("decisionlog: the scope shows %d of %d records", n, len(places))
	}
	return rows, nil
}

// delivered notes that the sink has these.
func (o outbox) delivered(ctx context.Context, rows []row) error {
	var chains []string
	var seqs []int64
	var said []string
	for i, r := range rows {
		if i+1 < len(rows) && rows[i+1].Chain == r.Chain {
			continue // the last of each chain says it all
		}
		chains, seqs = append(chains, r.Chain), append(seqs, r.Seq)
		said = append(said, r.Chain+":"+strconv.FormatInt(r.Seq, 10))
	}
	_, err := o.driver.Pool.Exec(ctx, `select app.log_delivered($1, $2, $3, $4, $5)`, o.sink, o.holder, chains, seqs,
		o.prove(fmt.Sprintf("log.delivered %s %s %s", o.sink, o.holder, strings.Join(said, ","))))
	if state, ok := errors.AsType[*pgconn.PgError](err); ok && state.Code == "55000" {
		return errLease
	}
	if err != nil {
		return fmt.Errorf("noting what was delivered: %w", err)
	}
	return nil
}

// refused sets a record aside.
func (o outbox) refused(ctx context.Context, r row, status int) error {
	_, err := o.driver.Pool.Exec(ctx, `select app.log_refused($1, $2, $3, $4, $5, $6)`, o.sink, o.holder, r.Chain, r.Seq, status,
		o.prove(fmt.Sprintf("log.refused %s %s %s %d %d", o.sink, o.holder, r.Chain, r.Seq, status)))
	if err != nil {
		return fmt.Errorf("setting a decision aside: %w", err)
	}
	return nil
}

// lag is the time of the oldest record that the sink has not got, zero when it
// has all, and how many were set aside.
func (o outbox) lag(ctx context.Context) (oldest time.Time, aside int64, err error) {
	var at *time.Time
	err = o.driver.Pool.QueryRow(ctx, `select oldest, refused from app.log_lag($1, $2)`, o.sink, o.prove("log.lag "+o.sink)).Scan(&at, &aside)
	if err != nil {
		return time.Time{}, 0, fmt.Errorf("looking at the decision log: %w", err)
	}
	if at != nil {
		oldest = *at
	}
	return oldest, aside, nil
}
