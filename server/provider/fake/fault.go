package fake

import (
	"bytes"
	"io"
	"maps"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// Fault is what goes wrong with one request. The zero Fault is none: the
// request is carried out and answered.
type Fault struct {
	// Lost means that the request is not carried out: whatever happens, happens
	// before the effect. Otherwise it happens after it.
	Lost bool
	// Twice carries the request out twice, as a proxy that repeats it does, and
	// gives the second answer.
	Twice bool
	// Status is answered in place of the true answer; zero: the true one.
	Status int
	// RetryAfter is the header of that name; zero: none.
	RetryAfter time.Duration
	// Cut closes the connection in place of an answer.
	Cut bool
	// Hang answers nothing until the client gives up.
	Hang bool
	// Then is called once the request was carried out or lost, before anything
	// is answered; nil: nothing.
	Then func()
}

// Faults says which requests go wrong. The zero Faults is ready: none do.
type Faults struct {
	mu      sync.Mutex
	planned []planned
	choose  func(*http.Request) Fault
	seen    int
}

type planned struct {
	method, path string
	fault        Fault
}

// Next lets the next request with this method and path go wrong, once. A path
// matches those that begin with it. Faults for the same request take turns, the
// first one first.
func (f *Faults) Next(method, path string, fault Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.planned = append(f.planned, planned{method, path, fault})
}

// Choose asks choose about every request that Next says nothing of; nil ends it.
func (f *Faults) Choose(choose func(*http.Request) Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.choose = choose
}

// Seen is how many requests came, whatever became of them.
func (f *Faults) Seen() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.seen
}

func (f *Faults) of(r *http.Request) Fault {
	f.mu.Lock()
	f.seen++
	for i, p := range f.planned {
		if p.method == r.Method && len(r.URL.Path) >= len(p.path) && r.URL.Path[:len(p.path)] == p.path {
			f.planned = append(f.planned[:i:i], f.planned[i+1:]...)
			f.mu.Unlock()
			return p.fault
		}
	}
	choose := f.choose
	f.mu.Unlock()
	if choose == nil {
		return Fault{}
	}
	return choose(r)
}

// before puts the faults in front of next.
func (f *Faults) before(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
		if err != nil {
			http.Error(w, "too large", http.StatusRequestEntityTooLarge)
			return
		}
		fault := f.of(r)
		answer := kept{header: http.Header{}, status: http.StatusOK}
		times := 1
		if fault.Lost {
			times = 0
		} else if fault.Twice {
			times = 2
		}
		for range times {
			answer = kept{header: http.Header{}, status: http.StatusOK}
			again := r.Clone(r.Context())
			again.Body = io.NopCloser(bytes.NewReader(body))
			next.ServeHTTP(&answer, again)
		}
		if fault.Then != nil {
			fault.Then()
		}
		switch {
		case fault.Hang:
			<-r.Context().Done()
			panic(http.ErrAbortHandler)
		case fault.Cut:
			panic(http.ErrAbortHandler)
		case fault.Status != 0:
			if fault.RetryAfter > 0 {
				w.Header().Set("Retry-After", strconv.Itoa(int(fault.RetryAfter/time.Second)))
			}
			w.WriteHeader(fault.Status)
		default:
			maps.Copy(w.Header(), answer.header)
			w.WriteHeader(answer.status)
			_, _ = w.Write(answer.body.Bytes()) // a client that went away asked for it
		}
	})
}

// kept is an answer that is not given yet.
type kept struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (k *kept) Header() http.Header         { return k.header }
func (k *kept) WriteHeader(status int)      { k.status = status }
func (k *kept) Write(b []byte) (int, error) { return k.body.Write(b) }
