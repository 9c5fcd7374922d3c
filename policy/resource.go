package policy

import "slices"

// Resource names a row type in decisions, seals, grants and records.
// The database uses the same words: the row-level policy of call_logs asks for
// the orgs of "call".
type Resource string

// The row types. Each clinic-owned table belongs to exactly one.
const (
	Organization      Resource = "organization"
	MembershipRow     Resource = "membership"
	Invitation        Resource = "invitation"
	AccessGrant       Resource = "access_grant"
	BreakGlassSession Resource = "break_glass"
	APIKey            Resource = "api_key"
	Agent             Resource = "agent"
	InboundConfig     Resource = "inbound_agent_config"
	PhoneNumber       Resource = "phone_number"
	KnowledgeArticle  Resource = "knowledge_article"
	Integration       Resource = "integration"
	EscalationRule    Resource = "escalation_rule"
	BookingRules      Resource = "booking_rules"
	Call              Resource = "call"
	CallStats         Resource = "call_stats"
	Contact           Resource = "contact"
	Appointment       Resource = "appointment"
	Escalation        Resource = "escalation"
	Recording         Resource = "recording"
	RecordingQueue    Resource = "recording_queue"
	WebhookMessage    Resource = "webhook_message"
	WebhookEndpoint   Resource = "webhook_endpoint"
	IdempotencyKey    Resource = "idempotency_key"
	AuditDecision     Resource = "audit_decision"
	PolicyRevision    Resource = "policy_revision"
	TrustedDocument   Resource = "trusted_document"
	Onboarding        Resource = "onboarding"
)

// resources lists every row type with the fields a decision may mask (ent
// field names, all nullable) and what a platform kind may be given to do with it
// for every org at once. Row types that hold health data are never platform-wide.
var resources = map[Resource]struct {
	maskable []string
	wide     map[Kind][]Action
}{
	Organization:      {wide: map[Kind][]Action{Operator: {Read, Create, Update}, Security: {Read}, Auditor: {Read}}},
	MembershipRow:     {maskable: []string{"email", "name"}},
	Invitation:        {maskable: []string{"email"}},
	AccessGrant:       {wide: map[Kind][]Action{Security: {Read}, Auditor: {Read}}},
	BreakGlassSession: {wide: map[Kind][]Action{Support: {Create, Update}, Security: {Read, Update}, Auditor: {Read}}},
	APIKey:            {},
	Agent:             {maskable: []string{"system_prompt"}},
	InboundConfig:     {maskable: []string{"system_prompt"}},
	PhoneNumber:       {},
	KnowledgeArticle:  {},
	Integration:       {},
	EscalationRule:    {},
	BookingRules:      {},
	Call: {maskable: []string{
		"caller_name", "caller_number", "transcript", "summary", "outcome",
		"sentiment_summary", "structured_data", "cost_micros",
	}},
	CallStats: {},
	Contact: {maskable: []string{
		"name", "phone", "email", "interest", "preferred_time", "notes",
	}},
	Appointment:     {maskable: []string{"notes", "service"}},
	Escalation:      {maskable: []string{"reason", "summary"}},
	Recording:       {maskable: []string{"object_key"}},
	RecordingQueue:  {},
	WebhookMessage:  {},
	WebhookEndpoint: {},
	IdempotencyKey:  {},
	AuditDecision:   {wide: map[Kind][]Action{Security: {Read}, Auditor: {Read}}},
	PolicyRevision:  {wide: map[Kind][]Action{Security: {Read, Create, Update}, Auditor: {Read}}},
	Onboarding:      {wide: map[Kind][]Action{Operator: {Read}}},
	TrustedDocument: {wide: map[Kind][]Action{Security: {Read}, Auditor: {Read}, Operator: {Read}}},
}

// Known reports whether r is a row type of Cascade.
func (r Resource) Known() bool {
	_, ok := resources[r]
	return ok
}

// Maskable returns the fields of r that a decision may hide. A mask outside
// this list is a fault of the policy, and the decision is refused.
func (r Resource) Maskable() []string { return resources[r].maskable }

// wideFor reports whether kind may ever do a with rows of r in every org.
func (r Resource) wideFor(kind Kind, a Action) bool {
	return slices.Contains(resources[r].wide[kind], a)
}

// Resources returns every row type, in no particular order.
func Resources() []Resource {
	all := make([]Resource, 0, len(resources))
	for r := range resources {
		all = append(all, r)
	}
	return all
}

// Action is what a subject wants to do with rows of one type.
type Action string

// The actions. Ingest is what a webhook or job does with what a provider
// reports: it reads, creates and updates, and never deletes.
const (
	Read   Action = "read"
	Create Action = "create"
	Update Action = "update"
	Delete Action = "delete"
	Ingest Action = "ingest"
)

// Actions returns every action.
func Actions() []Action { return []Action{Read, Create, Update, Delete, Ingest} }

// covers lists the actions that a decision for a permits on rows.
func (a Action) covers() []Action {
	if a == Ingest {
		return []Action{Read, Create, Update}
	}
	return []Action{a}
}
