// Package page gives every list of the API the same shape and the same rules:
// Relay's connections, keyset cursors, pages that are bounded.
package page

import (
	"context"

	"github.com/voxanne/cascade/ent"
)

// DefaultSize and MaxSize bound a page, in rows.
const (
	DefaultSize = 20
	MaxSize     = 100
)

// Info is where a page stands in its list.
type Info struct {
	HasNextPage     bool
	HasPreviousPage bool
	first, last     *cursor
}

// StartCursor is the place of the first row; null on an empty page.
func (i *Info) StartCursor() *string { return i.first.text() }

// EndCursor is the place of the last row; null on an empty page.
func (i *Info) EndCursor() *string { return i.last.text() }

// PageInfo is the GraphQL name of Info.
type PageInfo = Info

// Edge is one row and its place.
type Edge[T any] struct {
	Node  *T
	place cursor
}

// Cursor is the place as the outside sees it; it is written when asked for.
func (e *Edge[T]) Cursor() string { return e.place.String() }

// Connection is one page of a list.
type Connection[T any] struct {
	Edges    []*Edge[T]
	PageInfo *Info
	count    func(context.Context) (int, error)
}

// Nodes are the rows without their cursors.
func (c *Connection[T]) Nodes() []*T {
	nodes := make([]*T, len(c.Edges))
	for i, e := range c.Edges {
		nodes[i] = e.Node
	}
	return nodes
}

// TotalCount counts the whole list, not the page; it asks the database only
// when called.
func (c *Connection[T]) TotalCount(ctx context.Context) (int, error) { return c.count(ctx) }

// The connections of the schema, by their GraphQL names.
type (
	APIKeyConnection                = Connection[ent.APIKey]
	APIKeyEdge                      = Edge[ent.APIKey]
	AccessGrantConnection           = Connection[ent.AccessGrant]
	AccessGrantEdge                 = Edge[ent.AccessGrant]
	AgentConnection                 = Connection[ent.Agent]
	AgentEdge                       = Edge[ent.Agent]
	AppointmentConnection           = Connection[ent.Appointment]
	AppointmentEdge                 = Edge[ent.Appointment]
	AuditDecisionConnection         = Connection[ent.AuditDecision]
	AuditDecisionEdge               = Edge[ent.AuditDecision]
	BreakGlassSessionConnection     = Connection[ent.BreakGlassSession]
	BreakGlassSessionEdge           = Edge[ent.BreakGlassSession]
	CallConnection                  = Connection[ent.Call]
	CallEdge                        = Edge[ent.Call]
	ContactConnection               = Connection[ent.Contact]
	ContactEdge                     = Edge[ent.Contact]
	EscalationConnection            = Connection[ent.Escalation]
	EscalationEdge                  = Edge[ent.Escalation]
	EscalationRuleConnection        = Connection[ent.EscalationRule]
	EscalationRuleEdge              = Edge[ent.EscalationRule]
	FailedRecordingUploadConnection = Connection[ent.FailedRecordingUpload]
	FailedRecordingUploadEdge       = Edge[ent.FailedRecordingUpload]
	IntegrationConnection           = Connection[ent.Integration]
	IntegrationEdge                 = Edge[ent.Integration]
	InvitationConnection            = Connection[ent.Invitation]
	InvitationEdge                  = Edge[ent.Invitation]
	KnowledgeArticleConnection      = Connection[ent.KnowledgeArticle]
	KnowledgeArticleEdge            = Edge[ent.KnowledgeArticle]
	MembershipConnection            = Connection[ent.Membership]
	MembershipEdge                  = Edge[ent.Membership]
	OnboardingConnection            = Connection[ent.Onboarding]
	OnboardingEdge                  = Edge[ent.Onboarding]
	OnboardingStepConnection        = Connection[ent.OnboardingStep]
	OnboardingStepEdge              = Edge[ent.OnboardingStep]
	OrganizationConnection          = Connection[ent.Organization]
	OrganizationEdge                = Edge[ent.Organization]
	OrphanedRecordingConnection     = Connection[ent.OrphanedRecording]
	OrphanedRecordingEdge           = Edge[ent.OrphanedRecording]
	PhoneNumberConnection           = Connection[ent.PhoneNumber]
	PhoneNumberEdge                 = Edge[ent.PhoneNumber]
	PolicyRevisionConnection        = Connection[ent.PolicyRevision]
	RecordingConnection             = Connection[ent.Recording]
	PolicyRevisionEdge              = Edge[ent.PolicyRevision]
	RecordingEdge                   = Edge[ent.Recording]
	RecordingUploadConnection       = Connection[ent.RecordingUpload]
	RecordingUploadEdge             = Edge[ent.RecordingUpload]
	RecordingUploadMetricConnection = Connection[ent.RecordingUploadMetric]
	RecordingUploadMetricEdge       = Edge[ent.RecordingUploadMetric]
)
