# METADATA
# title: Roles
# description: What each kind of subject may do, by row type; what is not listed is not allowed.
package cascade.roles

# METADATA
# title: Rights
# description: "role -> row type -> actions"
rights := {
	"viewer": {
		"agent": {"read"},
		"appointment": {"read"},
		"booking_rules": {"read"},
		"call": {"read"},
		"call_stats": {"read"},
		"contact": {"read"},
		"escalation": {"read"},
		"escalation_rule": {"read"},
		"inbound_agent_config": {"read"},
		"knowledge_article": {"read"},
		"organization": {"read"},
		"phone_number": {"read"},
	},
	"staff": {
		"agent": {"read"},
		"appointment": {"read", "create", "update"},
		"booking_rules": {"read"},
		"call": {"read", "update"},
		"call_stats": {"read"},
		"contact": {"read", "create", "update"},
		"escalation": {"read", "update"},
		"escalation_rule": {"read"},
		"idempotency_key": {"read", "create", "update"},
		"inbound_agent_config": {"read"},
		"knowledge_article": {"read"},
		"organization": {"read"},
		"phone_number": {"read"},
		"recording": {"read", "create"},
		"recording_queue": {"read"},
	},
	"admin": {
		"access_grant": {"read"},
		"agent": {"read", "create", "update"},
		"api_key": {"read"},
		"appointment": {"read", "create", "update"},
		"audit_decision": {"read"},
		"booking_rules": {"read", "create", "update"},
		"break_glass": {"read"},
		"call": {"read", "update"},
		"call_stats": {"read"},
		"contact": {"read", "create", "update", "delete"},
		"escalation": {"read", "create", "update"},
		"escalation_rule": {"read", "create", "update", "delete"},
		"idempotency_key": {"read", "create", "update"},
		"inbound_agent_config": {"read", "create", "update"},
		"integration": {"read", "create", "update", "delete"},
		"invitation": {"read", "create", "update"},
		"knowledge_article": {"read", "create", "update", "delete"},
		"membership": {"read", "update", "delete"},
		"onboarding": {"read"},
		"organization": {"read", "update"},
		"phone_number": {"read", "create", "update"},
		"recording": {"read", "create", "update"},
		"recording_queue": {"read", "create", "update"},
		"webhook_endpoint": {"read", "create", "update", "delete"},
		"webhook_message": {"read"},
	},
	"owner": {
		"access_grant": {"read", "update"},
		"agent": {"read", "create", "update"},
		"api_key": {"read", "update"},
		"appointment": {"read", "create", "update"},
		"audit_decision": {"read"},
		"booking_rules": {"read", "create", "update"},
		"break_glass": {"read", "update"},
		"call": {"read", "update"},
		"call_stats": {"read"},
		"contact": {"read", "create", "update", "delete"},
		"escalation": {"read", "create", "update"},
		"escalation_rule": {"read", "create", "update", "delete"},
		"idempotency_key": {"read", "create", "update"},
		"inbound_agent_config": {"read", "create", "update"},
		"integration": {"read", "create", "update", "delete"},
		"invitation": {"read", "create", "update"},
		"knowledge_article": {"read", "create", "update", "delete"},
		"membership": {"read", "update", "delete"},
		"onboarding": {"read"},
		"organization": {"read", "update"},
		"phone_number": {"read", "create", "update"},
		"recording": {"read", "create", "update"},
		"recording_queue": {"read", "create", "update"},
		"webhook_endpoint": {"read", "create", "update", "delete"},
		"webhook_message": {"read"},
	},
}

# METADATA
# title: Rights with MFA
# description: What each role may do only after a second factor, which is to hand out access.
rights_with_mfa := {"owner": {
	"access_grant": {"create"},
	"api_key": {"create"},
}}

# METADATA
# title: Rights if shown
# description: What each role may do only where the clinic shows its transcripts to viewers.
rights_if_shown := {"viewer": {"recording": {"read"}}}

# METADATA
# title: Emergency
# description: What support staff may read in an open session.
emergency := {
	"agent": {"read"},
	"appointment": {"read"},
	"audit_decision": {"read"},
	"booking_rules": {"read"},
	"call": {"read"},
	"call_stats": {"read"},
	"contact": {"read"},
	"escalation": {"read"},
	"escalation_rule": {"read"},
	"inbound_agent_config": {"read"},
	"knowledge_article": {"read"},
	"organization": {"read"},
	"phone_number": {"read"},
	"recording": {"read"},
	"recording_queue": {"read"},
	"webhook_message": {"read"},
}

# METADATA
# title: Platform
# description: |
#   What the platform's own people do in every org; never with health data.
#   Support staff may ask for a session and end it, and nothing else without one.
platform := {
	"auditor": {
		"access_grant": {"read"},
		"audit_decision": {"read"},
		"break_glass": {"read"},
		"organization": {"read"},
		"policy_revision": {"read"},
	},
	"operator": {
		"onboarding": {"read"},
		"organization": {"read", "create", "update"},
	},
	"security": {
		"access_grant": {"read"},
		"audit_decision": {"read"},
		"break_glass": {"read", "update"},
		"organization": {"read"},
		"policy_revision": {"read", "create", "update"},
		"trusted_document": {"read"},
	},
	"support": {"break_glass": {"create", "update"}},
}
