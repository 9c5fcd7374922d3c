package cascade.access_test

import data.cascade.access
import data.cascade.facts_test as facts

clinic := {"role": "viewer", "status": "active", "viewers_see_transcripts": false}

grant := {
	"id": "g1",
	"status": "active",
	"actions": ["read"],
	"resources": ["call"],
	"masks": ["transcript"],
	"starts": 0,
	"expires": 2000000,
	"revoked": false,
}

session := {
	"id": "b1",
	"status": "active",
	"approved": true,
	"approver": "018f0000-0000-7000-8000-000000000002",
	"ended": false,
	"starts": 999000,
	"expires": 1001000,
}

own := {"org_id": facts.sunrise, "org_status": "active", "scopes": ["call:read"]}

allowed := {
	"allow": true,
	"org_ids": [facts.sunrise],
	"wide": false,
	"masks": {},
	"obligations": [],
}

# One whole answer for each kind of subject.
answers := {
	"a member": {
		"subject": {"kind": "member", "memberships": {facts.sunrise: clinic}},
		"want": {"reason": "clinic_role", "masks": {"call": {"structured_data", "transcript"}}},
	},
	"a partner": {
		"subject": {
			"kind": "partner",
			"org_id": facts.harbor,
			"org_status": "active",
			"scopes": ["call:read"],
			"grants": {facts.sunrise: [grant]},
		},
		"want": {"reason": "grant", "masks": {"call": {"transcript"}}},
	},
	"support staff": {
		"subject": {"kind": "support", "mfa": true, "break_glass": {facts.sunrise: [session]}},
		"want": {"reason": "break_glass", "obligations": ["show_clinic"]},
	},
	"a webhook": {
		"subject": object.union(own, {"kind": "system"}),
		"want": {"reason": "system"},
	},
}

test_allowed[who] if {
	some who, case in answers
	question := object.union(facts.nobody, {"subject": case.subject})
	access.decision == object.union(allowed, case.want) with input as question
}

test_platform_is_wide if {
	question := object.union(facts.nobody, {
		"resource": "organization",
		"subject": {"kind": "operator", "mfa": true},
	})
	access.decision == {
		"allow": true,
		"reason": "platform_role",
		"org_ids": [],
		"wide": true,
		"masks": {},
		"obligations": [],
	} with input as question
}

# A question that is no question, and why it is refused.
refusals := {
	"nobody": {"want": "unknown_kind", "changes": {}},
	"a kind nobody knows": {"want": "unknown_kind", "changes": {"subject": {"kind": "root"}}},
	"a member who names no clinic": {"want": "no_org", "changes": {"orgs": [], "subject": {"kind": "member"}}},
	"a member with another kind's facts": {
		"want": "not_a_member",
		"changes": {"subject": object.union(own, {
			"kind": "member",
			"scopes": [],
			"mfa": true,
			"break_glass": {facts.sunrise: [session]},
		})},
	},
	"a partner with another kind's facts": {
		"want": "grant_missing",
		"changes": {"subject": {
			"kind": "partner",
			"org_status": "active",
			"scopes": ["call:read"],
			"memberships": {facts.sunrise: clinic},
			"break_glass": {facts.sunrise: [session]},
		}},
	},
	"support with another kind's facts": {
		"want": "break_glass_missing",
		"changes": {"subject": object.union(own, {
			"kind": "support",
			"mfa": true,
			"memberships": {facts.sunrise: clinic},
		})},
	},
	"a system with another kind's facts": {
		"want": "system_lacks_right",
		"changes": {"subject": {
			"kind": "system",
			"memberships": {facts.sunrise: clinic},
			"grants": {facts.sunrise: [grant]},
		}},
	},
	"two clinics, two reasons: the first by name": {
		"want": "not_a_member",
		"changes": {
			"orgs": [facts.sunrise, facts.harbor],
			"subject": {"kind": "member", "memberships": {facts.sunrise: object.union(clinic, {"status": "suspended"})}},
		},
	},
}

test_refused[note] if {
	some note, case in refusals
	access.decision == {
		"allow": false,
		"reason": case.want,
		"org_ids": [],
		"wide": false,
		"masks": {},
		"obligations": [],
	} with input as object.union(facts.nobody, case.changes)
}
