package local

import "context"

// Lease is one process's share in a Postgres and a Redis. The zero value is not
// usable.
type Lease struct {
	pair    pair
	redis   string // URL
	release func() error
}

// DSN is a connection URL for user and database, as Postgres.DSN gives it. The
// superuser is "postgres".
func (l *Lease) DSN(user, database string) string { return l.pair.Postgres.dsn(user, database) }

// RedisURL is the address of the Redis, as go-redis's ParseURL takes it.
func (l *Lease) RedisURL() string { return l.redis }

// CreateOwner makes a role that migrations can run as, and its database; see
// the function of the same name. Roles are seen by every user of the share.
func (l *Lease) CreateOwner(ctx context.Context, owner, database string) error {
	return CreateOwner(ctx, l.DSN(superuser, superuser), owner, database)
}

// Close gives the share back before the process ends. Later calls return what
// the first did.
func (l *Lease) Close() error { return l.release() }
