package graph

import (
	"context"
	"errors"
	"strings"
	"unicode"

	"github.com/google/uuid"

	"github.com/voxanne/cascade/ent"
	"github.com/voxanne/cascade/ent/nodeid"
	"github.com/voxanne/cascade/ent/privacy"
	"github.com/voxanne/cascade/graph/fault"
	"github.com/voxanne/cascade/graph/model"
	"github.com/voxanne/cascade/policy"
)

// nodePrefix is the prefix of a type's ids: "KnowledgeArticle" has
// "knowledge_article", as ent/nodeid writes it.
func nodePrefix(typeName string) string {
	var b strings.Builder
	runes := []rune(typeName)
	for i, r := range runes {
		upper := unicode.IsUpper(r)
		if upper && i > 0 && (unicode.IsLower(runes[i-1]) || (i+1 < len(runes) && unicode.IsLower(runes[i+1]))) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

func prefixOf(id string) string {
	prefix, _, err := nodeid.Decode(id)
	if err != nil {
		return ""
	}
	return prefix
}

// idOf reads the id of a row of the type with this prefix. An id that does not
// read, or is another type's, is like one that is not there.
func idOf(prefix, id string) (uuid.UUID, error) {
	got, row, err := nodeid.Decode(id)
	if err != nil || got != prefix {
		return uuid.Nil, notFound()
	}
	return row, nil
}

// optionalID reads an id that may be absent.
func optionalID(prefix string, id *string) (*uuid.UUID, error) {
	if id == nil {
		return nil, nil //nolint:nilnil // absent is not an error
	}
	row, err := idOf(prefix, *id)
	if err != nil {
		return nil, err
	}
	return &row, nil
}

func notFound() error { return fault.New(fault.NotFound, "Not found.") }

// find reads one row by its id. One that is not there, or not theirs, is null:
// the same answer for both. The watch then looks, later and elsewhere, whether
// the id belongs to another org.
func find[T any](ctx context.Context, r *Resolver, prefix string, resource policy.Resource, id string,
	get func(context.Context, uuid.UUID) (*T, error),
) (*T, error) {
	row, err := idOf(prefix, id)
	if err != nil {
		return nil, nil //nolint:nilerr,nilnil // not an id: not a row
	}
	found, err := get(ctx, row)
	if ent.IsNotFound(err) {
		r.missed(ctx, policy.Read, resource, row)
		return nil, nil //nolint:nilnil // null is the answer
	}
	return found, err
}

// loaders read a row by its id, by the prefix that its id has. Every type that
// implements Node has one; a test walks the schema to see to it.
var loaders = map[string]func(context.Context, *ent.Client, uuid.UUID) (model.Node, error){ //nolint:gochecknoglobals // immutable table
	"api_key":                 load(func(c *ent.Client) getter[ent.APIKey] { return c.APIKey }),
	"access_grant":            load(func(c *ent.Client) getter[ent.AccessGrant] { return c.AccessGrant }),
	"agent":                   load(func(c *ent.Client) getter[ent.Agent] { return c.Agent }),
	"appointment":             load(func(c *ent.Client) getter[ent.Appointment] { return c.Appointment }),
	"audit_decision":          load(func(c *ent.Client) getter[ent.AuditDecision] { return c.AuditDecision }),
	"booking_rules":           load(func(c *ent.Client) getter[ent.BookingRules] { return c.BookingRules }),
	"break_glass_session":     load(func(c *ent.Client) getter[ent.BreakGlassSession] { return c.BreakGlassSession }),
	"call":                    load(func(c *ent.Client) getter[ent.Call] { return c.Call }),
	"contact":                 load(func(c *ent.Client) getter[ent.Contact] { return c.Contact }),
	"escalation":              load(func(c *ent.Client) getter[ent.Escalation] { return c.Escalation }),
	"escalation_rule":         load(func(c *ent.Client) getter[ent.EscalationRule] { return c.EscalationRule }),
	"failed_recording_upload": load(func(c *ent.Client) getter[ent.FailedRecordingUpload] { return c.FailedRecordingUpload }),
	"inbound_agent_config":    load(func(c *ent.Client) getter[ent.InboundAgentConfig] { return c.InboundAgentConfig }),
	"integration":             load(func(c *ent.Client) getter[ent.Integration] { return c.Integration }),
	"invitation":              load(func(c *ent.Client) getter[ent.Invitation] { return c.Invitation }),
	"knowledge_article":       load(func(c *ent.Client) getter[ent.KnowledgeArticle] { return c.KnowledgeArticle }),
	"membership":              load(func(c *ent.Client) getter[ent.Membership] { return c.Membership }),
	"onboarding":              load(func(c *ent.Client) getter[ent.Onboarding] { return c.Onboarding }),
	"onboarding_step":         load(func(c *ent.Client) getter[ent.OnboardingStep] { return c.OnboardingStep }),
	"organization":            load(func(c *ent.Client) getter[ent.Organization] { return c.Organization }),
	"orphaned_recording":      load(func(c *ent.Client) getter[ent.OrphanedRecording] { return c.OrphanedRecording }),
	"phone_number":            load(func(c *ent.Client) getter[ent.PhoneNumber] { return c.PhoneNumber }),
	"policy_approval":         load(func(c *ent.Client) getter[ent.PolicyApproval] { return c.PolicyApproval }),
	"policy_revision":         load(func(c *ent.Client) getter[ent.PolicyRevision] { return c.PolicyRevision }),
	"policy_shadow":           load(func(c *ent.Client) getter[ent.PolicyShadow] { return c.PolicyShadow }),
	"recording":               load(func(c *ent.Client) getter[ent.Recording] { return c.Recording }),
	"recording_upload":        load(func(c *ent.Client) getter[ent.RecordingUpload] { return c.RecordingUpload }),
	"recording_upload_metric": load(func(c *ent.Client) getter[ent.RecordingUploadMetric] { return c.RecordingUploadMetric }),
}

// getter is what every generated client has.
type getter[T any] interface {
	Get(context.Context, uuid.UUID) (*T, error)
}

func load[T any](of func(*ent.Client) getter[T]) func(context.Context, *ent.Client, uuid.UUID) (model.Node, error) {
	return func(ctx context.Context, c *ent.Client, id uuid.UUID) (model.Node, error) {
		row, err := of(c).Get(ctx, id)
		if err != nil {
			return nil, err
		}
		node, ok := any(row).(model.Node)
		if !ok {
			return nil, notFound()
		}
		return node, nil
	}
}

// load reads the node with a global id. Nothing there, nothing theirs, and
// nothing decided are all the same null.
func (r *Resolver) load(ctx context.Context, id string) (model.Node, error) {
	prefix, row, err := nodeid.Decode(id)
	if err != nil || loaders[prefix] == nil {
		return nil, nil //nolint:nilerr,nilnil // not an id: not a node
	}
	node, err := loaders[prefix](ctx, ent.FromContext(ctx), row)
	switch {
	case ent.IsNotFound(err):
		r.missed(ctx, policy.Read, r.resources[prefix], row)
		return nil, nil //nolint:nilnil // null is the answer
	case errors.Is(err, privacy.Deny):
		return nil, nil //nolint:nilnil // denied and recorded before
	}
	return node, err
}
