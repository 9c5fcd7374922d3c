package graph_test

import (
	"crypto/sha256"
	"regexp"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/policy"
)

const (
	inviteMember     = `mutation($in: InviteMemberInput!) { inviteMember(input: $in) { token invitation { id email role expiresAt } } }`
	revokeInvitation = `mutation($id: ID!) { revokeInvitation(id: $id) { invitation { id revokedAt } } }`
	updateMember     = `mutation($id: ID!, $role: MemberRole!) { updateMember(id: $id, role: $role) { membership { id role } } }`
	removeMember     = `mutation($id: ID!) { removeMember(id: $id) { deletedId } }`
)

// joins makes a subject's membership a row, and returns its id.
func (a *api) joins(t *testing.T, s policy.Subject, email string) string {
	t.Helper()
	m := s.Memberships[0]
	a.Exec(t, `insert into users (id, issuer, subject, email) values ($1, 'test', $2, $3)`, s.ID, s.ID.String(), email)
	return a.row(t, "membership", "memberships", m.OrgID, map[string]any{"user_id": s.ID, "role": string(m.Role), "email": email})
}

type invited struct {
	InviteMember struct {
		Token      string
		Invitation struct {
			ID, Email, Role string
			ExpiresAt       time.Time
		}
	}
}

func (c clinicPair) invite(t *testing.T, who policy.Subject, email, role string) answer {
	t.Helper()
	return c.ask(t, who, inviteMember, map[string]any{"in": map[string]any{"email": email, "role": role}})
}

// An invitation is made, is the only one of its address, is revoked, and its
// token is nowhere but in the one answer.
func TestInvitingAMember(t *testing.T) {
	t.Parallel()
	c := newClinicPair(t)
	c.joins(t, c.admin, "Admin@example.com")
	var out invited
	c.invite(t, c.admin, " New@Example.com ", "STAFF").decode(t, &out)
	got := out.InviteMember
	if !regexp.MustCompile(`^[0-9A-Za-z]{27}$`).MatchString(got.Token) || got.Invitation.Email != "new@example.com" || got.Invitation.Role != "STAFF" {
		t.Errorf("%+v", got)
	}
	if life := time.Until(got.Invitation.ExpiresAt); life < 7*24*time.Hour-time.Minute || life > 7*24*time.Hour {
		t.Errorf("it lasts %s", life)
	}
	hash := sha256.Sum256([]byte(got.Token))
	if n := c.count(t, `select count(*) from invitations where token_hash = $1 and invited_by = $2`, hash[:], c.admin.ID); n != 1 {
		t.Error("the token's hash is not kept")
	}
	if n := c.recorded(t, c.admin, policy.Create, policy.Invitation); n != 1 {
		t.Errorf("%d records of the invitation", n)
	}
	for _, tc := range []struct{ email, role, code string }{
		{"new@example.com", "ADMIN", "CONFLICT"},   // invited
		{"ADMIN@example.com", "STAFF", "CONFLICT"}, // a member
		{"boss@example.com", "OWNER", "FORBIDDEN"}, // by an admin
		{"nobody", "STAFF", "BAD_USER_INPUT"},
		{" ", "STAFF", "BAD_USER_INPUT"},
	} {
		if got := c.invite(t, c.admin, tc.email, tc.role); got.code() != tc.code {
			t.Errorf("%s as %s: %s", tc.email, tc.role, got.Body)
		}
	}
	if got := c.invite(t, c.staff, "other@example.com", "VIEWER"); got.code() != "FORBIDDEN" {
		t.Errorf("staff: %s", got.Body)
	}
	c.ask(t, c.admin, revokeInvitation, map[string]any{"id": got.Invitation.ID}).decode(t, &struct{}{})
	c.invite(t, c.admin, "new@example.com", "ADMIN").decode(t, &out)
	c.Exec(t, `update invitations set expires_at = now() - interval '1 second' where revoked_at is null`)
	c.invite(t, c.admin, "new@example.com", "VIEWER").decode(t, &out)
	c.Exec(t, `update invitations set accepted_at = now() where revoked_at is null`)
	if got := c.ask(t, c.admin, revokeInvitation, map[string]any{"id": out.InviteMember.Invitation.ID}); got.code() != "CONFLICT" {
		t.Errorf("revoking what was accepted: %s", got.Body)
	}
	var list struct{ Invitations struct{ TotalCount int } }
	c.ask(t, c.admin, `{ invitations { totalCount nodes { email revokedAt acceptedAt } } }`, nil).decode(t, &list)
	if list.Invitations.TotalCount != 3 {
		t.Errorf("%d invitations", list.Invitations.TotalCount)
	}
	foreign := c.row(t, "invitation", "invitations", c.other, map[string]any{
		"email": "x@example.com", "role": "staff", "token_hash": hash[:], "invited_by": c.other, "expires_at": time.Now(),
	})
	c.refuses(t, c.admin, revokeInvitation, nil, foreign)
}

// Who may make whom what.
func TestOwnersAloneChangeOwners(t *testing.T) {
	t.Parallel()
	c := newClinicPair(t)
	ownerRow := c.joins(t, c.owner, "owner@example.com")
	adminRow := c.joins(t, c.admin, "admin@example.com")
	staffRow := c.joins(t, c.staff, "staff@example.com")
	for _, tc := range []struct {
		name string
		who  policy.Subject
		id   string
		role string // "" removes
		code string
	}{
		{"an admin makes an owner", c.admin, staffRow, "OWNER", "FORBIDDEN"},
		{"an admin changes an owner", c.admin, ownerRow, "STAFF", "FORBIDDEN"},
		{"an admin removes an owner", c.admin, ownerRow, "", "FORBIDDEN"},
		{"the last owner steps down", c.owner, ownerRow, "ADMIN", "CONFLICT"},
		{"the last owner leaves", c.owner, ownerRow, "", "CONFLICT"},
		{"an owner says what is so", c.owner, ownerRow, "OWNER", ""},
		{"an admin makes an admin", c.admin, staffRow, "ADMIN", ""},
		{"an owner makes an owner", c.owner, adminRow, "OWNER", ""},
		{"one of two owners steps down", c.owner, ownerRow, "STAFF", ""},
		// What the request proved when it came is old by now: the row counts.
		{"an owner that was", c.owner, staffRow, "OWNER", "FORBIDDEN"},
		{"the owner that is", c.admin, staffRow, "", ""},
	} {
		document, vars := updateMember, map[string]any{"id": tc.id, "role": tc.role}
		if tc.role == "" {
			document = removeMember
			delete(vars, "role")
		}
		if got := c.ask(t, tc.who, document, vars); got.code() != tc.code {
			t.Errorf("%s: %s", tc.name, got.Body)
		}
	}
	var list struct{ Members struct{ TotalCount int } }
	c.ask(t, c.admin, `{ members { totalCount nodes { email name role } } }`, nil).decode(t, &list)
	if list.Members.TotalCount != 2 {
		t.Errorf("%d members are left", list.Members.TotalCount)
	}
	theirs := member(c.other, "harbor", policy.Staff)
	foreign := c.joins(t, theirs, "theirs@example.com")
	c.refuses(t, c.admin, removeMember, nil, foreign)
	c.refuses(t, c.admin, updateMember, map[string]any{"role": "VIEWER"}, foreign)
	if n := c.count(t, `select count(*) from memberships where org_id = $1 and role = 'staff'`, c.other); n != 1 {
		t.Error("the neighbour's member was touched")
	}
}

// Two owners remove each other at the same moment: one of them stays.
func TestOneOwnerStays(t *testing.T) {
	t.Parallel()
	c := newClinicPair(t)
	for range 8 {
		c.Exec(t, `delete from memberships`)
		a, b := member(c.own, "sunrise", policy.Owner), member(c.own, "sunrise", policy.Owner)
		rowA, rowB := c.joins(t, a, "a@example.com"), c.joins(t, b, "b@example.com")
		var both sync.WaitGroup
		start := make(chan struct{})
		for who, id := range map[uuid.UUID]string{a.ID: rowB, b.ID: rowA} {
			subject := a
			if who == b.ID {
				subject = b
			}
			both.Go(func() {
				<-start
				c.ask(t, subject, removeMember, map[string]any{"id": id})
			})
		}
		close(start)
		both.Wait()
		if n := c.count(t, `select count(*) from memberships where role = 'owner'`); n != 1 {
			t.Fatalf("%d owners are left", n)
		}
	}
}
