package demo_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/voxanne/cascade/ent/rls"
	"github.com/voxanne/cascade/ent/secret"
	"github.com/voxanne/cascade/migrations/dbtest"
	"github.com/voxanne/cascade/policy/opa"
	"github.com/voxanne/cascade/policy/rego"
	"github.com/voxanne/cascade/server/auth"
	"github.com/voxanne/cascade/server/demo"
)

// noon is inside both DST changes: 60 days before it, London and New York were
// an hour ahead, and Sydney an hour behind.
var noon = time.Date(2026, time.November, 23, 12, 0, 0, 0, time.UTC)

// town is a seeded database.
type town struct {
	*dbtest.DB
	super  *pgx.Conn
	config demo.Config
	world  *demo.World
}

func seed(t testing.TB) *town {
	t.Helper()
	db := dbtest.Open(t)
	super, err := pgx.Connect(t.Context(), db.SuperDSN)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = super.Close(context.Background()) })
	// Time enough for a machine that does much else.
	engine, err := opa.New(t.Context(), rego.Files, opa.Config{Budget: 10 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	keys, err := secret.Create(filepath.Join(t.TempDir(), "keyset.json"))
	if err != nil {
		t.Fatal(err)
	}
	w := &town{DB: db, super: super, config: demo.Config{
		Super: super, Driver: rls.New(rls.Config{Pool: db.Pool(t, 4), Key: db.Key}), Policies: engine,
		Sealer: keys, Secret: []byte("a secret of this test"), Now: noon,
	}}
	start := time.Now()
	w.again(t)
	t.Logf("seeded in %v", time.Since(start))
	return w
}

// again seeds once more.
func (w *town) again(t testing.TB) {
	t.Helper()
	var err error
	if w.world, err = demo.Seed(t.Context(), w.config); err != nil {
		t.Fatal(err)
	}
}

// strings reads one column of texts.
func (w *town) strings(t testing.TB, query string, args ...any) []string {
	t.Helper()
	rows, err := w.super.Query(t.Context(), query, args...)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return list
}

// counts are the rows of every table, as "table: n".
func (w *town) counts(t testing.TB) []string {
	t.Helper()
	var out []string
	for _, table := range w.strings(t, `select relname::text from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace order by 1`) {
		if table != "audit_decisions" {
			out = append(out, w.strings(t, fmt.Sprintf(`select %s || ': ' || count(*) from %s`, "'"+table+"'", table))...)
		}
	}
	return out
}

func TestSeedingTwiceAddsNothing(t *testing.T) {
	t.Parallel()
	w := seed(t)
	before, world := w.counts(t), *w.world
	w.config.Now = noon.Add(26 * time.Hour)
	w.again(t)
	if d := cmp.Diff(before, w.counts(t)); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(world, *w.world, cmpopts.EquateComparable(auth.Key{})); d != "" {
		t.Errorf("the world is another one: %s", d)
	}
}

// What was written for two clinics when the power went stays, and the third follows.
func TestSeedingGoesOnWhereItWasInterrupted(t *testing.T) {
	t.Parallel()
	w := seed(t)
	before := w.counts(t)
	org := w.world.Clinics[2].ID
	for _, table := range []string{
		"recording_downloads", "recording_upload_metrics", "failed_recording_uploads", "orphaned_recordings", "recordings",
		"recording_upload_queue", "escalations", "appointments", "call_logs", "contacts", "escalation_rules", "integrations",
		"knowledge_base", "inbound_agent_config", "phone_numbers", "agents", "org_daily_stats",
	} {
		w.Exec(t, `delete from `+table+` where org_id = $1`, org)
	}
	w.again(t)
	if d := cmp.Diff(before, w.counts(t)); d != "" {
		t.Error(d)
	}
}

func TestEachClinicHasTwoBusyMonths(t *testing.T) {
	t.Parallel()
	w := seed(t)
	for _, c := range w.world.Clinics {
		var calls, counted, statuses, directions, sentiments, future, past, escalations int
		var first, last time.Time
		var zone string
		err := w.super.QueryRow(t.Context(), `
			select count(*) filter (where not is_test), count(distinct status), count(distinct direction), count(distinct sentiment),
			       min(started_at), max(started_at),
			       (select sum(total) from org_daily_stats where org_id = $1),
			       (select count(*) from appointments where org_id = $1 and starts_at > $2),
			       (select count(*) from appointments where org_id = $1 and starts_at < $2),
			       (select count(*) from escalations where org_id = $1),
			       (select timezone from organizations where id = $1)
			  from call_logs where org_id = $1`, c.ID, noon).
			Scan(&calls, &statuses, &directions, &sentiments, &first, &last, &counted, &future, &past, &escalations, &zone)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: %d calls, %d to come, %d past, %d escalations", c.Slug, calls, future, past, escalations)
		if calls < 300 || counted != calls {
			t.Errorf("%s: %d calls, %d counted", c.Slug, calls, counted)
		}
		if statuses < 8 || directions != 3 || sentiments != 3 {
			t.Errorf("%s: %d statuses, %d directions, %d sentiments", c.Slug, statuses, directions, sentiments)
		}
		if noon.Sub(first) < 59*24*time.Hour || noon.Sub(last) > 2*time.Minute || last.After(noon) {
			t.Errorf("%s: calls from %v to %v", c.Slug, first, last)
		}
		if future < 10 || past < 20 || escalations < 10 {
			t.Errorf("%s: %d appointments to come, %d past, %d escalations", c.Slug, future, past, escalations)
		}
	}
}

// The one who works for two clinics is last in both.
func TestMembersComeByRank(t *testing.T) {
	t.Parallel()
	w := seed(t)
	var got []string
	for _, c := range w.world.Clinics {
		for _, m := range c.Members {
			got = append(got, c.Slug+" "+m.Email+" "+string(m.Role))
		}
	}
	for _, p := range w.world.Platform {
		got = append(got, p.Email+" "+string(p.Kind))
	}
	want := []string{
		"sunrise-dental owner@sunrise-dental.test owner", "sunrise-dental admin@sunrise-dental.test admin",
		"sunrise-dental staff@sunrise-dental.test staff", "sunrise-dental viewer@sunrise-dental.test viewer",
		"sunrise-dental locum@cascade-staffing.test staff",
		"harbor-skin owner@harbor-skin.test owner", "harbor-skin admin@harbor-skin.test admin",
		"harbor-skin staff@harbor-skin.test staff", "harbor-skin viewer@harbor-skin.test viewer",
		"harbor-skin locum@cascade-staffing.test staff",
		"northside-physio owner@northside-physio.test owner", "northside-physio admin@northside-physio.test admin",
		"northside-physio staff@northside-physio.test staff", "northside-physio viewer@northside-physio.test viewer",
		"support@cascade.test support", "security.second@cascade.test security", "security@cascade.test security", "auditor@cascade.test auditor", "operator@cascade.test operator",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// A database elsewhere has the same organizations, and other secrets.
func TestSecretsAreTheDirectorysOwn(t *testing.T) {
	t.Parallel()
	w := seed(t)
	before := w.world
	w.config.Secret = []byte("the secret of another directory")
	w.again(t)
	if before.Partner.APIKey == w.world.Partner.APIKey || before.Clinics[0].Vapi == w.world.Clinics[0].Vapi {
		t.Error("two directories share a secret")
	}
	if before.Clinics[0].Vapi == before.Clinics[1].Vapi {
		t.Error("two clinics share a secret")
	}
	hash := w.world.Partner.APIKey.Hash()
	var kept []byte
	var id uuid.UUID
	if err := w.super.QueryRow(t.Context(), `select org_id, hash from api_keys`).Scan(&id, &kept); err != nil {
		t.Fatal(err)
	}
	if id != w.world.Partner.ID || string(kept) != string(hash[:]) {
		t.Error("the key that is told is not the key that is kept")
	}
}

// The webhook's secret opens where the receiver looks for it, and what a clinic
// disconnected is not connected again.
func TestWebhooksAreSetUp(t *testing.T) {
	t.Parallel()
	w := seed(t)
	c := w.world.Clinics[0]
	keys, ok := w.config.Sealer.(*secret.Keyset)
	if !ok {
		t.Fatal("no keyset")
	}
	read := func() (id uuid.UUID, sealed []byte, auth string) {
		t.Helper()
		hash := sha256.Sum256([]byte(c.Vapi.Key))
		err := w.super.QueryRow(t.Context(), `select id, webhook_secret, webhook_auth from integrations where org_id = $1 and webhook_key_hash = $2`,
			c.ID, hash[:]).Scan(&id, &sealed, &auth)
		if err != nil {
			t.Fatal(err)
		}
		return id, sealed, auth
	}
	id, sealed, auth := read()
	plain, err := keys.Open(sealed, secret.Place{Org: c.ID, Row: id, Column: "integrations.webhook_secret"}.Bytes())
	if err != nil || string(plain) != c.Vapi.Secret || auth != `{"method": "secret"}` {
		t.Errorf("the webhook's secret: %v, method %s", err, auth)
	}
	w.Exec(t, `update integrations set status = 'disconnected', credentials = null, webhook_key_hash = null where id = $1`, id)
	w.again(t)
	var connected int
	if err := w.super.QueryRow(t.Context(), `select count(*) from integrations where id = $1 and (credentials is not null or webhook_key_hash is not null)`, id).Scan(&connected); err != nil || connected > 0 {
		t.Errorf("connected again: %d, %v", connected, err)
	}
}
