package graph_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/voxanne/cascade/ent/nodeid"
	"github.com/voxanne/cascade/graph/feed"
	"github.com/voxanne/cascade/policy"
	"github.com/voxanne/cascade/policy/rego"
)

const watchCalls = `subscription Watch { callChanged { call { id callerName } } }`

// overBoth runs a story once over each protocol.
func overBoth(t *testing.T, story func(t *testing.T, over string)) {
	for _, over := range []string{"sse", "ws"} {
		t.Run(over, func(t *testing.T) {
			t.Parallel()
			story(t, over)
		})
	}
}

// events makes n calls of org and the events that tell of them.
func (l *live) events(t *testing.T, org uuid.UUID, n int) []feed.CallEvent {
	t.Helper()
	events := make([]feed.CallEvent, n)
	for i, id := range l.calls(t, org, n) {
		events[i] = feed.CallEvent{OrgID: org, CallID: id}
	}
	return events
}

// decisionRow is a record of a stream's decisions.
type decisionRow struct {
	Allow    bool
	Reason   string
	Revision string
	OrgID    *uuid.UUID
}

// decisions are the records of the operation Watch, in order.
func (l *live) decisions(t *testing.T, subject uuid.UUID) []decisionRow {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), l.SuperDSN)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(t.Context())) }()
	rows, err := conn.Query(t.Context(), `select allow, reason, revision, org_id from audit_decisions
		where operation = 'Watch' and subject_id = $1 and resource = 'call' order by id`, subject)
	if err != nil {
		t.Fatal(err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[decisionRow])
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// Two clinics and a person of both follow their calls while the events of all
// come mixed in one burst. Everybody hears their own, and each event has one
// record of its own clinic.
func TestStreamsTellEachClinicItsOwn(t *testing.T) {
	t.Parallel()
	overBoth(t, func(t *testing.T, over string) {
		l := newLive(t, 0)
		sunrise, harbor := l.clinic(t, "sunrise"), l.clinic(t, "harbor")
		ours, theirs := l.events(t, sunrise, 6), l.events(t, harbor, 6)
		nurse, doctor := member(sunrise, "sunrise", policy.Staff), member(harbor, "harbor", policy.Viewer)
		both := member(sunrise, "sunrise", policy.Staff)
		both.Memberships = append(both.Memberships, member(harbor, "harbor", policy.Staff).Memberships...)
		nurses := l.follow(t, over, nurse, watchCalls, ours[0])
		doctors := l.follow(t, over, doctor, watchCalls, theirs[0])
		boths := l.follow(t, over, both, watchCalls, ours[0])

		for i := 1; i < 6; i++ {
			// An event that names a foreign call under the own clinic tells nothing.
			l.changed(t, theirs[i], ours[i], feed.CallEvent{OrgID: sunrise, CallID: theirs[i].CallID}, theirs[i])
		}
		for who, test := range map[string]struct {
			messages <-chan told
			want     []feed.CallEvent
			foreign  uuid.UUID
		}{"nurse": {nurses, ours, harbor}, "doctor": {doctors, theirs, sunrise}} {
			for i := 1; i < 6; i++ {
				m := message(t, test.messages, test.want[:i]...)
				want := fmt.Sprintf(`{"callChanged":{"call":{"id":"%s","callerName":"canary-%s"}}}`,
					nodeid.Encode("call", test.want[i].CallID), test.want[i].OrgID)
				if string(m.Data) != want || strings.Contains(m.Body, test.foreign.String()) {
					t.Errorf("%s heard %s, want %s", who, m.Body, want)
				}
			}
		}
		heard := map[string]bool{}
		for len(heard) < 10 {
			heard[string(message(t, boths, ours[0], theirs[0]).Data)] = true
		}
		for _, d := range l.decisions(t, nurse.ID) {
			if !d.Allow || d.OrgID == nil || *d.OrgID != sunrise {
				t.Errorf("a record of the nurse's stream says %+v", d)
			}
		}
		for i, d := range l.decisions(t, both.ID) {
			if (d.OrgID == nil) != (i == 0) { // the opening is about both
				t.Errorf("record %d of the stream of both is about %v", i, d.OrgID)
			}
		}
	})
}

// Each event that is told has exactly one record.
func TestEachEventHasOneRecord(t *testing.T) {
	t.Parallel()
	l := newLive(t, time.Hour)
	org := l.clinic(t, "sunrise")
	events := l.events(t, org, 4)
	nurse := member(org, "sunrise", policy.Staff)
	messages := l.follow(t, "ws", nurse, watchCalls, events[0])
	l.changed(t, events[1])
	message(t, messages, events[0]) // what told again of the first is over
	before := len(l.decisions(t, nurse.ID))
	for _, e := range events[2:] {
		l.changed(t, e)
		message(t, messages)
	}
	if after := len(l.decisions(t, nurse.ID)); after != before+2 {
		t.Errorf("%d records for two events", after-before)
	}
}

// A member is removed: with the next event, or without any at the next look.
func TestTheStreamOfARemovedMemberEnds(t *testing.T) {
	t.Parallel()
	overBoth(t, func(t *testing.T, over string) {
		for name, event := range map[string]bool{"with an event": true, "in silence": false} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				recheck := time.Hour
				if !event {
					recheck = 20 * time.Millisecond
				}
				l := newLive(t, recheck)
				org := l.clinic(t, "sunrise")
				events := l.events(t, org, 2)
				nurse := member(org, "sunrise", policy.Staff)
				messages := l.follow(t, over, nurse, watchCalls, events[0])
				l.remove(nurse)
				if event {
					l.changed(t, events[1])
				}
				ends(t, messages, "FORBIDDEN", events[0])
				records := l.decisions(t, nurse.ID)
				if last := records[len(records)-1]; last.Allow || last.Reason != "not_a_member" {
					t.Errorf("the last record is %+v", last)
				}
			})
		}
	})
}

// Who loses one of two clinics loses the stream, and may open another.
func TestAStreamEndsWithOneOfItsClinics(t *testing.T) {
	t.Parallel()
	l := newLive(t, 20*time.Millisecond)
	sunrise, harbor := l.clinic(t, "sunrise"), l.clinic(t, "harbor")
	ours := l.events(t, sunrise, 2)
	both := member(sunrise, "sunrise", policy.Staff)
	both.Memberships = append(both.Memberships, member(harbor, "harbor", policy.Staff).Memberships...)
	messages := l.follow(t, "sse", both, watchCalls, ours[0])
	both.Memberships = both.Memberships[:1]
	l.set(both)
	ends(t, messages, "FORBIDDEN", ours[0])
	again := l.follow(t, "sse", both, watchCalls, ours[0])
	l.changed(t, ours[1])
	if m := message(t, again, ours[0]); !strings.Contains(m.Body, nodeid.Encode("call", ours[1].CallID)) {
		t.Errorf("the new stream says %s", m.Body)
	}
}

// What a member may see changes under an open stream: a role, then the policy.
func TestAStreamFollowsRolesAndPolicies(t *testing.T) {
	t.Parallel()
	overBoth(t, func(t *testing.T, over string) {
		l := newLive(t, 0)
		org := l.clinic(t, "sunrise")
		events := l.events(t, org, 5)
		nurse := member(org, "sunrise", policy.Staff)
		const watch = `subscription Watch { callChanged { call { id transcript { text } agent { id } } } }`
		messages := l.follow(t, over, nurse, watch, events[0])
		l.changed(t, events[1])
		if m := message(t, messages, events[0]); !strings.Contains(m.Body, "hello") || strings.Contains(m.Body, "masked") {
			t.Errorf("staff: %s", m.Body)
		}
		nurse.Memberships = []policy.Membership{{OrgID: org, Slug: "sunrise", Role: policy.Viewer, Status: policy.OrgActive}}
		l.set(nurse)
		l.changed(t, events[2])
		if m := message(t, messages, events[0]); strings.Contains(m.Body, "hello") || !strings.Contains(m.Body, `"masked":["Call.transcript"]`) {
			t.Errorf("viewer: %s", m.Body)
		}

		// A new revision: the stream stays, and decides under it.
		files := policyFiles(t)
		files["cascade/access.rego"].Data = append(files["cascade/access.rego"].Data, "\n# Another revision.\n"...)
		revision := l.load(t, files)
		l.changed(t, events[3])
		if m := message(t, messages, events[0]); !strings.Contains(m.Body, nodeid.Encode("call", events[3].CallID)) {
			t.Errorf("after the reload: %s", m.Body)
		}
		records := l.decisions(t, nurse.ID)
		if got := records[len(records)-1].Revision; got != revision {
			t.Errorf("decided under %s, want %s", got, revision)
		}

		// One that refuses ends it.
		files["cascade/access.rego"].Data = []byte(`package cascade.access
decision := {"allow": false, "reason": "closed", "org_ids": [], "wide": false, "masks": {}, "obligations": []}
`)
		l.load(t, files)
		l.changed(t, events[4])
		ends(t, messages, "FORBIDDEN", events[0])
	})
}

func policyFiles(t *testing.T) fstest.MapFS {
	t.Helper()
	files := fstest.MapFS{}
	err := fs.WalkDir(rego.Files, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(rego.Files, path)
		files[path] = &fstest.MapFile{Data: data}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func (l *live) load(t *testing.T, files fs.FS) (revision string) {
	t.Helper()
	revision, err := l.engine.Load(t.Context(), files)
	if err != nil {
		t.Fatal(err)
	}
	return revision
}

// A credential that ends takes its streams along.
func TestAStreamEndsWithItsCredential(t *testing.T) {
	t.Parallel()
	l := newLive(t, 20*time.Millisecond)
	org := l.clinic(t, "sunrise")
	first := l.events(t, org, 1)[0]
	nurse := member(org, "sunrise", policy.Staff)
	nurse.Credential.Expires = time.Now().Add(2 * time.Second)
	messages := l.follow(t, "sse", nurse, watchCalls, first)
	ends(t, messages, "UNAUTHENTICATED", first)
}

// Nobody can say what a member is now: silence goes on, but nothing is told.
func TestAStreamWithoutFactsTellsNothing(t *testing.T) {
	t.Parallel()
	l := newLive(t, 10*time.Millisecond)
	org := l.clinic(t, "sunrise")
	events := l.events(t, org, 2)
	nurse := member(org, "sunrise", policy.Staff)
	messages := l.follow(t, "ws", nurse, watchCalls, events[0])
	l.changed(t, events[1])
	message(t, messages, events[0]) // nothing is on its way any more
	l.fail(errors.New("the directory is away"))
	select {
	case m := <-messages:
		t.Fatalf("a look that could not be made said %s", m.Body)
	case <-time.After(100 * time.Millisecond):
	}
	l.changed(t, events[1])
	ends(t, messages, "UNAVAILABLE")
}

// A client that cannot be told everything is told that, and the stream ends.
func TestAStreamThatFellBehindEnds(t *testing.T) {
	t.Parallel()
	l := newLive(t, 0)
	org := l.clinic(t, "sunrise")
	first := l.events(t, org, 1)[0]
	messages := l.follow(t, "sse", member(org, "sunrise", policy.Staff), watchCalls, first)
	release := make(chan struct{})
	l.mu.Lock()
	l.holds = release
	l.mu.Unlock()
	for range 3000 {
		l.changed(t, feed.CallEvent{OrgID: org, CallID: uuid.New()})
	}
	close(release)
	ends(t, messages, "UNAVAILABLE", first)
}

// Who may not read calls is refused at the door, with a record.
func TestAStreamIsRefusedAtTheDoor(t *testing.T) {
	t.Parallel()
	overBoth(t, func(t *testing.T, over string) {
		l := newLive(t, 0)
		auditor := policy.Subject{ID: uuid.New(), Kind: policy.Auditor, Credential: policy.Credential{Type: policy.JWT, ID: "test", MFA: true}}
		l.set(auditor)
		ends(t, l.open(t, over, auditor, watchCalls), "FORBIDDEN")
		if got := l.decisions(t, auditor.ID); len(got) != 1 || got[0].Allow {
			t.Errorf("records: %+v", got)
		}
	})
}
