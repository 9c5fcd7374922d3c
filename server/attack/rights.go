package attack

import (
	"maps"

	"github.com/voxanne/cascade/policy"
)

// This file is the model: who may do what, as the product promises it to
// clinics, partners and the platform's own people. It is written by hand and
// shares nothing with the policies. The letters are create, read, update and
// delete; what is not listed is not allowed.

var clinicWork = map[string]string{ //nolint:gochecknoglobals // an immutable table
	"agent": "r", "appointment": "r", "booking_rules": "r", "call": "r", "call_stats": "r", "contact": "r", "escalation": "r",
	"escalation_rule": "r", "inbound_agent_config": "r", "knowledge_article": "r", "organization": "r", "phone_number": "r",
}

var byRole = map[policy.Role]map[string]string{ //nolint:gochecknoglobals // an immutable table
	policy.Viewer: clinicWork,
	policy.Staff: with(clinicWork, map[string]string{
		"appointment": "cru", "call": "ru", "contact": "cru", "escalation": "ru", "recording": "cr", "recording_queue": "r",
		"idempotency_key": "cru",
	}),
	policy.Admin: with(clinicWork, management),
	policy.Owner: with(clinicWork, management, map[string]string{
		"access_grant": "cru", "api_key": "cru", "break_glass": "ru",
	}),
}

var management = map[string]string{ //nolint:gochecknoglobals // an immutable table
	"access_grant": "r", "agent": "cru", "api_key": "r", "appointment": "cru", "audit_decision": "r", "booking_rules": "cru",
	"break_glass": "r", "call": "ru", "contact": "crud", "escalation": "cru", "escalation_rule": "crud", "idempotency_key": "cru",
	"inbound_agent_config": "cru", "integration": "crud", "invitation": "cru", "knowledge_article": "crud",
	"membership": "rud", "onboarding": "r", "organization": "ru", "phone_number": "cru", "recording": "cru", "recording_queue": "cru",
	"webhook_endpoint": "crud", "webhook_message": "r",
}

// inEmergency is what support reads in an open session.
var inEmergency = with(clinicWork, map[string]string{ //nolint:gochecknoglobals // an immutable table
	"audit_decision": "r", "recording": "r", "recording_queue": "r", "webhook_message": "r",
})

// everywhere is what the platform's people do in every organization.
var everywhere = map[policy.Kind]map[string]string{ //nolint:gochecknoglobals // an immutable table
	policy.Auditor:  {"access_grant": "r", "audit_decision": "r", "break_glass": "r", "organization": "r", "policy_revision": "r"},
	policy.Security: {"access_grant": "r", "audit_decision": "r", "break_glass": "ru", "organization": "r", "policy_revision": "cru"},
	policy.Operator: {"onboarding": "r", "organization": "cru"},
	policy.Support:  {"break_glass": "cu"},
}

// platforms are the mutations that one kind of the platform's people does, and
// nobody else whatever rows they may change.
var platforms = map[string]policy.Kind{ //nolint:gochecknoglobals // an immutable table
	"proposePolicy": policy.Security, "reviewPolicy": policy.Security, "approvePolicy": policy.Security, "rejectPolicy": policy.Security,
	"shadowPolicy": policy.Security, "canaryPolicy": policy.Security, "activatePolicy": policy.Security,
	"withdrawPolicy": policy.Security, "rollbackPolicy": policy.Security,
	"requestBreakGlass": policy.Support, "approveBreakGlass": policy.Security,
}

// fromViewers is what viewers of a clinic do not see of a call.
var fromViewers = map[string][]string{"call": {"transcript", "structured_data"}} //nolint:gochecknoglobals // an immutable table

func with(tables ...map[string]string) map[string]string {
	all := map[string]string{}
	for _, t := range tables {
		maps.Copy(all, t)
	}
	return all
}

// searched are the fields that a search looks at. Who may not see one of them
// may not search: the answer would tell what is in it.
var searched = map[string][]string{"call": {"caller_name", "caller_number"}, "contact": {"name", "phone"}} //nolint:gochecknoglobals // an immutable table
