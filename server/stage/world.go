package stage

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/voxanne/cascade/ent/nodeid"
	"github.com/voxanne/cascade/policy"
)

// World is three clinics that hold the same things, and everybody who asks.
type World struct {
	A, B, C  *Clinic
	Subjects []*Subject
}

// Clinic is one of them. Every text that it owns holds its canary word or,
// where only a telephone number may stand, begins with its digits; every id of
// its rows ends in its mark. Slugs alone, which are addresses, hold none.
type Clinic struct {
	ID     uuid.UUID
	Slug   string
	Canary string // a word that no other clinic's texts hold
	Digits string // what its telephone numbers begin with, behind the plus
	// Rows are the ids of its rows by table, the oldest last.
	Rows map[string][]uuid.UUID
	// Vapi is the path of its webhook and the secret that proves its sender.
	Vapi struct{ Path, Secret string }
	// Invitation is the token of its first open invitation, and whom it is for.
	Invitation struct{ Token, Email string }

	mark    [6]byte
	ids     uint16
	lines   int
	users   []uuid.UUID // people of whom no Subject is one
	distant uuid.UUID   // a partner with a grant, of which no Subject is one
}

// Traces are what shows in a text that a row of the clinic is in it: its word,
// its digits, and its mark as UUIDs and as global ids write it.
func (c *Clinic) Traces() []string {
	var id uuid.UUID
	copy(id[8:14], c.mark[:])
	hex := id.String()
	_, global, _ := strings.Cut(nodeid.Encode("x", id), "_")
	// The digits of five bits that lie whole within the mark.
	return []string{c.Canary, c.Digits, hex[19:32], global[14:22]}
}

// Clinics are the three.
func (w *World) Clinics() []*Clinic { return []*Clinic{w.A, w.B, w.C} }

// Subject is somebody who asks, with what our own tables say of them.
type Subject struct {
	Name string
	// Credential is a token or an API key; empty for nobody.
	Credential string
	Kind       policy.Kind
	ID         uuid.UUID
	OrgID      uuid.UUID // a key's own
	OrgSlug    string
	MFA        bool
	Roles      map[*Clinic]policy.Role
	Grants     []Grant
	// Session is the clinic of an open emergency session, if any.
	Session *Clinic
	// Scopes are a key's, as "<row type>:<action>".
	Scopes []string
	// Gone means that the credential itself is over or nobody's.
	Gone bool
}

// Grant is what a clinic gives a partner.
type Grant struct {
	From      *Clinic
	Actions   []string
	Resources []string
	Masks     map[string][]string
	Active    bool
}

// Subject finds one by name and panics when there is none.
func (w *World) Subject(name string) *Subject {
	i := slices.IndexFunc(w.Subjects, func(s *Subject) bool { return s.Name == name })
	if i < 0 {
		panic("stage: nobody is named " + name)
	}
	return w.Subjects[i]
}

// Headers are those that a subject sends.
func (s *Subject) Headers() []string {
	if s.Credential == "" {
		return nil
	}
	return []string{Bearer(s.Credential)}
}

// rows is how many each table has for each clinic, if it may.
const rows = 3

// Populate fills the stage's database: it must hold no orgs yet. Every table
// that the catalog says clinics own gets rows for each clinic, so that a new
// table or column is there without a word here, or fails the test.
func Populate(t testing.TB, s *Stage) *World {
	t.Helper()
	w := &World{
		A: &Clinic{Slug: "amber-clinic", Canary: "canary-amber", Digits: "447001001", mark: [6]byte{0x8a, 0xa1, 0x1a, 0xa1, 0x1a, 0xa1}},
		B: &Clinic{Slug: "basalt-clinic", Canary: "canary-basalt", Digits: "447002002", mark: [6]byte{0x8b, 0xb2, 0x2b, 0xb2, 0x2b, 0xb2}},
		C: &Clinic{Slug: "cobalt-clinic", Canary: "canary-cobalt", Digits: "447003003", mark: [6]byte{0x8c, 0xc3, 0x3c, 0xc3, 0x3c, 0xc3}},
	}
	ctx := t.Context()
	conn, err := pgx.Connect(ctx, s.SuperDSN)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	tables, err := readTables(ctx, conn)
	if err != nil {
		t.Fatal(err)
	}
	err = pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		for _, c := range w.Clinics() {
			if err := c.fill(ctx, tx, s.Keys, tables); err != nil {
				return fmt.Errorf("filling %s: %w", c.Slug, err)
			}
		}
		p := people{ctx: ctx, tx: tx, t: t, stage: s, world: w, now: time.Now().UTC()}
		p.everybody()
		for _, c := range w.Clinics() {
			if err := c.read(ctx, tx, tables); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return w
}
