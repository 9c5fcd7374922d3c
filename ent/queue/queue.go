// Package queue puts work off until later: it inserts jobs, in the transaction
// of what caused them, so that a job is there exactly when its cause was kept.
// server/jobs works them.
//
// The queue is River's, in the schema "river". The app role has no right to
// insert a job: app.enqueue does, for whoever proves with the seal key that the
// program asks. The proof stays with the job, and nothing is worked without it.
//
// A job's arguments hold ids, never health data and never a secret: the queue is
// nobody's table, and operators look into it.
package queue

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"time"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	"github.com/google/uuid"
)

// Lane separates jobs that would hold each other up: each lane has workers of
// its own.
type Lane string

// The lanes.
const (
	// Local is for work on our own rows, which is quick.
	Local Lane = "local"
	// Errands is for work that waits for somebody else's server.
	Errands Lane = "errands"
)

// DefaultAttempts is how often a job is tried. With the runner's pauses that is
// about half a day.
const DefaultAttempts = 25

// Kind is one sort of job. A is what its jobs are told: a struct of ids that
// reads back from JSON as it was written; fields may be added to it later.
type Kind[A any] struct {
	// Name is the kind's in rows, records and metrics: lower case, with hyphens.
	// It stays for ever, because jobs of it may wait.
	Name string
	Lane Lane // zero means Local
	// Attempts bounds how often a job is tried; then it is dead, and stays to be
	// seen. Zero means DefaultAttempts.
	Attempts int
}

// Order is one job to be done.
type Order[A any] struct {
	// ID names the job, and is its subject's in records. It is required. Two
	// orders with one id are one job.
	ID uuid.UUID
	// Org is the one clinic that the job works for; zero for the platform's own.
	Org  uuid.UUID
	Args A
	// At is when, at the earliest; zero means now.
	At time.Time
	// Unique makes this job one with every other of its kind and org that says
	// the same and that is waiting, running or was done a day ago or less. Empty:
	// each is its own.
	Unique string
}

// Tx is a transaction that can prove to the database that the program asks: an
// *rls.Tx.
type Tx interface {
	dialect.ExecQuerier
	Prove(message string) string
}

// ErrOrder means that an order is not one: it has no id or its kind no name.
var ErrOrder = errors.New("queue: no such job")

var kindName = regexp.MustCompile(`^[a-z][a-z0-9-]{0,63}$`)

// Insert puts a job into the queue when tx commits. The context needs a scope,
// as every statement does; it needs no right to anything, since what the job may
// do is decided when it is worked. inserted is false when there was such a job.
func (k Kind[A]) Insert(ctx context.Context, tx Tx, o Order[A]) (inserted bool, err error) {
	body, err := k.Text(o)
	if err != nil {
		return false, err
	}
	rows := &entsql.Rows{}
	if err := tx.Query(ctx, `select app.enqueue($1, $2)`, []any{body, tx.Prove(Message(body))}, rows); err != nil {
		return false, fmt.Errorf("inserting a job of kind %s: %w", k.Name, err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	if !rows.Next() {
		return false, fmt.Errorf("inserting a job of kind %s: no answer: %w", k.Name, rows.Err())
	}
	if err := rows.Scan(&inserted); err != nil {
		return false, fmt.Errorf("inserting a job of kind %s: %w", k.Name, err)
	}
	return inserted, nil
}

// Text is an order as it is kept, a Body; ErrOrder where it is none. Insert writes
// it, and whoever puts orders into the queue by another way.
func (k Kind[A]) Text(o Order[A]) (string, error) {
	if o.ID == uuid.Nil || !kindName.MatchString(k.Name) {
		return "", fmt.Errorf("%w: kind %q, id %s", ErrOrder, k.Name, o.ID)
	}
	args, err := json.Marshal(o.Args)
	if err != nil {
		return "", fmt.Errorf("writing a job of kind %s down: %w", k.Name, err)
	}
	b := Body{
		ID: o.ID, Kind: k.Name, Org: o.Org, Args: args, Lane: k.Lane, Attempts: k.Attempts, Unique: o.ID.String(),
	}
	if b.Lane == "" {
		b.Lane = Local
	}
	if b.Attempts == 0 {
		b.Attempts = DefaultAttempts
	}
	if o.Unique != "" {
		b.Unique = k.Name + " " + o.Org.String() + " " + o.Unique
	}
	if !o.At.IsZero() {
		b.At = new(o.At.UTC())
	}
	text, err := json.Marshal(b)
	if err != nil {
		return "", fmt.Errorf("writing a job of kind %s down: %w", k.Name, err)
	}
	return string(text), nil
}

// Body is a job as it is kept and proved. Its text, to the letter, is what the
// proof is over.
type Body struct {
	ID       uuid.UUID       `json:"id"`
	Kind     string          `json:"kind"`
	Org      uuid.UUID       `json:"org"`
	Args     json.RawMessage `json:"args"`
	Lane     Lane            `json:"lane"`
	Attempts int             `json:"attempts"`
	Unique   string          `json:"unique"`
	At       *time.Time      `json:"at,omitempty"`
}

// Message is what the proof of a job is over; the migration that made
// app.enqueue says the same.
func Message(body string) string { return "job " + body }
