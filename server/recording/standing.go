package recording

import (
	"context"
	"fmt"
	"time"

	entsql "entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent/rls"
	"github.com/voxanne/cascade/policy"
)

// standings are the row type that says what a subject of each kind may do in a
// clinic.
var standings = map[policy.Kind]policy.Resource{ //nolint:gochecknoglobals // immutable table
	policy.Member: policy.MembershipRow, policy.Partner: policy.AccessGrant, policy.Support: policy.BreakGlassSession,
}

// standing is the subject of a link as the clinic's rows have it now: a member
// who left, a grant or session that ended and a clinic that is suspended show
// here. The credential's own end is the link's, five minutes at most.
func (*desk) standing(ctx context.Context, tx *rls.Tx, l Link) (policy.Subject, error) {
	s := policy.Subject{ID: l.Subject, Kind: l.Kind, Credential: policy.Credential{
		Type: policy.JWT, ID: "link:" + l.ID.String(), MFA: l.MFA, Expires: l.Expires,
	}}
	var status policy.OrgStatus
	var shown bool
	var word string
	if _, err := rls.One(ctx, tx, `select status, viewers_see_transcripts from organizations where id = $1`, []any{l.Org}, &word, &shown); err != nil {
		return s, fmt.Errorf("reading the clinic of a link: %w", err)
	}
	status = policy.OrgStatus(word)
	var err error
	switch l.Kind {
	case policy.Member:
		var role string
		var found bool
		found, err = rls.One(ctx, tx, `select role from memberships where org_id = $1 and user_id = $2`, []any{l.Org, l.Subject}, &role)
		if found {
			s.Memberships = []policy.Membership{{OrgID: l.Org, Role: policy.Role(role), Status: status, ViewersSeeTranscripts: shown}}
		}
	case policy.Partner:
		s.OrgID, s.OrgStatus = l.Home, policy.OrgActive
		if l.Home == l.Org {
			s.OrgStatus = status
		}
		s.Credential.Type, s.Credential.Scopes = policy.Key, []string{string(policy.Recording) + ":" + string(policy.Read)}
		s.Grants, err = grants(ctx, tx, l, status)
	case policy.Support:
		s.BreakGlass, err = sessions(ctx, tx, l, status)
	default:
	}
	if err != nil {
		return s, fmt.Errorf("reading the standing of a link's subject: %w", err)
	}
	return s, nil
}

// grants are the clinic's to the partner that let recordings be read.
func grants(ctx context.Context, tx *rls.Tx, l Link, status policy.OrgStatus) (all []policy.Grant, err error) {
	err = rls.Each(ctx, tx, `select id, starts_at, expires_at from access_grants
		where org_id = $1 and partner_id = $2 and revoked_at is null and 'read' = any (actions) and 'recording' = any (resources)
		  and not coalesce(masks -> 'recording' ? 'object_key', false)`,
		[]any{l.Org, l.Home}, func(rows *entsql.Rows) error {
			g := policy.Grant{
				OrgID: l.Org, PartnerID: l.Home, Status: status,
				Actions: []policy.Action{policy.Read}, Resources: []policy.Resource{policy.Recording},
			}
			all = append(all, g)
			last := &all[len(all)-1]
			return rows.Scan(&last.ID, &last.Starts, &last.Expires)
		})
	return all, err
}

// sessions are the subject's in the clinic.
func sessions(ctx context.Context, tx *rls.Tx, l Link, status policy.OrgStatus) (all []policy.BreakGlass, err error) {
	err = rls.Each(ctx, tx, `select id, ticket, approved_by, starts_at, expires_at, ended_at from break_glass_sessions where org_id = $1 and user_id = $2`,
		[]any{l.Org, l.Subject}, func(rows *entsql.Rows) error {
			b := policy.BreakGlass{OrgID: l.Org, Status: status}
			var approver *uuid.UUID
			var ended *time.Time
			if err := rows.Scan(&b.ID, &b.Ticket, &approver, &b.Starts, &b.Expires, &ended); err != nil {
				return err
			}
			if approver != nil {
				b.Approved, b.ApproverID = true, *approver
			}
			b.Ended = ended != nil
			all = append(all, b)
			return nil
		})
	return all, err
}
