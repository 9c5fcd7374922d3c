package server

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent/audit"
	"github.com/voxanne/cascade/ent/nodeid"
	"github.com/voxanne/cascade/ent/rls"
	"github.com/voxanne/cascade/graph/fault"
	"github.com/voxanne/cascade/graph/transport"
	"github.com/voxanne/cascade/policy"
	"github.com/voxanne/cascade/server/auth"
	"github.com/voxanne/cascade/server/directory"
)

// invitations lets people in who hold an invitation. It is no GraphQL field:
// who accepts is nobody yet, and nobody passes the gate. What they bring is a
// token of the issuer, which says their address, and the invitation's own.
type invitations struct {
	verifier *auth.Verifier
	driver   *rls.Driver
	records  *audit.Writer
	log      *slog.Logger
	now      func() time.Time
	newID    func() uuid.UUID
}

// maxInvitation bounds the body of an acceptance, in bytes.
const maxInvitation = 4 << 10

// accept serves POST /invitations/accept with {"token": "..."}: 200 with the
// organization joined; 401 without a good bearer token; 404 for an invitation
// that is unknown, over, used, or somebody else's, all the same.
func (i invitations) accept(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	raw, err := auth.BearerToken(r.Header.Get("Authorization"))
	var claims auth.Claims
	if err == nil {
		claims, err = i.verifier.Verify(ctx, raw)
	}
	if err != nil {
		exchangeOf(ctx).reason = auth.Reason(err)
		w.Header().Set("WWW-Authenticate", `Bearer realm="cascade"`)
		writeProblem(w, r, transport.Problem{
			Status: http.StatusUnauthorized, Code: string(fault.Unauthenticated), Detail: "Sign in first: send Authorization: Bearer <token>.",
		})
		return
	}
	var body struct {
		Token string `json:"token"`
		Name  string `json:"name"`
	}
	decoder := json.NewDecoder(r.Body)
	decoder.DisallowUnknownFields()
	err = decoder.Decode(&body)
	if err != nil || body.Token == "" || len(body.Name) > 200 || strings.ContainsRune(body.Name, 0) { // Postgres keeps no NUL
		writeProblem(w, r, transport.Problem{
			Status: http.StatusBadRequest, Code: string(fault.BadUserInput), Detail: `Send {"token": "<the invitation's token>"}; name may be added.`,
		})
		return
	}
	joined, err := i.join(ctx, claims, body.Token, body.Name)
	switch {
	case errors.Is(err, directory.ErrInvitation):
		exchangeOf(ctx).reason = "invitation_invalid"
		writeProblem(w, r, transport.Problem{
			Status: http.StatusNotFound, Code: string(fault.NotFound), Detail: "This invitation does not open, or not for you. Ask for a new one.",
		})
	case err != nil:
		i.log.ErrorContext(ctx, "an invitation could not be accepted", "error", err)
		unavailable(w, r)
	default:
		writeJSON(w, "application/json", http.StatusOK, map[string]string{
			"organizationId": nodeid.Encode("organization", joined.OrgID), "role": string(joined.Role),
		})
	}
}

// join accepts under a scope that reaches nothing: the database's own function
// does the work, and its record is kept with it. A refusal has a record too.
func (i invitations) join(ctx context.Context, claims auth.Claims, token, name string) (directory.Joined, error) {
	record := i.record(ctx, claims)
	ctx = policy.WithScope(ctx, policy.Scope{})
	tx, err := i.driver.Begin(ctx)
	if err != nil {
		return directory.Joined{}, err
	}
	defer func() {
		if err := tx.Rollback(); err != nil {
			i.log.ErrorContext(ctx, "rolling back", "error", err)
		}
	}()
	joined, err := directory.AcceptInvitation(ctx, tx, directory.Acceptance{
		TokenHash: sha256.Sum256([]byte(token)), Issuer: claims.Issuer, Subject: claims.Subject, Email: claims.Email, Name: name,
		UserID: i.newID(), MembershipID: i.newID(),
	})
	if errors.Is(err, directory.ErrInvitation) {
		record.Reason = "invitation_invalid"
		return joined, errors.Join(err, i.records.Append(record)(ctx))
	}
	if err != nil {
		return joined, err
	}
	record.Allow, record.Reason = true, "invitation_accepted"
	record.OrgID, record.SubjectID = &joined.OrgID, &joined.UserID
	record.AskedOrgIDs, record.OrgIDs = []uuid.UUID{joined.OrgID}, []uuid.UUID{joined.OrgID}
	if err := audit.AppendTx(ctx, tx, joined.OrgID, record); err != nil {
		return joined, err
	}
	return joined, tx.Commit()
}

func (i invitations) record(ctx context.Context, claims auth.Claims) audit.Record {
	x := exchangeOf(ctx)
	return audit.NewRecord(policy.Deny(policy.Request{
		Subject: policy.Subject{Kind: policy.Member, Credential: policy.Credential{Type: policy.JWT, ID: claims.ID}},
		Action:  policy.Create, Resource: policy.MembershipRow, Operation: "acceptInvitation", Now: i.now(),
	}, "", policy.Evidence{ID: i.newID()}), audit.Origin{RequestID: x.id, TraceID: x.traceID})
}
