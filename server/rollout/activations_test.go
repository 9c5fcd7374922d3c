package rollout_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent/nodeid"
	"github.com/voxanne/cascade/server/stage"
)

// activations is how many there are.
const activations = 100

// Two servers, four clients who ask all the time, and a hundred activations: no
// request fails, and none is decided by two revisions.
func TestAHundredActivationsUnderLoad(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	servers := []*scene{s, s.beside(t)}
	key := s.signer(t)

	// Two policies that decide alike, so that nothing but the swap could fail.
	type policy struct {
		files    fstest.MapFS
		id       uuid.UUID
		revision string
	}
	var two [2]policy
	for i := range two {
		files := same(t, fmt.Sprintf("the %d. of two", i+1))
		data, revision := sign(t, files, int64(i)+1, key, nil)
		two[i] = policy{files, s.keep(t, revision, "retired", int64(i)+1, data), revision}
	}

	ctx, stop := context.WithCancel(t.Context())
	var clients sync.WaitGroup
	var load load
	for i := range 4 {
		org := s.Clinic(t, fmt.Sprint("clinic-", i))
		s.Exec(t, `update organizations set requests_per_minute = 10000000, cost_per_hour = 100000000 where id = $1`, org)
		viewer := stage.Bearer(s.Member(t, fmt.Sprint("client ", i), "viewer", org))
		clients.Go(func() { load.run(ctx, servers[i%2].URL+"/graphql", viewer) })
	}
	defer clients.Wait()
	defer stop()

	active, _ := s.running(t)
	var slowest time.Duration
	for i := range activations {
		next, at := two[i%2], servers[i/2%2]
		sequence := int64(i) + 3
		data, _ := sign(t, next.files, sequence, key, nil)
		s.Exec(t, `update policy_revisions set state = 'reviewed', sequence = $2, bundle = $3, base = $4, expires_at = now() + interval '1 hour' where id = $1`,
			next.id, sequence, data, active)
		began := time.Now()
		if why := at.step(t, s.author, `activatePolicy(id: "`+nodeid.Encode("policy_revision", next.id)+`")`); why != "" {
			t.Fatalf("activation %d: %s", i, why)
		}
		eventuallySoon(t, "every server runs it", func() bool {
			return servers[0].App.Engine().Current().Revision() == next.revision && servers[1].App.Engine().Current().Revision() == next.revision
		})
		slowest = max(slowest, time.Since(began))
		active = next.revision
	}
	stop()
	clients.Wait()

	t.Logf("activations: %d under %d requests; the slowest was everywhere after %s", activations, load.asked.Load(), slowest.Round(time.Millisecond))
	if why := load.failed.Load(); why != nil {
		t.Errorf("%d of %d requests failed, the first: %s", load.failures.Load(), load.asked.Load(), *why)
	}
	const requests = `select count(*) from (select request_id from audit_decisions group by request_id having `
	if n := s.Count(t, requests+`count(distinct revision) > 1) r`); n != 0 {
		t.Errorf("%d requests were decided by two revisions", n)
	}
	// The check above says something: requests have several decisions, under each
	// of the two.
	if n := s.Count(t, requests+`count(*) > 2 and count(distinct resource) > 2) r`); n < activations {
		t.Errorf("only %d requests had several decisions", n)
	}
	for _, p := range two {
		if n := s.Count(t, `select count(*) from audit_decisions where revision = $1 and resource = 'call'`, p.revision); n == 0 {
			t.Errorf("%s decided nothing", p.revision)
		}
	}
}

// load counts what clients were answered.
type load struct {
	asked, failures atomic.Int64
	failed          atomic.Pointer[string]
}

// question needs a decision about each of several row types.
const question = `{"query":"{ calls(first: 1) { nodes { id } } contacts { totalCount } appointments { totalCount } phoneNumbers { totalCount } }"}`

// run asks until ctx ends.
func (l *load) run(ctx context.Context, url, header string) {
	for ctx.Err() == nil {
		why := ask(context.WithoutCancel(ctx), url, header)
		l.asked.Add(1)
		if why != "" {
			l.failures.Add(1)
			l.failed.CompareAndSwap(nil, &why)
		}
	}
}

// ask is why a request failed; empty when it did not.
func ask(ctx context.Context, url, header string) string {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader([]byte(question)))
	if err != nil {
		return err.Error()
	}
	name, value, _ := strings.Cut(header, ": ")
	request.Header.Set(name, value)
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err.Error()
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK || bytes.Contains(text, []byte(`"errors"`)) {
		return fmt.Sprintf("%d %s %v", response.StatusCode, text, err)
	}
	return ""
}

// eventuallySoon is eventually for what is measured: it looks often.
func eventuallySoon(t *testing.T, what string, hold func() bool) {
	t.Helper()
	deadline := time.After(time.Minute)
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !hold() {
		select {
		case <-deadline:
			t.Fatalf("never: %s", what)
		case <-tick.C:
		}
	}
}
