package rls

import (
	"database/sql"
	"errors"
	"fmt"
	"sync"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
	"go.opentelemetry.io/otel/trace"
)

// streamed reads a statement's rows off the wire. Closing it ends the batch,
// and with it the implicit transaction.
type streamed struct {
	rows    pgx.Rows
	results pgx.BatchResults
	span    trace.Span
	release func()
	closed  bool
	err     error
}

// Next implements ent's ColumnScanner.
func (s *streamed) Next() bool { return s.rows.Next() }

// Scan implements ent's ColumnScanner.
func (s *streamed) Scan(dest ...any) error { return s.rows.Scan(dest...) }

// Err implements ent's ColumnScanner: why Next said no, if it was an error.
func (s *streamed) Err() error { return errors.Join(s.rows.Err(), s.err) }

// Columns implements ent's ColumnScanner.
func (s *streamed) Columns() ([]string, error) { return names(s.rows.FieldDescriptions()), nil }

// ColumnTypes gives none; ent then scans into what it finds.
func (*streamed) ColumnTypes() ([]*sql.ColumnType, error) { return nil, nil }

// NextResultSet implements ent's ColumnScanner; a statement has one.
func (*streamed) NextResultSet() bool { return false }

// Close ends the batch and gives the connection back. Twice does nothing.
func (s *streamed) Close() error {
	if s.closed {
		return s.err
	}
	s.closed = true
	s.rows.Close()
	s.err = s.results.Close()
	s.span.End()
	if s.release != nil {
		s.release()
	}
	return s.err
}

// finish reads a command to its end and reports what it did.
func (s *streamed) finish(v any) error {
	for s.rows.Next() {
		continue // the rows are not wanted
	}
	err := errors.Join(s.rows.Err(), s.Close())
	if err != nil {
		return err
	}
	return result(v, s.rows.CommandTag())
}

// buffer reads every row and ends the batch, so that no error is left to come.
func (s *streamed) buffer(types *typePool) (*buffered, error) {
	b := &buffered{types: types, fields: append([]pgconn.FieldDescription(nil), s.rows.FieldDescriptions()...), at: -1}
	for s.rows.Next() {
		raw := s.rows.RawValues()
		row := make([][]byte, len(raw))
		for i, v := range raw {
			if v != nil {
				row[i] = append([]byte{}, v...)
			}
		}
		b.rows = append(b.rows, row)
	}
	if err := errors.Join(s.rows.Err(), s.Close()); err != nil {
		return nil, err
	}
	return b, nil
}

// buffered is rows that already left the connection.
type buffered struct {
	types  *typePool
	fields []pgconn.FieldDescription
	rows   [][][]byte
	at     int
}

func (b *buffered) Next() bool {
	b.at++
	return b.at < len(b.rows)
}

func (b *buffered) Scan(dest ...any) error {
	if len(dest) != len(b.fields) {
		return fmt.Errorf("rls: %d columns scanned into %d values", len(b.fields), len(dest))
	}
	m := b.types.get()
	defer b.types.put(m)
	for i, f := range b.fields {
		if err := m.Scan(f.DataTypeOID, f.Format, b.rows[b.at][i], dest[i]); err != nil {
			return fmt.Errorf("column %s: %w", f.Name, err)
		}
	}
	return nil
}

func (b *buffered) Columns() ([]string, error)            { return names(b.fields), nil }
func (*buffered) ColumnTypes() ([]*sql.ColumnType, error) { return nil, nil }
func (*buffered) NextResultSet() bool                     { return false }
func (*buffered) Err() error                              { return nil }
func (*buffered) Close() error                            { return nil }

func names(fields []pgconn.FieldDescription) []string {
	out := make([]string, len(fields))
	for i, f := range fields {
		out[i] = f.Name
	}
	return out
}

// typePool keeps type maps for buffered rows: a connection's own map is not
// safe to use once the connection serves somebody else.
type typePool struct{ pool sync.Pool }

func (p *typePool) get() *pgtype.Map {
	if m, ok := p.pool.Get().(*pgtype.Map); ok {
		return m
	}
	m := pgtype.NewMap()
	m.RegisterType(utcTimestamps())
	return m
}

func (p *typePool) put(m *pgtype.Map) { p.pool.Put(m) }
