package feed

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"

	"github.com/voxanne/cascade/graph/feed"
)

// Defaults of a Redis feed.
const (
	// DefaultPublishTimeout bounds how long a writer waits to tell others.
	DefaultPublishTimeout = 500 * time.Millisecond
	// DefaultConfirmTimeout bounds how long a new stream waits until Redis says
	// that it will hear everything from now on.
	DefaultConfirmTimeout = time.Second
	// DefaultHealthCheck is how long the connection may be silent before it is
	// tried, so that one that broke without a word is noticed.
	DefaultHealthCheck = 3 * time.Second
)

// Config is what a Redis feed needs. Client, Log and Node are required; every
// other zero takes its default.
type Config struct {
	// Client is shared with others and stays the caller's to close, after the
	// feed.
	Client *redis.Client
	Log    *slog.Logger
	// Node names this process, to tell its own messages from those of others.
	Node           uuid.UUID
	PublishTimeout time.Duration
	ConfirmTimeout time.Duration
	HealthCheck    time.Duration
}

// Redis is a feed between processes. It keeps one connection to listen on, and
// on it one subscription for each org that anybody here watches. It is safe for
// concurrent use. Make it with New, end it with Close.
type Redis struct {
	Config
	local  feed.Hub
	pubsub *redis.PubSub
	topics *topics
	deaf   atomic.Bool // the last publish did not reach Redis
	done   sync.WaitGroup
}

var _ feed.Feed = (*Redis)(nil)

// New starts a feed. It connects by itself, now or when Redis is there.
func New(c Config) (*Redis, error) {
	if c.Client == nil || c.Log == nil || c.Node == uuid.Nil {
		return nil, errors.New("feed: a client, a log and a node are required")
	}
	c.PublishTimeout = orElse(c.PublishTimeout, DefaultPublishTimeout)
	c.ConfirmTimeout = orElse(c.ConfirmTimeout, DefaultConfirmTimeout)
	c.HealthCheck = orElse(c.HealthCheck, DefaultHealthCheck)
	r := &Redis{Config: c, topics: newTopics()}
	r.pubsub = c.Client.Subscribe(context.Background())
	messages := r.pubsub.ChannelWithSubscriptions(redis.WithChannelHealthCheckInterval(c.HealthCheck))
	r.done.Go(func() { r.listen(messages) })
	r.done.Go(r.keepSubscribed)
	return r, nil
}

// Close ends the connection. Streams hear no more of other processes.
func (r *Redis) Close() error {
	r.topics.close()
	err := r.pubsub.Close()
	r.done.Wait()
	if err != nil {
		return fmt.Errorf("closing the feed: %w", err)
	}
	return nil
}

// Subscribe implements feed.Feed. It waits until Redis has confirmed, a moment
// at most: a stream that opens while Redis is away starts all the same.
func (r *Redis) Subscribe(ctx context.Context, orgs []uuid.UUID) (<-chan feed.CallEvent, error) {
	events, err := r.local.Subscribe(ctx, orgs)
	if err != nil {
		return nil, err
	}
	late := time.NewTimer(r.ConfirmTimeout)
	defer late.Stop()
	confirmed := make([]<-chan struct{}, len(orgs))
	for i, org := range orgs {
		confirmed[i] = r.topics.add(org)
		context.AfterFunc(ctx, func() { r.topics.release(org) })
	}
	for _, c := range confirmed {
		select {
		case <-c:
		case <-ctx.Done():
			return events, nil
		case <-late.C:
			r.Log.WarnContext(ctx, "a stream starts without Redis: it hears only of this process")
			return events, nil
		}
	}
	return events, nil
}

// Publish implements feed.Feed. Streams of this process hear of e at once,
// whatever becomes of Redis.
func (r *Redis) Publish(ctx context.Context, e feed.CallEvent) error {
	if err := r.local.Publish(ctx, e); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, r.PublishTimeout)
	defer cancel()
	err := r.Client.Publish(ctx, channel(e.OrgID), encode(r.Node, e)).Err()
	if err != nil {
		if !r.deaf.Swap(true) {
			r.Log.ErrorContext(ctx, "other processes do not hear of changes: Redis does not answer", "error", err)
		}
		return fmt.Errorf("telling of a change: %w", err)
	}
	if r.deaf.Swap(false) {
		r.Log.InfoContext(ctx, "other processes hear of changes again")
	}
	return nil
}

// listen hands what other processes publish to the streams of this one.
func (r *Redis) listen(messages <-chan any) {
	said := false
	for m := range messages {
		switch m := m.(type) {
		case *redis.Subscription:
			if m.Count <= 1 {
				said = false // the first of this connection, perhaps of a new one
			}
			org, ok := orgOf(m.Channel)
			if ok && m.Kind == "subscribe" && r.topics.confirm(org) && !said {
				said = true
				r.Log.Info("connected to Redis again: changes that other processes told of meanwhile were missed")
			}
		case *redis.Message:
			node, e, ok := decode(m.Channel, m.Payload)
			if !ok {
				r.Log.Warn("a message in Redis was not one of ours")
				continue
			}
			if node != r.Node {
				_ = r.local.Publish(context.Background(), e) // never fails
			}
		}
	}
}

// keepSubscribed makes what Redis is asked for what the streams need. It alone
// speaks on the connection, so that a stream never waits for one that hangs.
// go-redis subscribes again to all of it when it reconnects, so an error here
// is late, not lost.
func (r *Redis) keepSubscribed() {
	for range r.topics.changed {
		more, fewer := r.topics.difference()
		if len(more) > 0 {
			_ = r.pubsub.Subscribe(context.Background(), more...)
		}
		if len(fewer) > 0 {
			_ = r.pubsub.Unsubscribe(context.Background(), fewer...)
		}
	}
}

// orElse is d, or the default where d is not set.
func orElse(d, otherwise time.Duration) time.Duration {
	if d <= 0 {
		return otherwise
	}
	return d
}
