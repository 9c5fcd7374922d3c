package local

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// CreateOwner makes, as the superuser of dsn, the role that migrations run as
// and a database that belongs to it. The role may log in and make roles and
// databases, and is no superuser: row security binds it like anyone. What is
// there already is brought to this state, so that it can be called again, and
// by several programs at once.
func CreateOwner(ctx context.Context, dsn, owner, database string) error {
	if owner == "" || database == "" {
		return errors.New("creating the owner: role and database must have names")
	}
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return fmt.Errorf("creating the owner: %w", err)
	}
	// The session's end also gives back the lock, even where ctx ended first.
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()

	if _, err := conn.Exec(ctx, "select pg_advisory_lock(hashtextextended('cascade create owner', 0))"); err != nil {
		return fmt.Errorf("creating the owner: %w", err)
	}
	role, base := pgx.Identifier{owner}.Sanitize(), pgx.Identifier{database}.Sanitize()
	const rights = " login createrole createdb nosuperuser nobypassrls noreplication"
	for _, step := range []struct{ exists, name, missing, present string }{
		{
			"select exists (select from pg_roles where rolname = $1)", owner,
			"create role " + role + rights,
			"alter role " + role + rights,
		},
		{
			// template0 never has a session, and so is always free to copy.
			"select exists (select from pg_database where datname = $1)", database,
			"create database " + base + " owner " + role + " template template0",
			"alter database " + base + " owner to " + role,
		},
	} {
		var there bool
		if err := conn.QueryRow(ctx, step.exists, step.name).Scan(&there); err != nil {
			return fmt.Errorf("creating the owner: %w", err)
		}
		statement := step.missing
		if there {
			statement = step.present
		}
		if _, err := conn.Exec(ctx, statement); err != nil {
			return fmt.Errorf("creating the owner: %s: %w", step.name, err)
		}
	}
	return nil
}
