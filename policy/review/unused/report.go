package unused

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"maps"
	"slices"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/policy"
	"github.com/voxanne/cascade/policy/opa"
	"github.com/voxanne/cascade/policy/review"
)

// ErrBreaks means that the proposal would have decided a recorded question
// otherwise. It is not made then.
var ErrBreaks = errors.New("the proposal breaks what is recorded")

// Config is what a search needs; each field but Name is required.
type Config struct {
	// Running decides the recorded questions again; Files are its policies.
	Running *opa.Generation
	Files   fs.FS
	// Compile makes a generation of the proposal.
	Compile func(context.Context, fs.FS) (*opa.Generation, error)
	// Records opens the decisions. They are read twice: to see what was used, and
	// to prove the proposal.
	Records func(context.Context) (iter.Seq2[review.Recorded, error], error)
	Name    func(uuid.UUID) string // of organizations; nil: they go by their ids
}

// Report is what was given and not used. What never asked is in no record, and so
// not here: a partner, a key or a role of which nobody came.
type Report struct {
	*Usage
	Grants []Grant `json:"grants"` // in force, and wider than what was used of them
	Keys   []Key   `json:"keys"`
	// Roles are the rights that nobody with the role used in any clinic, and Clinics
	// those that nobody used in one.
	Roles    []Role    `json:"roles"`
	Clinics  []Role    `json:"clinics"`
	Proposal *Proposal `json:"proposal,omitempty"` // nil: every right was used
}

// Grant is one that could be narrower.
type Grant struct {
	ID        uuid.UUID         `json:"id"`
	Org       uuid.UUID         `json:"organization_id"`
	Partner   uuid.UUID         `json:"partner_id"`
	Clinic    string            `json:"clinic"`
	Whole     bool              `json:"whole"` // nothing of it was used: revoke it
	Actions   []policy.Action   `json:"actions"`
	Resources []policy.Resource `json:"resources"`
}

// Key is one with scopes that were not used. A partner's own id is its key's.
type Key struct {
	ID     uuid.UUID `json:"id"`
	Org    uuid.UUID `json:"organization_id"`
	Owner  string    `json:"owner"`
	Scopes []string  `json:"scopes"`
}

// Role is a role and what its people did not use.
type Role struct {
	Role   policy.Role `json:"role"`
	Org    uuid.UUID   `json:"organization_id,omitzero"` // zero: in any clinic
	Clinic string      `json:"clinic,omitempty"`
	People int         `json:"people"`
	Unused []Right     `json:"unused"`
}

// Proposal is the tighter policy, with the proof that nobody would have noticed.
type Proposal struct {
	File   string `json:"file"`
	Text   string `json:"text"`
	Rights int    `json:"rights"` // that it takes away
	// Replayed decisions were made again with it, and none came out otherwise.
	Replayed int64 `json:"replayed"`
}

// Find finds what was not used. Its errors are those of the records and of the
// policies, ErrTables and ErrBreaks.
func Find(ctx context.Context, c Config) (Report, error) {
	if c.Name == nil {
		c.Name = uuid.UUID.String
	}
	all, err := entries(c.Files)
	if err != nil {
		return Report{}, err
	}
	records, err := c.Records(ctx)
	if err != nil {
		return Report{}, err
	}
	usage, err := Collect(ctx, records)
	if err != nil {
		return Report{}, err
	}
	r := Report{Usage: usage, Grants: usage.wideGrants(c.Name), Keys: usage.wideKeys(c.Name)}
	r.Roles, r.Clinics = usage.wideRoles(all, c.Name)
	r.Proposal, err = c.propose(ctx, all, r.Roles)
	return r, err
}

// propose writes the tables without the rights that nobody used, and proves them.
func (c Config) propose(ctx context.Context, all []entry, roles []Role) (*Proposal, error) {
	p := &Proposal{File: rolesFile}
	unused := map[policy.Role]map[Right]bool{}
	for _, r := range roles {
		unused[r.Role] = map[Right]bool{}
		for _, right := range r.Unused {
			unused[r.Role][right] = true
			p.Rights++
		}
	}
	if p.Rights == 0 {
		return nil, nil //nolint:nilnil // nothing to propose
	}
	text, err := fs.ReadFile(c.Files, rolesFile)
	if err != nil {
		return nil, fmt.Errorf("reading policies: %w", err)
	}
	text, err = narrowed(text, all, func(role policy.Role, right Right) bool { return unused[role][right] })
	if err != nil {
		return nil, err
	}
	p.Text = string(text)
	files, err := with(c.Files, rolesFile, text)
	if err != nil {
		return nil, err
	}
	candidate, err := c.Compile(ctx, files)
	if err != nil {
		return nil, fmt.Errorf("compiling the proposal: %w", err)
	}
	records, err := c.Records(ctx)
	if err != nil {
		return nil, err
	}
	proof, err := review.Replay(ctx, review.ReplayConfig{Running: c.Running, Candidate: candidate, Records: records, Name: c.Name})
	if err != nil {
		return nil, err
	}
	for _, change := range review.Changes() {
		// A question that was refused may be refused for another reason.
		if n := proof.Changes[change]; n > 0 && change != review.ReasonChanged {
			return nil, fmt.Errorf("%w: %s %d times", ErrBreaks, change, n)
		}
	}
	p.Replayed = proof.Replayed
	return p, nil
}

func (u *Usage) wideGrants(name func(uuid.UUID) string) []Grant {
	out := []Grant{}
	for id, s := range u.grants {
		if s.fact.Revoked || !u.Until.Before(s.fact.Expires) {
			continue
		}
		g := Grant{
			ID: id, Org: s.fact.OrgID, Partner: s.fact.PartnerID, Clinic: name(s.fact.OrgID), Whole: len(s.actions) == 0,
			Actions:   slices.DeleteFunc(slices.Clone(s.fact.Actions), func(a policy.Action) bool { return s.actions[a] }),
			Resources: slices.DeleteFunc(slices.Clone(s.fact.Resources), func(r policy.Resource) bool { return s.resources[r] }),
		}
		if len(g.Actions)+len(g.Resources) > 0 {
			out = append(out, g)
		}
	}
	slices.SortFunc(out, func(a, b Grant) int {
		return cmp.Or(cmp.Compare(a.Clinic, b.Clinic), cmp.Compare(a.ID.String(), b.ID.String()))
	})
	return out
}

func (u *Usage) wideKeys(name func(uuid.UUID) string) []Key {
	out := []Key{}
	for id, s := range u.keys {
		unused := slices.DeleteFunc(slices.Clone(s.scopes), func(scope string) bool { return s.used[scope] })
		if slices.Sort(unused); len(unused) > 0 {
			out = append(out, Key{ID: id, Org: s.org, Owner: name(s.org), Scopes: slices.Compact(unused)})
		}
	}
	slices.SortFunc(out, func(a, b Key) int {
		return cmp.Or(cmp.Compare(a.Owner, b.Owner), cmp.Compare(a.ID.String(), b.ID.String()))
	})
	return out
}

// wideRoles are the roles of which somebody came, in all clinics and in each.
func (u *Usage) wideRoles(all []entry, name func(uuid.UUID) string) (everywhere, inClinics []Role) {
	everywhere, inClinics = []Role{}, []Role{}
	together := map[policy.Role]*seen{}
	for p, s := range u.roles {
		if rest := left(all, p.role, s.used); len(rest) > 0 {
			inClinics = append(inClinics, Role{Role: p.role, Org: p.org, Clinic: name(p.org), People: len(s.people), Unused: rest})
		}
		if together[p.role] == nil {
			together[p.role] = &seen{people: map[uuid.UUID]bool{}, used: map[Right]bool{}}
		}
		maps.Copy(together[p.role].people, s.people)
		maps.Copy(together[p.role].used, s.used)
	}
	for role, s := range together {
		if rest := left(all, role, s.used); len(rest) > 0 {
			everywhere = append(everywhere, Role{Role: role, People: len(s.people), Unused: rest})
		}
	}
	order := func(a, b Role) int {
		return cmp.Or(cmp.Compare(a.Clinic, b.Clinic), cmp.Compare(a.Org.String(), b.Org.String()),
			cmp.Compare(slices.Index(policy.Roles(), a.Role), slices.Index(policy.Roles(), b.Role)))
	}
	slices.SortFunc(everywhere, order)
	slices.SortFunc(inClinics, order)
	return everywhere, inClinics
}

// left are the rights of a role that are not among those used, by name.
func left(all []entry, role policy.Role, used map[Right]bool) []Right {
	var out []Right
	for _, e := range all {
		for _, a := range e.actions {
			right := Right{e.resource, policy.Action(a.name)}
			if e.role == role && !used[right] && !slices.Contains(out, right) {
				out = append(out, right)
			}
		}
	}
	slices.SortFunc(out, func(a, b Right) int { return cmp.Compare(a.String(), b.String()) })
	return out
}
