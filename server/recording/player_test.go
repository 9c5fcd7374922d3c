package recording_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/policy"
	"github.com/voxanne/cascade/server/recording"
)

// house is a stage with a stored recording and a player in front of it.
type house struct {
	*stage
	server    *httptest.Server
	signer    recording.Signer
	org, call uuid.UUID
	recording uuid.UUID
	body      []byte
	reasons   []string
}

func newHouse(t *testing.T, s *stage) *house {
	t.Helper()
	h := &house{stage: s, signer: recording.NewSigner(s.Key), body: wav("call-1", 200_000)}
	h.org = s.clinic(t, "lantern")
	h.call, _ = s.queued(t, h.org, "call-1")
	s.provider.serves("call-1", sound(h.body))
	s.work(t, 1)
	h.recording, _ = uuid.FromBytes(uuidOf(t, s.row(t, `select id from recordings`)["id"]))
	refuse := func(status int) func(http.ResponseWriter, *http.Request, string) {
		return func(w http.ResponseWriter, _ *http.Request, reason string) {
			h.reasons = append(h.reasons, reason)
			w.WriteHeader(status)
		}
	}
	player := recording.NewPlayer(recording.PlayerConfig{
		Config: s.config, Signer: h.signer, Absent: refuse(http.StatusNotFound), Unavailable: refuse(http.StatusServiceUnavailable),
		Address: func(*http.Request) string { return "198.51.100.7" },
	})
	mux := http.NewServeMux()
	mux.Handle("GET /recordings/{token}", player)
	h.server = httptest.NewServer(mux)
	t.Cleanup(h.server.Close)
	return h
}

func uuidOf(t *testing.T, v any) []byte {
	t.Helper()
	id, ok := v.([16]byte)
	if !ok {
		t.Fatalf("%T is no id", v)
	}
	return id[:]
}

// member is somebody with a role in the house's clinic.
func (h *house) member(t *testing.T, role policy.Role) uuid.UUID {
	t.Helper()
	who := h.config.NewID()
	h.Exec(t, `insert into users (id, issuer, subject, email, name) values ($1, 'i', $2, 'a@example.com', 'A')`, who, who.String())
	h.Exec(t, `insert into memberships (org_id, id, user_id, role) values ($1, $2, $3, $4)`, h.org, h.config.NewID(), who, string(role))
	return who
}

// link is one for a member, with what change makes of it.
func (h *house) link(who uuid.UUID, change func(*recording.Link)) string {
	l := recording.Link{
		ID: h.config.NewID(), Org: h.org, Recording: h.recording, Subject: who, Decision: h.config.NewID(), Kind: policy.Member,
		Expires: time.Now().Add(time.Minute),
	}
	if change != nil {
		change(&l)
	}
	token, _ := h.signer.Sign(l)
	return token
}

// reply is what a player gets.
type reply struct {
	status int
	header http.Header
}

func (h *house) play(t *testing.T, token string, headers ...string) (reply, []byte) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, h.server.URL+"/recordings/"+token, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range headers {
		name, value, _ := strings.Cut(line, ": ")
		r.Header.Set(name, value)
	}
	w, err := h.server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = w.Body.Close() }()
	body, err := io.ReadAll(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply{w.StatusCode, w.Header}, body
}

// A link plays, whole and in ranges, and leaves one row and its records.
func TestALinkPlays(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]*stage{"directory": newStage(t), "S3": onS3(t, newStage(t))} {
		h := newHouse(t, s)
		who := h.member(t, policy.Staff)
		token := h.link(who, nil)
		w, body := h.play(t, token, "User-Agent: a player\xff "+strings.Repeat("x", 300))
		if w.status != http.StatusOK || !bytes.Equal(body, h.body) || w.header.Get("Content-Type") != "audio/wav" || w.header.Get("ETag") != `"`+hexSum(h.body)+`"` {
			t.Errorf("%s: %d, %d bytes, %v", name, w.status, len(body), w.header)
		}
		w, body = h.play(t, token, "Range: bytes=100000-100099")
		if w.status != http.StatusPartialContent || !bytes.Equal(body, h.body[100_000:100_100]) || w.header.Get("Content-Range") != "bytes 100000-100099/200000" {
			t.Errorf("%s, a range: %d, %d bytes, %v", name, w.status, len(body), w.header)
		}
		w, body = h.play(t, token, "Range: bytes=-50", `If-Range: "`+hexSum(h.body)+`"`)
		if w.status != http.StatusPartialContent || !bytes.Equal(body, h.body[199_950:]) {
			t.Errorf("%s, the end: %d, %d bytes", name, w.status, len(body))
		}
		if w, body = h.play(t, token, "Range: bytes=0-1", `If-Range: "other"`); w.status != http.StatusOK || len(body) != len(h.body) {
			t.Errorf("%s, a range of something else: %d, %d bytes", name, w.status, len(body))
		}
		if w, _ = h.play(t, token, "Range: bytes=900000-"); w.status != http.StatusRequestedRangeNotSatisfiable {
			t.Errorf("%s, past the end: %d", name, w.status)
		}
		if h.s3 != nil {
			h.s3.fail = func(*http.Request) bool { return true }
			if w, body = h.play(t, h.link(who, nil)); w.status != http.StatusServiceUnavailable || len(body) > 0 || w.header.Get("ETag") != "" {
				t.Errorf("without its store: %d, %v", w.status, w.header)
			}
			h.s3.fail = nil
		}
		key, ok := h.row(t, `select object_key from recordings`)["object_key"].(string)
		if err := h.remove(key); err != nil || !ok {
			t.Fatal(err)
		}
		if w, body = h.play(t, token); w.status != http.StatusNotFound || len(body) > 0 || w.header.Get("ETag") != "" {
			t.Errorf("%s, without its object: %d, %v", name, w.status, w.header)
		}
		if n := h.count(t, `select count(*) from recording_downloads where address = '198.51.100.7' and length(user_agent) between 190 and 200`); n != 1 {
			t.Errorf("%s: %d downloads were written down", name, n)
		}
		link, ok := h.signer.Read(token, time.Now())
		if !ok {
			t.Fatal("the link is over")
		}
		if n := h.count(t, `select count(*) from audit_decisions where resource = 'recording' and action = 'read' and subject_kind = 'member' and operation = 'play recording' and allow and credential_id = $1`, "link:"+link.ID.String()); n != 6 {
			t.Errorf("%s: %d decisions were recorded for the member, want one for each request", name, n)
		}
		if strings.Contains(h.log.String(), token) {
			t.Errorf("%s: the token is in the log", name)
		}
	}
}

// Whatever changes between the link and its use closes it, and all answers are
// the same.
func TestALinkIsJudgedAnew(t *testing.T) {
	t.Parallel()
	h := newHouse(t, newStage(t))
	other := h.clinic(t, "harbour")
	staff, viewer := h.member(t, policy.Staff), h.member(t, policy.Viewer)
	stranger := h.config.NewID()
	now := time.Now()
	for _, step := range []struct {
		name, scene string
		token       string
		want        int
	}{
		{"staff", "", h.link(staff, nil), 200},
		{"a viewer", "", h.link(viewer, nil), 404},
		{"a viewer who may", `update organizations set viewers_see_transcripts = true`, h.link(viewer, nil), 200},
		{"a stranger", "", h.link(stranger, nil), 404},
		{"in another clinic", "", h.link(staff, func(l *recording.Link) { l.Org = other }), 404},
		{"another recording", "", h.link(staff, func(l *recording.Link) { l.Recording = uuid.New() }), 404},
		{"over", "", h.link(staff, func(l *recording.Link) { l.Expires = now.Add(-time.Second) }), 404},
		{"too long", "", h.link(staff, func(l *recording.Link) { l.Expires = now.Add(6 * time.Minute) }), 404},
		{"a partner without a grant", "", h.link(stranger, func(l *recording.Link) { l.Kind, l.Home = policy.Partner, other }), 404},
		{"support without a session", "", h.link(staff, func(l *recording.Link) { l.Kind = policy.Support }), 404},
		{"support as a member", "", h.link(staff, func(l *recording.Link) { l.Kind = policy.Partner }), 404},
		{"the clinic's own key", "", h.link(stranger, func(l *recording.Link) { l.Kind, l.Home = policy.Partner, h.org }), 200},
		{"of a suspended clinic", `update organizations set status = 'suspended'`, h.link(staff, nil), 404},
		{"its own key then", "", h.link(stranger, func(l *recording.Link) { l.Kind, l.Home = policy.Partner, h.org }), 404},
		{"of one that is back", `update organizations set status = 'active'`, h.link(staff, nil), 200},
		{"of somebody who left", fmt.Sprintf(`delete from memberships where user_id = '%s'`, viewer), h.link(viewer, nil), 404},
		{"erased", `update recordings set deleted_at = now()`, h.link(staff, nil), 404},
		{"gone", `update recordings set deleted_at = null, object_key = null`, h.link(staff, nil), 404},
	} {
		if step.scene != "" {
			h.Exec(t, step.scene)
		}
		before := h.count(t, `select count(*) from recording_downloads`)
		w, body := h.play(t, step.token)
		if w.status != step.want || step.want == 404 && len(body) > 0 {
			t.Errorf("%s: %d, %d bytes", step.name, w.status, len(body))
		}
		if n := h.count(t, `select count(*) from recording_downloads`) - before; (n == 1) != (step.want == 200) {
			t.Errorf("%s: %d downloads", step.name, n)
		}
	}
}

// Every bit of a token counts.
func TestNoTokenCanBeForged(t *testing.T) {
	t.Parallel()
	h := newHouse(t, newStage(t))
	token := h.link(h.member(t, policy.Staff), nil)
	plain, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 8 * len(plain) {
		forged := bytes.Clone(plain)
		forged[i/8] ^= 1 << (i % 8)
		if _, ok := h.signer.Read(base64.RawURLEncoding.EncodeToString(forged), time.Now()); ok {
			t.Fatalf("bit %d does not count", i)
		}
	}
	for _, text := range []string{"", "x", token + "=", token[:len(token)-1], token + "A", " " + token, strings.ToUpper(token)} {
		if _, ok := h.signer.Read(text, time.Now()); ok {
			t.Errorf("%q is read", text)
		}
	}
	if _, ok := (recording.Signer{}).Read(token, time.Now()); ok {
		t.Error("a signer without a key reads")
	}
	if l, ok := h.signer.Read(token, time.Now()); !ok || l.Recording != h.recording {
		t.Error("a true one is not read")
	}
}
