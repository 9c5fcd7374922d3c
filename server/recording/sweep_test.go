package recording_test

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/voxanne/cascade/server/recording"
)

// later is a sweep some days from now. The store's clock stands still, and so do
// the proofs' and the records': only what the sweeper waits for passes.
func (s *stage) later(t *testing.T, org uuid.UUID, after time.Duration) (recording.Swept, error) {
	t.Helper()
	c := s.config
	c.Now = func() time.Time { return time.Now().Add(after) }
	return recording.NewSweeper(recording.SweeperConfig{Config: c}).Clinic(t.Context(), org)
}

// put writes an object into the store past everything.
func (s *stage) put(t *testing.T, key string) {
	t.Helper()
	if s.s3 != nil {
		s.s3.mu.Lock()
		defer s.s3.mu.Unlock()
		s.s3.objects[key] = file{[]byte("sound"), "audio/wav", time.Now()}
		return
	}
	path := filepath.Join(s.dir, key)
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte("sound"), 0o600)); err != nil {
		t.Fatal(err)
	}
}

// orphans are what is written down of them.
func (s *stage) orphans(t *testing.T) map[string]string {
	t.Helper()
	rows, err := s.eye.Query(t.Context(), `select kind || ' ' || split_part(storage_path, '/', 5), case when reason is not null then reason
		when delete_after is not null then 'confirmed' else 'noted' end from orphaned_recordings`)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for rows.Next() {
		var what, state string
		if err := rows.Scan(&what, &state); err != nil {
			t.Fatal(err)
		}
		out[what] = state
	}
	return out
}

const day = 24 * time.Hour

// Orphans are noted, confirmed and deleted, days apart; what is not one, or is
// held, stays.
func TestOrphans(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]*stage{"directory": newStage(t), "S3": onS3(t, newStage(t))} {
		org, other := s.clinic(t, "lantern"), s.clinic(t, "harbour")
		for _, ref := range []string{"good", "lost", "heldcall"} {
			s.queued(t, org, ref)
			s.provider.serves(ref, sound(wav(ref, 1000)))
		}
		s.work(t, 3)
		at := func(ref, file string) string {
			return "org/" + org.String() + "/call/" + uuid.UUID(uuidOf(t, s.row(t, `select id from call_logs where provider_call_id = $1`, ref)["id"])).String() + "/" + file
		}
		lost, ok := s.row(t, `select r.object_key as k from recordings r join call_logs c on c.id = r.call_id where c.provider_call_id = 'lost'`)["k"].(string)
		if !ok {
			t.Fatal("nothing was stored")
		}
		if err := s.remove(lost); err != nil {
			t.Fatal(err)
		}
		s.Exec(t, `update recordings set legal_hold = true from call_logs c where c.id = call_id and c.provider_call_id = 'heldcall'`)
		s.queued(t, org, "waits")
		s.put(t, at("good", "mono-spare"))
		s.put(t, at("heldcall", "mono-held"))
		s.put(t, at("waits", "stereo-waiting"))
		s.put(t, "org/"+org.String()+"/call/nobody/odd")
		s.put(t, "org/"+other.String()+"/call/"+uuid.NewString()+"/another")
		if s.s3 != nil {
			s.s3.uploads["left"] = &upload{key: at("good", "mono-parts"), at: time.Now()}
		} else {
			s.put(t, at("good", "mono-parts.18a.tmp"))
		}
		before := len(s.objects(t))
		missing := "row_without_object " + filepath.Base(lost)
		state := func(word string) map[string]string {
			out := map[string]string{
				"object_without_row mono-spare": word, "object_without_row mono-held": word, "object_without_row stereo-waiting": word,
				"object_without_row odd": word, missing: word,
			}
			if s.s3 != nil {
				out["incomplete_multipart mono-parts"] = word
			} else {
				out["incomplete_multipart mono-parts.18a.tmp"] = word
			}
			return out
		}
		for _, step := range []struct {
			after   time.Duration
			want    map[string]string
			deleted int
		}{
			{time.Hour, map[string]string{}, 0}, // all of it is young
			{2 * day, state("noted"), 0}, {2*day + time.Hour, state("noted"), 0}, {4 * day, state("confirmed"), 0}, {10 * day, state("confirmed"), 0},
		} {
			got, err := s.later(t, org, step.after)
			if err != nil || got.Deleted != step.deleted {
				t.Errorf("%s, after %s: %+v, %v", name, step.after, got, err)
			}
			if diff := cmp.Diff(step.want, s.orphans(t)); diff != "" {
				t.Errorf("%s, after %s (-want +got):\n%s", name, step.after, diff)
			}
		}
		if n := len(s.objects(t)); n != before {
			t.Errorf("%s: %d objects of %d are left before anything is due", name, n, before)
		}
		got, err := s.later(t, org, 12*day)
		if err != nil || got.Deleted != 2 {
			t.Errorf("%s, when due: %+v, %v", name, got, err)
		}
		left := s.orphans(t)
		for what, word := range map[string]string{"object_without_row mono-spare": "deleted", "object_without_row mono-held": "confirmed", "object_without_row stereo-waiting": "confirmed", "object_without_row odd": "confirmed", missing: "confirmed"} {
			if left[what] != word {
				t.Errorf("%s: %s is %s, want %s", name, what, left[what], word)
			}
		}
		all := strings.Join(s.objects(t), " ")
		if strings.Contains(all, "spare") || strings.Contains(all, "parts") || s.s3 != nil && len(s.s3.uploads) > 0 {
			t.Errorf("%s: left in the store: %s", name, all)
		}
		for _, keeps := range []string{"mono-held", "stereo-waiting", "odd", "another"} {
			if !strings.Contains(all, keeps) {
				t.Errorf("%s: %s is gone", name, keeps)
			}
		}
		if n := s.count(t, `select count(*) from audit_decisions where operation = 'delete orphaned recording' and allow and org_ids = array[$1::uuid]`, org); n == 0 {
			t.Errorf("%s: deletions were not recorded", name)
		}
	}
}

func (s *stage) remove(key string) error {
	if s.s3 != nil {
		s.s3.mu.Lock()
		defer s.s3.mu.Unlock()
		delete(s.s3.objects, key)
		return nil
	}
	return os.Remove(filepath.Join(s.dir, key))
}

// An object that gets its row is no orphan any more, and much at once is left
// alone.
func TestOrphansThatAreNone(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	org := s.clinic(t, "lantern")
	call, _ := s.queued(t, org, "call-1")
	body := wav("call-1", 1000)
	key := "org/" + org.String() + "/call/" + call.String() + "/stereo-" + hexSum(body)
	s.put(t, key)
	for _, after := range []time.Duration{2 * day, 4 * day} {
		if _, err := s.later(t, org, after); err != nil {
			t.Fatal(err)
		}
	}
	s.provider.serves("call-1", sound(body))
	s.work(t, 1)
	if _, err := s.later(t, org, 20*day); err != nil {
		t.Fatal(err)
	}
	if got := s.orphans(t)["object_without_row "+filepath.Base(key)]; got != "gone" || len(s.objects(t)) != 1 {
		t.Errorf("%s, in the store: %v", got, s.objects(t))
	}
	for range 20 {
		s.put(t, "org/"+org.String()+"/call/"+uuid.NewString()+"/stereo-x")
	}
	for _, after := range []time.Duration{22 * day, 24 * day, 40 * day} {
		_, err := s.later(t, org, after)
		if (after == 40*day) != errors.Is(err, recording.ErrTooMany) {
			t.Errorf("after %s: %v", after, err)
		}
	}
	if n := len(s.objects(t)); n != 21 {
		t.Errorf("%d objects are left", n)
	}
}

// What was erased on request is deleted a day later, unless it is held.
func TestErasure(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	org := s.clinic(t, "lantern")
	for _, ref := range []string{"free", "held"} {
		s.queued(t, org, ref)
		s.provider.serves(ref, sound(wav(ref, 1000)))
	}
	s.work(t, 2)
	s.Exec(t, `update recordings set deleted_at = now()`)
	s.Exec(t, `update recordings set legal_hold = true from call_logs c where c.id = call_id and c.provider_call_id = 'held'`)
	for after, n := range map[time.Duration]int{time.Hour: 2} {
		if _, err := s.later(t, org, after); err != nil || len(s.objects(t)) != n {
			t.Errorf("after %s: %v, %v", after, s.objects(t), err)
		}
	}
	got, err := s.later(t, org, 25*time.Hour)
	if err != nil || got.Erased != 1 || len(s.objects(t)) != 1 {
		t.Errorf("%+v, %v, %v", got, s.objects(t), err)
	}
	if n := s.count(t, `select count(*) from recordings where (object_key is null) = (not legal_hold) and deleted_at is not null`); n != 2 {
		t.Errorf("%d rows are right", n)
	}
	// It does not come back, whoever puts it into the queue again.
	s.Exec(t, `update recording_upload_queue set status = 'pending', next_attempt_at = now()`)
	s.work(t, 2)
	if n := s.count(t, `select count(*) from recording_upload_queue where status = 'dead' and last_error_class = 'erased'`); n != 2 || len(s.objects(t)) != 1 {
		t.Errorf("%d were refused; in the store: %v", n, s.objects(t))
	}
}

// The whole round sweeps every clinic that is served, and one that fails holds up
// no other.
func TestSweepingAll(t *testing.T) {
	t.Parallel()
	s := onS3(t, newStage(t))
	var orgs []uuid.UUID
	for _, slug := range []string{"a", "b", "c"} {
		org := s.clinic(t, slug)
		orgs = append(orgs, org)
		s.put(t, "org/"+org.String()+"/call/"+uuid.NewString()+"/x")
	}
	s.Exec(t, `update organizations set status = 'closed' where id = $1`, orgs[2])
	s.s3.fail = func(r *http.Request) bool { return strings.Contains(r.URL.RawQuery, orgs[0].String()) }
	got, err := recording.NewSweeper(recording.SweeperConfig{Config: s.config}).RunOnce(context.WithoutCancel(t.Context()))
	if err == nil || got.Objects != 1 {
		t.Errorf("%+v, %v", got, err)
	}
}
