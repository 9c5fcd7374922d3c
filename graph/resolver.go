// Package graph is the GraphQL API: its schema, its resolvers, and the door
// that every operation passes.
package graph

import (
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"time"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent"
	"github.com/voxanne/cascade/ent/audit"
	"github.com/voxanne/cascade/graph/feed"
	"github.com/voxanne/cascade/policy"
)

// Resolver is what resolvers share. Rows they reach through ent.FromContext:
// the client of the operation, in its transaction when there is one.
type Resolver struct {
	// Watch notes ids that were asked for and not found.
	Watch *audit.Watch
	Now   func() time.Time
	NewID func() uuid.UUID
	// NewAPIKey draws an API key: its text, which is shown once, and what is kept
	// of it.
	NewAPIKey func() (reveal, publicID, lastFour string, hash [sha256.Size]byte, err error)
	// Random is where invitations' tokens and webhooks' keys and secrets come from:
	// crypto/rand.Reader outside tests.
	Random io.Reader
	// Secrets seals credentials and webhooks' secrets. It cannot open them.
	Secrets Sealer
	// Feed tells streams of changes; without one there are no subscriptions.
	Feed feed.Feed
	// PlayRecording writes a link that plays a recording; nil: recordings are not
	// kept here.
	PlayRecording func(Playback) (url string, expires time.Time, err error)
	// Policies ships policies; without one that is refused.
	Policies Policies
	// Hindsight explains what was decided; without one that is refused.
	Hindsight Hindsight

	resources map[string]policy.Resource // by the prefix of ids
}

// missed tells the watch that a row was asked for that this scope does not see.
func (r *Resolver) missed(ctx context.Context, action policy.Action, resource policy.Resource, ids ...uuid.UUID) {
	out := decidedFrom(ctx)
	decision, ok := out.decisions[need{action, resource}]
	if !ok {
		return
	}
	record := audit.NewRecord(decision, out.request.Origin)
	record.Allow, record.Reason, record.Input = false, policy.ReasonForeignRow, nil
	record.OrgIDs = []uuid.UUID{}
	r.Watch.Report(record, ids...)
}

// absent turns the not-found of a mutation into its error, and tells the watch.
func (r *Resolver) absent(ctx context.Context, err error, action policy.Action, resource policy.Resource, id uuid.UUID) error {
	if ent.IsNotFound(err) {
		r.missed(ctx, action, resource, id)
		return errors.Join(notFound(), err)
	}
	return err
}

func words[T ~string](list []T) []string {
	out := make([]string, len(list))
	for i, w := range list {
		out[i] = string(w)
	}
	return out
}
