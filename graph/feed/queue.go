package feed

import "sync"

// maxWaiting is how many calls may have changed since a subscriber last took an
// event: far more than a client that reads can fall behind.
const maxWaiting = 1024

// queue holds what a subscriber has not taken yet: each call once, however
// often it changed, the longest waiting first.
type queue struct {
	mu      sync.Mutex
	waiting []CallEvent
	held    map[CallEvent]struct{}
	over    bool
	wake    chan struct{} // holds one token while there is news
}

func newQueue() *queue {
	return &queue{held: map[CallEvent]struct{}{}, wake: make(chan struct{}, 1)}
}

// put adds e unless it waits already. It never blocks. A queue that would grow
// past its bound is over: it forgets all and takes no more.
func (q *queue) put(e CallEvent) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if _, ok := q.held[e]; ok || q.over {
		return
	}
	if len(q.waiting) >= maxWaiting {
		q.over, q.waiting, q.held = true, nil, nil
	} else {
		q.waiting = append(q.waiting, e)
		q.held[e] = struct{}{}
	}
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// take removes the event that waited longest. ok is false when none waits.
func (q *queue) take() (e CallEvent, ok, over bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.over || len(q.waiting) == 0 {
		q.waiting = nil // what was taken is not kept alive
		return CallEvent{}, false, q.over
	}
	e, q.waiting = q.waiting[0], q.waiting[1:]
	delete(q.held, e)
	return e, true, false
}
