package webhook

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/voxanne/cascade/ent/secret"
	"github.com/voxanne/cascade/policy"
	"github.com/voxanne/cascade/server/auth"
	"github.com/voxanne/cascade/server/directory"
	"github.com/voxanne/cascade/server/webhook/vapi"
)

const providerVapi = "vapi"

// secretColumn is where the endpoints' secrets are sealed for.
const secretColumn = "integrations.webhook_secret"

// prove finds whose address this is and checks that the provider sent the
// body, before anything in it is parsed, kept or logged.
func (h *Handler) prove(ctx context.Context, r *http.Request, body []byte, now time.Time) (directory.WebhookTarget, error) {
	none := directory.WebhookTarget{}
	target, err := h.Directory.Webhook(ctx, sha256.Sum256([]byte(r.PathValue("key"))))
	switch {
	case errors.Is(err, auth.ErrUnknownSubject), err == nil && target.Provider != providerVapi:
		// Nobody's: no org is asked for, and the record is for the security team.
		t := task{at: now, origin: h.Origin(ctx), subject: stranger("")}
		return none, h.inbox.refuse(ctx, t.request(needOf(ingest, inboxRow), ""), http.StatusNotFound, reasonUnknownKey)
	case err != nil:
		return none, fmt.Errorf("finding a webhook's address: %w", err)
	}
	t := task{org: target.OrgID, at: now, origin: h.Origin(ctx), subject: stranger(target.IntegrationID.String())}
	refuse := func(status int, reason string) error {
		return h.inbox.refuse(ctx, t.request(needOf(ingest, inboxRow), ""), status, reason)
	}
	if err := h.verify(target, r, body, now); err != nil {
		if _, ok := errors.AsType[vapi.Refusal](err); !ok {
			return none, err // our own secret does not open: not the sender's fault
		}
		return none, refuse(http.StatusUnauthorized, reasonOf(err))
	}
	if target.Status != policy.OrgActive {
		t.subject = webhookSubject(target)
		return none, refuse(http.StatusForbidden, reasonOrgInactive)
	}
	return target, nil
}

// verify checks the proof that the endpoint was set up to ask for. An endpoint
// that was set up for none refuses everything.
func (h *Handler) verify(target directory.WebhookTarget, r *http.Request, body []byte, now time.Time) error {
	var proof vapi.Auth
	if len(target.Auth) == 0 || json.Unmarshal(target.Auth, &proof) != nil {
		return vapi.ErrNotConfigured
	}
	if len(target.Secret) == 0 {
		return vapi.ErrBadSecret
	}
	place := secret.Place{Org: target.OrgID, Row: target.IntegrationID, Column: secretColumn}
	key, err := h.Secrets.Open(target.Secret, place.Bytes())
	if err != nil {
		return fmt.Errorf("opening a webhook's secret: %w", err)
	}
	return proof.Verify(key, vapi.Request{
		Method: r.Method, URL: h.PublicURL + r.URL.RequestURI(), Header: r.Header, Body: body,
	}, now)
}
