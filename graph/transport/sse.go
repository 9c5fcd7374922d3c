package transport

import (
	"context"
	"net/http"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// Defaults of the streaming transports.
const (
	// DefaultHeartbeat is how often an idle stream shows that it lives: below
	// the minute after which proxies drop a silent connection.
	DefaultHeartbeat = 15 * time.Second
	// DefaultWriteTimeout is how long a client may take to read one message.
	DefaultWriteTimeout = 10 * time.Second
)

// SSE streams an operation's results as server-sent events, one operation to a
// request: the distinct connections mode of graphql-sse. The zero SSE is ready
// to use.
//
// It is not gqlgen's own, which logs and returns the request body when it does
// not parse, bounds neither the body nor the time of a write, and may still
// send a heartbeat after its handler has returned.
type SSE struct {
	// MaxBody is the largest body in bytes; zero means DefaultMaxBody.
	MaxBody int64
	// Heartbeat is the time between signs of life; zero means DefaultHeartbeat.
	Heartbeat time.Duration
	// WriteTimeout bounds each write; zero means DefaultWriteTimeout. It takes
	// the place of the HTTP server's own, which would end a long stream.
	WriteTimeout time.Duration
	// Problem answers what was no GraphQL request; nil writes it plainly.
	Problem ProblemWriter
}

var _ graphql.Transport = SSE{}

// Supports takes a POST or GET that names text/event-stream in Accept.
func (t SSE) Supports(r *http.Request) bool {
	return (r.Method == http.MethodPost || r.Method == http.MethodGet) && accepts(r, eventStream)
}

// Do streams "next" events and one "complete". Errors of an operation are
// events as well, for the protocol has no other place for them; only a
// request that cannot be read is a problem.
func (t SSE) Do(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor) {
	params, problem := t.read(w, r)
	if problem != nil {
		t.Problem.write(w, r, *problem)
		return
	}
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	op, errs := exec.CreateOperationContext(ctx, params)
	ctx = graphql.WithOperationContext(ctx, op)
	if errs == nil && r.Method == http.MethodGet {
		_, errs = onlyQuery(op.Operation)
	}

	s, err := openStream(w, orDefault(t.WriteTimeout, DefaultWriteTimeout))
	if err != nil {
		return // the client is gone, or the server cannot stream
	}
	beating := s.beat(ctx, cancel, orDefault(t.Heartbeat, DefaultHeartbeat))
	defer func() {
		cancel()
		<-beating // nothing writes once Do has returned
		s.close()
	}()

	if errs != nil {
		if s.next(exec.DispatchError(ctx, errs)) == nil {
			_ = s.complete()
		}
		return
	}
	stream(ctx, s, exec, op)
}

func (t SSE) read(w http.ResponseWriter, r *http.Request) (*graphql.RawParams, *Problem) {
	var (
		params  *graphql.RawParams
		problem *Problem
		errs    gqlerror.List
	)
	if r.Method == http.MethodGet {
		params, errs = readURL(r)
	} else {
		params, problem, errs = readBody(w, r, t.MaxBody)
	}
	if errs != nil {
		p := bad(http.StatusBadRequest, errs[0].Message)
		problem = &p
	}
	return params, problem
}

// stream sends every response of op until it ends or the client is gone. A
// panic becomes the last event, as the stream's status has long been sent.
func stream(ctx context.Context, s *eventWriter, exec graphql.GraphExecutor, op *graphql.OperationContext) {
	defer func() {
		if p := recover(); p != nil {
			fault := gqlerror.WrapIfUnwrapped(op.Recover(ctx, p))
			if s.next(exec.DispatchError(ctx, gqlerror.List{fault})) == nil {
				_ = s.complete()
			}
		}
	}()
	responses, ctx := exec.DispatchOperation(ctx, op)
	for {
		resp := responses(ctx)
		if resp == nil {
			break
		}
		if s.next(resp) != nil {
			return
		}
		if op.Operation.Operation != ast.Subscription {
			break // an interceptor's answer may not know that it was given
		}
	}
	if ctx.Err() == nil {
		_ = s.complete() // nothing is left to tell a client that is gone
	}
}

func orDefault(d, otherwise time.Duration) time.Duration {
	if d <= 0 {
		return otherwise
	}
	return d
}
