package graph

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/google/uuid"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/voxanne/cascade/ent"
	"github.com/voxanne/cascade/ent/audit"
	"github.com/voxanne/cascade/graph/fault"
	"github.com/voxanne/cascade/graph/feed"
	"github.com/voxanne/cascade/policy"
)

// DefaultRecheck is how often the right to a stream is looked at again while
// nothing happens on it.
const DefaultRecheck = 4 * time.Second

// subscription is one operation that goes on. Each of its events passes the
// door as if it were a request: facts read anew, decided under the policy
// revision that runs then, recorded, and only then read and sent. So a policy
// that is replaced drops no stream, and one whose right is gone ends.
//
// The transport asks for one response after the other, from one goroutine.
type subscription struct {
	door      *Door
	opened    decided
	needs     []need
	plan      plan
	operation string
	field     *ast.Field
	stream    stream
	respond   graphql.ResponseHandler
	recheck   *time.Ticker
	ended     bool
}

// stream is what the resolver of a subscription leaves for the door: where its
// events come from, and how one of them is read.
type stream struct {
	orgs   []uuid.UUID
	events <-chan feed.CallEvent
	// load reads what e is about, under the scope of ctx, and hands it to the
	// response that follows. It is false when there is nothing to tell.
	load func(ctx context.Context, e feed.CallEvent) (bool, error)
}

type streamKey struct{}

// subscribe opens a subscription. The record of its opening is kept first.
func (d *Door) subscribe(ctx context.Context, next graphql.OperationHandler, s *subscription, records []audit.Record) graphql.ResponseHandler {
	op := graphql.GetOperationContext(ctx).Operation
	fields := rootFields(op.SelectionSet)
	if err := d.Records.Append(records...)(ctx); err != nil {
		d.Log.ErrorContext(ctx, "a stream was not opened: its record could not be kept", "error", err)
		return refuse(ctx, err)
	}
	if d.Refresh == nil || len(fields) != 1 {
		return refuse(ctx, fault.New(fault.Unavailable, "Subscriptions are not open here."))
	}
	s.door, s.field = d, fields[0]
	if err := s.opened.denial(s.field.Definition); err != nil {
		return graphql.OneShot(s.failed(ctx, err))
	}
	ctx = context.WithValue(ent.NewContext(ctx, d.Client), streamKey{}, &s.stream)
	s.respond = next(ctx)
	if s.stream.events == nil {
		return s.respond // the resolver's own error
	}
	interval := d.Recheck
	if interval <= 0 {
		interval = DefaultRecheck
	}
	s.recheck = time.NewTicker(interval)
	context.AfterFunc(ctx, s.recheck.Stop)
	return s.next
}

// openStream is how a resolver follows the changes of the rows that its scope
// reads. load reads one of them, or returns nil when there is nothing to tell.
func openStream[T any](
	ctx context.Context, f feed.Feed, r policy.Resource, load func(context.Context, feed.CallEvent) (*T, error),
) (<-chan *T, error) {
	s, ok := ctx.Value(streamKey{}).(*stream)
	if !ok || f == nil {
		return nil, fault.New(fault.Unavailable, "Subscriptions are not open here.")
	}
	scope, err := policy.ScopeFrom(ctx)
	if err != nil {
		return nil, err
	}
	orgs := slices.Clone(scope.Orgs(policy.Read, r))
	events, err := f.Subscribe(ctx, orgs)
	if err != nil {
		return nil, fmt.Errorf("following changes: %w", err)
	}
	out := make(chan *T, 1)
	s.orgs, s.events = orgs, events
	s.load = func(ctx context.Context, e feed.CallEvent) (bool, error) {
		row, err := load(ctx, e)
		if err != nil || row == nil {
			return false, err
		}
		out <- row // taken by the response that follows, before the next load
		return true, nil
	}
	return out, nil
}

// next waits for the next response; nil ends the stream.
func (s *subscription) next(ctx context.Context) *graphql.Response {
	for !s.ended {
		select {
		case <-ctx.Done():
			return nil
		case <-s.recheck.C:
			if err := s.check(ctx); err != nil {
				return s.end(ctx, err)
			}
		case e, ok := <-s.stream.events:
			if ctx.Err() != nil {
				return nil
			}
			if !ok {
				return s.end(ctx, errBehind)
			}
			if !slices.Contains(s.stream.orgs, e.OrgID) {
				continue
			}
			response, err := s.tell(ctx, e)
			if err != nil {
				return s.end(ctx, err)
			}
			if response != nil {
				return response
			}
		}
	}
	return nil
}

// errBehind ends a stream whose client was told less than happened.
var errBehind = fault.New(fault.Unavailable, "This stream fell behind. Fetch what you show again, then subscribe again.") //nolint:gochecknoglobals // immutable

// tell decides an event for its receiver and answers with what it may see of
// it. The decision is about the event's own clinic and no other.
func (s *subscription) tell(ctx context.Context, e feed.CallEvent) (*graphql.Response, error) {
	request, now, err := s.refresh(ctx)
	if err != nil {
		return nil, err
	}
	request.Orgs = []uuid.UUID{e.OrgID}
	out, err := s.decide(ctx, request, s.needs, now, true)
	if err != nil {
		return nil, err
	}
	scope := policy.NewScope(request.Subject, values(out.decisions)...)
	out.masked = s.plan.masked(scope)
	ctx = context.WithValue(policy.WithScope(WithRequest(ctx, request), scope), decidedKey{}, out)
	told, err := s.stream.load(ctx, e)
	if err != nil || !told {
		return nil, err
	}
	return s.respond(ctx), nil
}

// check looks whether the right to the stream still stands in each of its
// clinics. Nothing leaves on its word, so only a refusal is recorded, and a
// check that cannot be made waits for the next.
func (s *subscription) check(ctx context.Context) error {
	request, now, err := s.refresh(ctx)
	if errors.Is(err, errNoFacts) {
		s.door.Log.WarnContext(ctx, "the right to a stream could not be checked", "error", err)
		return nil
	}
	if err != nil {
		return err
	}
	for _, org := range s.stream.orgs {
		request.Orgs = []uuid.UUID{org}
		if _, err := s.decide(ctx, request, cansOf(s.field.Definition), now, false); err != nil {
			return err
		}
	}
	return nil
}

// decide asks for needs and keeps the records: of refusals, or of everything.
// The error is the refusal of the stream itself, or that a record was not kept.
func (s *subscription) decide(ctx context.Context, request Request, needs []need, now time.Time, keep bool) (decided, error) {
	out := decided{now: now, request: request, whole: true}
	var records []audit.Record
	out.decisions, records = s.door.decide(ctx, request, needs, s.operation, now)
	denial := out.denial(s.field.Definition)
	if keep || denial != nil {
		if err := s.door.Records.Append(records...)(ctx); err != nil {
			return decided{}, err
		}
	}
	return out, denial
}

// errNoFacts means that nobody could say what the subject is now.
var errNoFacts = errors.New("reading a subject's facts again")

// refresh reads the subject's facts anew. A subject that is gone keeps its name,
// for the record of its refusal, and nothing else.
func (s *subscription) refresh(ctx context.Context) (Request, time.Time, error) {
	request, now := s.opened.request, s.door.Now()
	old := request.Subject
	if e := old.Credential.Expires; !e.IsZero() && !now.Before(e) {
		return Request{}, now, fault.New(fault.Unauthenticated, "Your sign-in has ended. Sign in and subscribe again.")
	}
	fresh, err := s.door.Refresh(ctx, old)
	if err != nil {
		return Request{}, now, &fault.Error{
			Code: unavailable.Code, Message: unavailable.Message, Cause: fmt.Errorf("%w: %w", errNoFacts, err),
		}
	}
	if fresh.ID != old.ID || !fresh.Known() {
		fresh = policy.Subject{ID: old.ID, Kind: old.Kind, Credential: old.Credential}
	}
	request.Subject = fresh
	return request, now, nil
}

// end answers with why the stream ends; the next call says that it has.
func (s *subscription) end(ctx context.Context, err error) *graphql.Response {
	s.ended = true
	if ctx.Err() != nil {
		return nil // nobody is there to be told
	}
	return s.failed(ctx, err)
}

func (s *subscription) failed(ctx context.Context, err error) *graphql.Response {
	response := failed(ctx, err)
	response.Errors[0].Path = ast.Path{ast.PathName(s.field.Alias)}
	if code := classify(err).Code; code == fault.Internal || code == fault.Unavailable {
		s.door.Log.WarnContext(ctx, "a stream ended", "error", logged(err))
	}
	return response
}
