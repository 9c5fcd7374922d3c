package cascade.platform_test

import data.cascade.access
import data.cascade.facts_test as facts

asked(kind, resource) := object.union(facts.nobody, {"resource": resource, "subject": {"kind": kind, "mfa": true}})

cases := {
	"security reads decisions": {"want": "platform_role", "question": asked("security", "audit_decision")},
	"security reads no call": {"want": "platform_lacks_right", "question": asked("security", "call")},
	"auditors read grants": {"want": "platform_role", "question": asked("auditor", "access_grant")},
	"auditors read no contact": {"want": "platform_lacks_right", "question": asked("auditor", "contact")},
	"operators read organizations": {"want": "platform_role", "question": asked("operator", "organization")},
	"operators read no decision": {"want": "platform_lacks_right", "question": asked("operator", "audit_decision")},
	"security ships policies": {
		"want": "platform_role",
		"question": object.union(asked("security", "policy_revision"), {"action": "update"}),
	},
	"auditors ship no policy": {
		"want": "platform_lacks_right",
		"question": object.union(asked("auditor", "policy_revision"), {"action": "create"}),
	},
	"support asks for a session": {
		"want": "platform_role",
		"question": object.union(asked("support", "break_glass"), {"action": "create"}),
	},
	"asking takes a second factor": {
		"want": "mfa_required",
		"question": object.union(asked("support", "break_glass"), {"action": "create", "subject": {"mfa": false}}),
	},
	"support reads no list of sessions": {
		"want": "break_glass_missing",
		"question": asked("support", "break_glass"),
	},
	"a job needs no second factor": {
		"want": "platform_role",
		"question": object.union(asked("auditor", "audit_decision"), {"subject": {"mfa": false, "credential": "job"}}),
	},
	"a key is no job": {
		"want": "mfa_required",
		"question": object.union(asked("auditor", "audit_decision"), {"subject": {"mfa": false, "credential": "api_key"}}),
	},
	"a second factor is needed": {
		"want": "mfa_required",
		"question": object.union(asked("security", "audit_decision"), {"subject": {"mfa": false}}),
	},
	"no clinic need be named": {
		"want": "platform_role",
		"question": object.union(asked("auditor", "audit_decision"), {"orgs": []}),
	},
}

test_platform[note] if {
	some note, case in cases
	decision := access.decision with input as case.question
	decision.reason == case.want
	may := case.want in facts.bases
	decision.allow == may
	decision.wide == decision.allow
	decision.org_ids == []
}
