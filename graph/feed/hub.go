package feed

import (
	"context"
	"sync"

	"github.com/google/uuid"
)

// Hub is a Feed within one process: what a single node needs, and what a feed
// between processes hands its events to. The zero Hub is ready to use.
type Hub struct {
	mu          sync.Mutex
	subscribers map[uuid.UUID]map[*queue]struct{}
}

var _ Feed = (*Hub)(nil)

// Subscribe implements Feed. It never fails.
func (h *Hub) Subscribe(ctx context.Context, orgs []uuid.UUID) (<-chan CallEvent, error) {
	q, events := newQueue(), make(chan CallEvent)
	h.add(q, orgs)
	go func() {
		defer close(events)
		defer h.remove(q, orgs)
		deliver(ctx, q, events)
	}()
	return events, nil
}

// Publish implements Feed. It never fails and never blocks.
func (h *Hub) Publish(_ context.Context, e CallEvent) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	for q := range h.subscribers[e.OrgID] {
		q.put(e)
	}
	return nil
}

// deliver moves events from q to the subscriber until ctx ends or q is over.
func deliver(ctx context.Context, q *queue, events chan<- CallEvent) {
	for {
		e, ok, over := q.take()
		if over {
			return
		}
		if !ok {
			select {
			case <-q.wake:
				continue
			case <-ctx.Done():
				return
			}
		}
		select {
		case events <- e:
		case <-ctx.Done():
			return
		}
	}
}

func (h *Hub) add(q *queue, orgs []uuid.UUID) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.subscribers == nil {
		h.subscribers = map[uuid.UUID]map[*queue]struct{}{}
	}
	for _, org := range orgs {
		if h.subscribers[org] == nil {
			h.subscribers[org] = map[*queue]struct{}{}
		}
		h.subscribers[org][q] = struct{}{}
	}
}

func (h *Hub) remove(q *queue, orgs []uuid.UUID) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, org := range orgs {
		delete(h.subscribers[org], q)
		if len(h.subscribers[org]) == 0 {
			delete(h.subscribers, org)
		}
	}
}
