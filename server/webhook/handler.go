package webhook

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent/audit"
	"github.com/voxanne/cascade/graph/transport"
	"github.com/voxanne/cascade/server/webhook/vapi"
)

// Handler takes in webhooks. It is safe for concurrent use.
type Handler struct {
	Config
	inbox *inbox
}

// New makes a Handler.
func New(c Config) *Handler {
	c = c.withDefaults()
	return &Handler{Config: c, inbox: newInbox(c)}
}

// ServeVapi serves POST /webhooks/vapi/{key}. It answers
//
//	200  kept, now or before; the body is what Vapi wants to hear for the type
//	400  believed and not readable
//	401  not believed: the signature is missing, wrong or stale
//	403  the clinic is not served, and nobody waits on the line; who does gets
//	     200 and a sentence, and nothing is kept
//	404  nobody's address
//	413  larger than MaxBody
//	503  not kept; send it again
//
// with RFC 9457 problem details for every refusal. A limit by client address
// belongs in front of it: each refusal is a record.
func (h *Handler) ServeVapi(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), h.Timeout)
	defer cancel()
	began := h.Now()
	out, err := h.receive(ctx, w, r)
	o := Observation{Provider: providerVapi, Type: out.kind, Result: out.result, Took: h.Now().Sub(began)}
	if err != nil {
		o.Result, o.Reason = h.fail(w, r, err)
	} else {
		o.Reason = out.reason
		h.reply(ctx, w, out.answer)
	}
	h.Observe(ctx, o)
}

// receipt is what became of a message that was taken.
type receipt struct {
	kind   string
	result Result
	reason string // why it was deferred
	answer any
	// records are of what came up at work; missed are ids of others' appointments.
	records []audit.Record
	missed  []uuid.UUID
}

// receive takes a message through every step.
func (h *Handler) receive(ctx context.Context, w http.ResponseWriter, r *http.Request) (receipt, error) {
	now := h.Now()
	body, err := h.read(w, r)
	if err != nil {
		return receipt{}, err
	}
	target, err := h.prove(ctx, r, body, now)
	if err != nil {
		return kindly(body, err)
	}
	t := task{
		org: target.OrgID, integration: target.IntegrationID, at: now, received: now, origin: h.Origin(ctx),
		subject: webhookSubject(target),
	}
	m, err := vapi.Parse(body)
	if err != nil {
		return receipt{}, h.inbox.refuse(ctx, t.request(needOf(ingest, inboxRow), ""), http.StatusBadRequest, reasonOf(err))
	}
	out, err := h.inbox.take(ctx, t, m)
	out.kind = m.Type
	if err != nil && m.Type == vapi.TypeToolCalls && !isRefusal(err) {
		// Anything but a 200 leaves the caller on the line in silence. Nothing is
		// acknowledged by it: each result says that it was not done.
		h.Log.ErrorContext(ctx, "tool calls could not be kept", "message", m, "class", classOf(err))
		return receipt{kind: m.Type, result: Unavailable, reason: reasonUnavailable, answer: notDone(m)}, nil
	}
	return out, err
}

// kindly refuses a message of a clinic that is not served. The caller on the line
// hears a sentence; everything else is told as any refusal is.
func kindly(body []byte, err error) (receipt, error) {
	if refused, ok := errors.AsType[*refusal](err); ok && refused.reason == reasonOrgInactive {
		if m, unread := vapi.Parse(body); unread == nil && m.NeedsAnswer() {
			return receipt{kind: m.Type, result: Refused, reason: refused.reason, answer: refusalOf(m)}, nil
		}
	}
	return receipt{}, err
}

// read reads the body whole, or refuses it before anything else is done.
func (h *Handler) read(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	tooLarge := &refusal{
		status: http.StatusRequestEntityTooLarge, reason: reasonTooLarge,
		limit: &transport.Limit{Name: "body", Max: h.MaxBody},
	}
	if r.ContentLength > h.MaxBody {
		return nil, tooLarge
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, h.MaxBody))
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, tooLarge
	}
	if err != nil {
		return nil, &refusal{status: http.StatusBadRequest, reason: reasonUnreadable}
	}
	return body, nil
}

func (h *Handler) reply(ctx context.Context, w http.ResponseWriter, answer any) {
	body, err := json.Marshal(answer)
	if err != nil { // cannot be: answers are strings
		h.Log.ErrorContext(ctx, "writing an answer", "class", classOf(err))
		body = []byte("{}")
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write(body) // a sender that went away is not our fault
}

// fail answers a message that was not taken and says how to count it.
func (h *Handler) fail(w http.ResponseWriter, r *http.Request, err error) (Result, string) {
	p := problemOf(err)
	p.Title = http.StatusText(p.Status)
	result, reason := Refused, reasonOf(err)
	if !isRefusal(err) {
		result, reason = Unavailable, classOf(err)
		h.Log.ErrorContext(r.Context(), "a webhook message could not be kept", "class", reason)
		w.Header().Set("Retry-After", "2")
	}
	h.Problem(w, r, p)
	return result, reason
}

func isRefusal(err error) bool {
	_, ok := errors.AsType[*refusal](err)
	return ok
}

// reasonOf is the code of a refusal, ours or the provider package's.
func reasonOf(err error) string {
	if refused, ok := errors.AsType[*refusal](err); ok {
		return refused.reason
	}
	if refused, ok := errors.AsType[vapi.Refusal](err); ok {
		return refused.Reason()
	}
	return reasonUnavailable
}
