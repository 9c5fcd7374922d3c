// Package unused finds what was given and never used: actions and row types of
// grants, scopes of keys, rights of roles, over recorded decisions. It proposes the
// roles without the rights that nobody used, and proves by replaying the same
// decisions that none of them would have come out otherwise.
package unused

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/policy"
	"github.com/voxanne/cascade/policy/opa"
	"github.com/voxanne/cascade/policy/review"
	"github.com/voxanne/cascade/policy/review/domain"
)

// Right is an action on a row type.
type Right struct {
	Resource policy.Resource
	Action   policy.Action
}

// String is a right as scopes have it: "call:read".
func (r Right) String() string { return domain.Scope(r.Action, r.Resource) }

// MarshalText implements encoding.TextMarshaler.
func (r Right) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// Usage is what recorded decisions show of who used what. Its size grows with the
// people, grants and keys in them, not with their number. Make one with Collect.
type Usage struct {
	Records    int64     `json:"records"`
	Unasked    int64     `json:"unasked"`    // no policy was asked
	Unreadable int64     `json:"unreadable"` // no record, or of another version
	From       time.Time `json:"from,omitzero"`
	Until      time.Time `json:"until,omitzero"`

	roles  map[place]*seen
	grants map[uuid.UUID]*seenGrant
	keys   map[uuid.UUID]*seenKey
}

// place is a role in a clinic.
type place struct {
	org  uuid.UUID
	role policy.Role
}

// seen is what the people of a role did.
type seen struct {
	people map[uuid.UUID]bool
	used   map[Right]bool
}

type seenGrant struct {
	fact      policy.Grant // as it was last
	actions   map[policy.Action]bool
	resources map[policy.Resource]bool
}

type seenKey struct {
	org    uuid.UUID
	scopes []string // as they were last
	used   map[string]bool
}

// Collect reads records of decisions. Its error is that of the records, or of ctx;
// a record that is none, or that this version cannot read, is counted.
func Collect(ctx context.Context, records iter.Seq2[review.Recorded, error]) (*Usage, error) {
	u := &Usage{roles: map[place]*seen{}, grants: map[uuid.UUID]*seenGrant{}, keys: map[uuid.UUID]*seenKey{}}
	for r, err := range records {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err != nil && !errors.Is(err, review.ErrRecord) {
			return nil, fmt.Errorf("reading decisions: %w", err)
		}
		u.Records++
		if err != nil {
			u.Unreadable++
			continue
		}
		if len(r.Input) == 0 {
			u.Unasked++
			continue
		}
		q, err := opa.ReadInput(r.Input)
		if err != nil {
			u.Unreadable++
			continue
		}
		u.add(r, q)
	}
	return u, nil
}

// add notes what the facts of a question gave, and what of it was used. Of several
// facts that give the same, each was used: what might have been needed is.
func (u *Usage) add(r review.Recorded, q policy.Request) {
	if u.From.IsZero() || r.At.Before(u.From) {
		u.From = r.At
	}
	if r.At.After(u.Until) {
		u.Until = r.At
	}
	given := func(org uuid.UUID) bool { return slices.Contains(r.OrgIDs, org) } // a denial gives none
	switch q.Subject.Kind {
	case policy.Member:
		for _, m := range q.Subject.Memberships {
			s := u.at(place{m.OrgID, m.Role})
			s.people[q.Subject.ID] = true
			if given(m.OrgID) {
				s.used[Right{q.Resource, q.Action}] = true
			}
		}
	case policy.Partner:
		u.key(r, q)
		for _, g := range q.Subject.Grants {
			u.grant(g, q, given(g.OrgID))
		}
	case policy.Support, policy.Security, policy.Auditor, policy.Operator, policy.System:
		// An emergency needs rights that nobody used; the others hold none that a
		// table for roles gives.
	}
}

func (u *Usage) at(p place) *seen {
	s := u.roles[p]
	if s == nil {
		s = &seen{people: map[uuid.UUID]bool{}, used: map[Right]bool{}}
		u.roles[p] = s
	}
	return s
}

func (u *Usage) key(r review.Recorded, q policy.Request) {
	k := u.keys[q.Subject.ID]
	if k == nil {
		k = &seenKey{used: map[string]bool{}}
		u.keys[q.Subject.ID] = k
	}
	k.org, k.scopes = q.Subject.OrgID, q.Subject.Credential.Scopes
	if r.Allow {
		k.used[domain.Scope(q.Action, q.Resource)] = true
	}
}

func (u *Usage) grant(g policy.Grant, q policy.Request, given bool) {
	s := u.grants[g.ID]
	if s == nil {
		s = &seenGrant{actions: map[policy.Action]bool{}, resources: map[policy.Resource]bool{}}
		u.grants[g.ID] = s
	}
	s.fact = g
	inForce := !g.Revoked && !q.Now.Before(g.Starts) && q.Now.Before(g.Expires)
	if given && inForce && slices.Contains(g.Actions, q.Action) && slices.Contains(g.Resources, q.Resource) {
		s.actions[q.Action], s.resources[q.Resource] = true, true
	}
}
