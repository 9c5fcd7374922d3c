package feed

import (
	"sync"

	"github.com/google/uuid"
)

// topics counts who watches which org, and knows what Redis was asked for.
type topics struct {
	mu      sync.Mutex
	wanted  map[uuid.UUID]*topic
	asked   map[uuid.UUID]*topic
	closed  bool
	changed chan struct{} // holds one token while wanted and asked may differ
}

// topic is one org that is watched, from its first watcher to its last.
type topic struct {
	watchers  int
	confirmed chan struct{} // closed when Redis has answered
	once      sync.Once
}

func newTopics() *topics {
	return &topics{
		wanted: map[uuid.UUID]*topic{}, asked: map[uuid.UUID]*topic{}, changed: make(chan struct{}, 1),
	}
}

// add counts a watcher of org. The channel closes when Redis delivers to it.
func (t *topics) add(org uuid.UUID) (confirmed <-chan struct{}) {
	t.mu.Lock()
	defer t.mu.Unlock()
	w := t.wanted[org]
	if w == nil {
		w = &topic{confirmed: make(chan struct{})}
		t.wanted[org] = w
		t.signal()
	}
	w.watchers++
	return w.confirmed
}

// release takes a watcher of org away.
func (t *topics) release(org uuid.UUID) {
	t.mu.Lock()
	defer t.mu.Unlock()
	w := t.wanted[org]
	if w.watchers--; w.watchers == 0 {
		delete(t.wanted, org)
		t.signal()
	}
}

// confirm notes that Redis delivers to org. again is true when it had said so
// before, which it does after the connection was lost.
func (t *topics) confirm(org uuid.UUID) (again bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	w := t.wanted[org]
	if w == nil {
		return false
	}
	again = true
	w.once.Do(func() {
		again = false
		close(w.confirmed)
	})
	return again
}

// difference is what Redis must be asked for, and asked no more for, by channel;
// from then on it counts as asked. An org whose watchers left and came back in
// the meantime is asked for anew, so that it is confirmed anew.
func (t *topics) difference() (more, fewer []string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for org, w := range t.wanted {
		if t.asked[org] != w {
			t.asked[org] = w
			more = append(more, channel(org))
		}
	}
	for org := range t.asked {
		if t.wanted[org] == nil {
			delete(t.asked, org)
			fewer = append(fewer, channel(org))
		}
	}
	return more, fewer
}

// signal wakes whoever keeps Redis in step; the caller holds mu.
func (t *topics) signal() {
	if t.closed {
		return
	}
	select {
	case t.changed <- struct{}{}:
	default:
	}
}

// close ends the signals. Watchers may still come and go.
func (t *topics) close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.closed {
		t.closed = true
		close(t.changed)
	}
}
