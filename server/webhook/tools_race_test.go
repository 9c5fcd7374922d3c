package webhook_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/voxanne/cascade/ent/rls"
)

// 200 callers want the same 20 times at once: each time is booked once, and each
// of the others hears that it is taken and what is free.
func TestManyCallersWantTheSameTimes(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.config.Timeout = time.Minute // so many at once, on whatever machine
	s.at(t, monday)
	c := s.clinic(t, "lantern")
	s.Exec(t, `insert into booking_rules (org_id, id, buffer_minutes) values ($1, gen_random_uuid(), 0)`, c.org)
	// Half of the calls are known already, as they mostly are: to make one takes
	// turns of its own, at the day's figures, which would hide a race.
	s.Exec(t, `insert into call_logs (org_id, id, provider_call_id, direction, status, status_rank, caller_number, started_at)
		select $1, gen_random_uuid(), 'call-' || n, 'inbound', 'in_progress', 4, '+1555020' || lpad(n::text, 4, '0'), $2 from generate_series(0, 199) n where n / 20 % 2 = 0`, c.org, monday)
	var times []string
	for i := range 20 {
		day, slot := 1+i/10, i%10
		times = append(times, fmt.Sprintf("2026-12-%02dT%02d:%02d:00-05:00", day, 9+slot/2, 30*(slot%2)))
	}
	var mu sync.Mutex
	booked, refused := map[string]int{}, 0
	var all sync.WaitGroup
	for i := range 200 {
		all.Go(func() {
			at := times[i%len(times)]
			body := toolCalls(t, fmt.Sprintf("call-%d", i), fmt.Sprintf("+1555020%04d", i), asked{"t", "book_appointment", args{"starts_at": at}})
			got, err := s.try(t.Context(), c.key, body, http.Header{"X-Vapi-Secret": {sharedSecret}})
			if err != nil {
				t.Error(err)
				return
			}
			r := results(t, got)["t"]
			mu.Lock()
			defer mu.Unlock()
			switch {
			case strings.Contains(r.Did, at) && idIn(r.Did) != "":
				booked[at]++
			case r.Code == "slot_taken" && len(bracketed(r.Say)) == 3:
				refused++
			default:
				t.Errorf("%s: %d %s", at, got.status, got.body)
			}
		})
	}
	all.Wait()
	if len(booked) != 20 || refused != 180 {
		t.Errorf("%d times booked and %d callers refused, want 20 and 180: %v", len(booked), refused, booked)
	}
	if n := s.count(t, `select count(*) from appointments`); n != 20 {
		t.Errorf("%d appointments, want 20", n)
	}
	if n := s.count(t, `select count(*) from appointments a join appointments b on a.org_id = b.org_id and a.calendar = b.calendar and a.id < b.id
		and tstzrange(a.starts_at, a.starts_at + a.duration_minutes * interval '1 minute') && tstzrange(b.starts_at, b.starts_at + b.duration_minutes * interval '1 minute')`); n != 0 {
		t.Errorf("%d pairs meet", n)
	}
}

// Deliveries of one tool call that race have one effect and one answer, in
// whatever message they come.
func TestDeliveriesThatRace(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.at(t, monday)
	c := s.clinic(t, "lantern")
	book := asked{"t1", "book_appointment", args{"starts_at": "2026-12-01T10:00:00-05:00", "name": "Mira Okonkwo"}}
	bodies := []string{
		toolCalls(t, "call-1", mira, book),
		toolCalls(t, "call-1", mira, book, asked{"t2", "capture_lead", args{"interest": "check-up"}}),
		toolCalls(t, "call-1", mira, asked{"t3", "find_free_slots", args{}}, book),
	}
	var mu sync.Mutex
	answers := map[string]int{}
	var all sync.WaitGroup
	for i := range 24 {
		all.Go(func() {
			got, err := s.try(t.Context(), c.key, bodies[i%len(bodies)], http.Header{"X-Vapi-Secret": {sharedSecret}})
			if err != nil {
				t.Error(err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			answers[results(t, got)["t1"].Did]++
		})
	}
	all.Wait()
	if len(answers) != 1 || answers[""] != 0 {
		t.Errorf("answers: %v", answers)
	}
	if n := s.count(t, `select (select count(*) from appointments) + 10 * (select count(*) from contacts) + 100 * (select count(*) from call_logs)`); n != 111 {
		t.Errorf("appointments, contacts and calls: %d, want one of each", n)
	}
}

// The database ends the connection between the work and its answer, or at the
// commit. The work is done again on another connection, once in the end, and the
// caller hears that it was done; so does whoever asks again.
func TestAConnectionEndsBetweenWorkAndAnswer(t *testing.T) {
	t.Parallel()
	// It ends the connection that comes first. Numbers of a sequence are not given twice.
	const fall = `
		create sequence falls;
		create function fall() returns trigger language plpgsql security definer as $$
		begin
		  if nextval('public.falls') = 1 then
		    perform pg_terminate_backend(pg_backend_pid());
		    perform pg_sleep(60);
		  end if;
		  return new;
		end $$;
		`
	for name, trigger := range map[string]string{
		"before the answer is kept": `create trigger fall before update on tool_calls for each row execute function fall()`,
		"at the commit":             `create constraint trigger fall after update on tool_calls deferrable initially deferred for each row execute function fall()`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			s.at(t, monday)
			c := s.clinic(t, "lantern")
			s.Exec(t, fall+trigger)
			body := toolCalls(t, "call-1", mira, asked{"t1", "book_appointment", args{"starts_at": "2026-12-01T10:00:00-05:00"}},
				asked{"t2", "escalate", args{"reason": "complaint"}})
			first := s.post(t, c, body)
			if r := results(t, first); r["t1"].Did == "" || r["t2"].Did == "" {
				t.Errorf("the caller hears %s", first.body)
			}
			if again := s.post(t, c, body); again.body != first.body {
				t.Errorf("again %s", again.body)
			}
			if n := s.count(t, `select last_value from falls`); n < 2 {
				t.Error("no connection fell")
			}
			got := s.row(t, `select (select count(*) from appointments)::int as visits, (select count(*) from escalations)::int as escalations,
				(select count(*) from tool_calls where code = 'done')::int - 1 as tools, (select count(*) from webhook_inbox where applied_at is not null)::int as messages,
				(select count(*) from contacts)::int as contacts, (select count(distinct body::jsonb ->> 'resource') from audit_decisions where allow and resource = 'appointment')::int as records`)
			for what, n := range got {
				if n != int32(1) {
					t.Errorf("%s: %v, want 1", what, n)
				}
			}
		})
	}
}

// forgetful are connections of which one, once, loses the database's answer to a
// commit that was done.
type forgetful struct {
	net.Conn
	spent *atomic.Bool
	lose  bool
}

// Write implements net.Conn.
func (c *forgetful) Write(p []byte) (int, error) {
	if bytes.Contains(p, []byte("commit")) && c.spent.CompareAndSwap(false, true) {
		c.lose = true
	}
	return c.Conn.Write(p)
}

// Read implements net.Conn.
func (c *forgetful) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if c.lose {
		_ = c.Close()
		return 0, io.ErrUnexpectedEOF
	}
	return n, err
}

// The booking is kept, and the answer to its commit is lost. The caller hears that
// it was booked, and it is there once.
func TestTheAnswerToACommitIsLost(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	config, err := rls.PoolConfig(s.AppDSN)
	if err != nil {
		t.Fatal(err)
	}
	var spent atomic.Bool
	config.ConnConfig.DialFunc = func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := (&net.Dialer{}).DialContext(ctx, network, addr)
		return &forgetful{Conn: conn, spent: &spent}, err
	}
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	s.config.Driver = rls.New(rls.Config{Pool: pool, Key: s.Key})
	s.at(t, monday)
	c := s.clinic(t, "lantern")
	body := toolCalls(t, "call-1", mira, asked{"t1", "book_appointment", args{"starts_at": "2026-12-01T10:00:00-05:00"}})
	first := s.post(t, c, body)
	if !spent.Load() || idIn(first.body) == "" {
		t.Errorf("lost %v, and the caller hears %s", spent.Load(), first.body)
	}
	if again := s.post(t, c, body); again.body != first.body {
		t.Errorf("again %s", again.body)
	}
	if n := s.count(t, `select count(*) from appointments`); n != 1 {
		t.Errorf("%d appointments", n)
	}
}

// The old way to ask is answered in the old way, and done once as well.
func TestALegacyFunctionCall(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.at(t, monday)
	c := s.clinic(t, "lantern")
	const body = `{"message":{"type":"function-call","timestamp":1790000001000,"functionCall":{"name":"book_appointment","parameters":{"starts_at":"2026-12-01T10:00:00-05:00"}},
		"call":{"id":"call-1","type":"inboundPhoneCall","customer":{"number":"+15550142001"}}}}`
	first, again := s.post(t, c, body), s.post(t, c, body)
	if !strings.HasPrefix(first.body, `{"result":"Booked for Tuesday, December 1`) || first.body != again.body {
		t.Errorf("first %s\nagain %s", first.body, again.body)
	}
	if refused := s.post(t, c, strings.Replace(body, "1790000001000", "1790000002000", 1)); !strings.HasPrefix(refused.body, `{"result":"slot_taken: `) {
		t.Errorf("another: %s", refused.body)
	}
	if n := s.count(t, `select count(*) from appointments`); n != 1 {
		t.Errorf("%d appointments", n)
	}
}
