package rollout_test

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"fmt"
	"maps"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/voxanne/cascade/policy/bundle"
)

// What the database's owner puts in the place of the active policy is run only if
// it is signed, in time and in turn. Otherwise what runs goes on, an alarm says so,
// and no request notices.
func TestABundleThatIsNotRun(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	const sequence = 10
	ours := s.signer(t)
	good, revision := sign(t, same(t, "what runs"), sequence, ours, nil)
	id := s.keep(t, revision, "active", sequence, good)
	// put is what the owner of the database does, and what every server hears.
	put := func(data []byte, revision string) {
		t.Helper()
		s.Exec(t, `update policy_revisions set bundle = $2, revision = $3, moved_at = now() where id = $1`, id, data, revision)
		s.Exec(t, `select pg_notify('cascade_policy', 'changed')`)
	}
	put(good, revision)
	runs := func() string { return s.App.Engine().Current().Revision() }
	eventuallySoon(t, "the policy runs", func() bool { return runs() == revision })

	theirs, err := bundle.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	other := same(t, "what does not")
	reaching := maps.Clone(other)
	reaching["cascade/reach.rego"] = &fstest.MapFile{Mode: 0o444, Data: []byte(
		"package cascade.reach\n\nimport rego.v1\n\nout := http.send({\"method\": \"get\", \"url\": \"https://example.com\"})\n")}
	unsigned, err := bundle.Export(other)
	if err != nil {
		t.Fatal(err)
	}
	signed := func(sequence int64, key crypto.Signer, change func(*bundle.Statement)) []byte {
		data, _ := sign(t, other, sequence, key, change)
		return data
	}
	next, nextRevision := sign(t, other, sequence+1, ours, nil)
	reach, reachRevision := sign(t, reaching, sequence+1, ours, nil)
	for _, bad := range []struct {
		name, revision string
		data           []byte
		reason         string // in the log
	}{
		{"unsigned", nextRevision, unsigned, "unsigned"},
		{"signed with another key", nextRevision, signed(sequence+1, theirs, nil), "unknown_key"},
		{"out of turn", nextRevision, signed(sequence-1, ours, nil), fmt.Sprintf("is below %d, which ran here", sequence)},
		{"expired when it was activated", nextRevision, signed(sequence+1, ours, func(s *bundle.Statement) {
			s.NotBefore, s.Expires = time.Now().Add(-2*time.Hour), time.Now().Add(-time.Hour)
		}), "expired"},
		{"not valid yet", nextRevision, signed(sequence+1, ours, func(s *bundle.Statement) { s.NotBefore = time.Now().Add(10 * time.Minute) }), "not_yet_valid"},
		{"too large", nextRevision, bytes.Repeat([]byte{1}, bundle.DefaultMaxBytes+1), "too_large"},
		{"cut off", nextRevision, next[:len(next)/2], "malformed"},
		{"of another revision", "0123456789abcdef", next, "its bundle holds " + nextRevision},
		{"with a built-in that reaches out", reachRevision, reach, "http.send"},
	} {
		before := s.alarms(t)
		put(bad.data, bad.revision)
		eventuallySoon(t, bad.name+": the alarm", func() bool { return s.alarms(t) > before })
		const refusal = "what is deployed cannot be run; the running policy goes on"
		said := s.Log.String()
		if said = said[max(0, strings.LastIndex(said, refusal)):]; !strings.Contains(strings.SplitN(said, "\n", 2)[0], bad.reason) {
			t.Errorf("%s: the log does not say %q: %s", bad.name, bad.reason, said)
		}
		if got := runs(); got != revision {
			t.Errorf("%s: %s runs, and not %s", bad.name, got, revision)
		}
		if why := ask(t.Context(), s.URL+"/graphql", s.viewer); why != "" {
			t.Errorf("%s: a request failed: %s", bad.name, why)
		}
	}

	// Nor does an old policy come back as a canary, by which it would decide too.
	put(good, revision)
	eventuallySoon(t, "the policy runs on", func() bool { return runs() == revision })
	old, oldRevision := sign(t, other, sequence-1, ours, nil)
	before := s.alarms(t)
	canary := s.keep(t, oldRevision, "canary", sequence-1, old)
	s.Exec(t, `update policy_revisions set percent = 100, moved_at = now() where id = $1`, canary)
	s.Exec(t, `select pg_notify('cascade_policy', 'changed')`)
	eventuallySoon(t, "an old canary: the alarm", func() bool { return s.alarms(t) > before })
	if canary := s.App.Engine().Deployed().Canary; canary != nil {
		t.Errorf("an old policy decides as a canary: %s", canary.Revision())
	}
	s.Exec(t, `delete from policy_revisions where id = $1`, canary)

	// What is right is run, after all of it.
	put(next, nextRevision)
	eventuallySoon(t, "what is right runs", func() bool { return runs() == nextRevision })
}

// alarms is how often a server refused what is deployed.
func (s *scene) alarms(t *testing.T) (n int) {
	t.Helper()
	const name = `cascade_policy_alarms_total{reason="policy_refused"} `
	for line := range strings.Lines(s.Do(t, "GET", "/metrics", "").Body) {
		if text, ok := strings.CutPrefix(line, name); ok {
			if _, err := fmt.Sscan(text, &n); err != nil {
				t.Fatal(err)
			}
		}
	}
	return n
}
