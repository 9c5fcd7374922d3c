package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/voxanne/cascade/ent/rls"
	"github.com/voxanne/cascade/policy"
)

// errAbsent means that there is no such row in the clinic.
var errAbsent = errors.New("no such row")

// database sends statements under a clinic's sealed scope.
type database struct {
	pool   *pgxpool.Pool
	key    rls.Key
	scopes sync.Map // of policy.Scope, by clinic
}

// question is one statement and how its rows are read.
type question struct {
	query string
	args  []any
	read  func(pgx.Rows) error
}

// ask sends the clinic's scope and the questions in one round trip.
func (d *database) ask(ctx context.Context, org uuid.UUID, questions ...question) error {
	conn, err := d.pool.Acquire(ctx)
	if err != nil {
		return fmt.Errorf("acquiring a connection: %w", err)
	}
	defer conn.Release()
	batch := &pgx.Batch{}
	batch.Queue(`select set_config('app.scope', $1, true) is null`,
		d.key.Seal(d.scope(org), conn.Conn().PgConn().PID(), time.Now().Add(time.Minute)))
	for _, q := range questions {
		batch.Queue(q.query, q.args...)
	}
	results := conn.SendBatch(ctx, batch)
	if _, err := results.Exec(); err != nil {
		return errors.Join(err, results.Close())
	}
	for _, q := range questions {
		rows, err := results.Query()
		if err == nil {
			err = q.read(rows)
			rows.Close()
			err = errors.Join(err, rows.Err())
		}
		if err != nil {
			return errors.Join(err, results.Close())
		}
	}
	return results.Close()
}

// scope is what a clinic's own staff may touch, as far as the questions go.
func (d *database) scope(org uuid.UUID) policy.Scope {
	if known, ok := d.scopes.Load(org); ok {
		if scope, ok := known.(policy.Scope); ok {
			return scope
		}
	}
	staff := policy.Subject{
		ID: org, Kind: policy.Member,
		Memberships: []policy.Membership{{OrgID: org, Role: policy.Staff, Status: policy.OrgActive}},
	}
	var decisions []policy.Decision
	for _, need := range []struct {
		action   policy.Action
		resource policy.Resource
	}{
		{policy.Read, policy.Call},
		{policy.Read, policy.Agent},
		{policy.Read, policy.CallStats},
		{policy.Read, policy.Organization},
		{policy.Create, policy.KnowledgeArticle},
	} {
		q := policy.Request{Subject: staff, Action: need.action, Resource: need.resource, Orgs: []uuid.UUID{org}}
		decisions = append(decisions, policy.Judge(q, policy.Verdict{Allow: true, OrgIDs: q.Orgs}, policy.Evidence{}))
	}
	scope := policy.NewScope(staff, decisions...)
	d.scopes.Store(org, scope)
	return scope
}
