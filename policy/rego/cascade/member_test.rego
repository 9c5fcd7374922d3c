package cascade.member_test

import data.cascade.access
import data.cascade.facts_test as facts

# staff of Sunrise ask for its calls.
staff := object.union(facts.nobody, {"subject": {
	"kind": "member",
	"memberships": {facts.sunrise: membership("staff")},
}})

membership(role) := {"role": role, "status": "active", "viewers_see_transcripts": false}

# at makes the member one of Sunrise with this role.
at(role) := {"memberships": {facts.sunrise: {"role": role}}}

shown(role) := {"memberships": {facts.sunrise: {"role": role, "viewers_see_transcripts": true}}}

cases := {
	"staff read calls": {"want": "clinic_role", "changes": {}},
	"staff delete no call": {"want": "role_lacks_right", "changes": {"action": "delete"}},
	"staff see no key": {"want": "role_lacks_right", "changes": {"resource": "api_key"}},
	"no row type of ours": {"want": "role_lacks_right", "changes": {"resource": "users"}},
	"no action of ours": {"want": "role_lacks_right", "changes": {"action": "own"}},
	"no role of ours": {"want": "role_lacks_right", "changes": {"subject": at("root")}},
	"nobody ingests": {"want": "role_lacks_right", "changes": {"action": "ingest", "subject": at("owner")}},
	"admins delete contacts": {
		"want": "clinic_role",
		"changes": {"action": "delete", "resource": "contact", "subject": at("admin")},
	},
	"admins hand out no access": {
		"want": "role_lacks_right",
		"changes": {"action": "create", "resource": "access_grant", "subject": object.union(at("admin"), {"mfa": true})},
	},
	"another clinic": {"want": "not_a_member", "changes": {"orgs": [facts.harbor]}},
	"a suspended clinic": {
		"want": "org_inactive",
		"changes": {"subject": {"memberships": {facts.sunrise: {"status": "suspended"}}}},
	},
	"an owner grants without a second factor": {
		"want": "mfa_required",
		"changes": {"action": "create", "resource": "access_grant", "subject": at("owner")},
	},
	"an owner grants": {
		"want": "clinic_role",
		"changes": {"action": "create", "resource": "access_grant", "subject": object.union(at("owner"), {"mfa": true})},
	},
	"an owner makes a key without a second factor": {
		"want": "mfa_required",
		"changes": {"action": "create", "resource": "api_key", "subject": at("owner")},
	},
	"an owner takes a grant back": {
		"want": "clinic_role",
		"changes": {"action": "update", "resource": "access_grant", "subject": at("owner")},
	},
	"a viewer hears nothing": {
		"want": "viewers_see_no_recordings",
		"changes": {"resource": "recording", "subject": at("viewer")},
	},
	"a viewer hears where the clinic says so": {
		"want": "clinic_role",
		"changes": {"resource": "recording", "subject": shown("viewer")},
	},
	"a viewer makes no recording even there": {
		"want": "role_lacks_right",
		"changes": {"action": "create", "resource": "recording", "subject": shown("viewer")},
	},
	"staff hear either way": {"want": "clinic_role", "changes": {"resource": "recording"}},
	"a key with the scope": {
		"want": "clinic_role",
		"changes": {"subject": {"credential": "oauth2", "scopes": ["call:read"]}},
	},
	"a key without the scope": {
		"want": "scope_lacks_right",
		"changes": {"subject": {"credential": "oauth2", "scopes": ["call:update"]}},
	},
	"a key without scopes": {"want": "scope_lacks_right", "changes": {"subject": {"credential": "oauth2"}}},
	"a token that was narrowed": {"want": "scope_lacks_right", "changes": {"subject": {"scopes": ["contact:read"]}}},
}

test_members[note] if {
	some note, case in cases
	decision := access.decision with input as object.union(staff, case.changes)
	decision.reason == case.want
	may := case.want in facts.bases
	decision.allow == may
}

test_each_clinic_by_its_own_role if {
	decision := access.decision with input as object.union(staff, {
		"action": "update",
		"orgs": [facts.sunrise, facts.harbor, facts.northside],
		"subject": {"memberships": {
			facts.sunrise: membership("viewer"),
			facts.northside: membership("admin"),
		}},
	})
	decision.org_ids == [facts.northside]
}

masked := {
	"staff": {"want": {}, "changes": {}},
	"a viewer": {"want": {"call": {"structured_data", "transcript"}}, "changes": {"subject": at("viewer")}},
	"a viewer where the clinic says so": {"want": {}, "changes": {"subject": shown("viewer")}},
	"a viewer of what holds no transcript": {"want": {}, "changes": {"resource": "contact", "subject": at("viewer")}},
	"a viewer in one clinic of two": {
		"want": {"call": {"structured_data", "transcript"}},
		"changes": {
			"orgs": [facts.sunrise, facts.harbor],
			"subject": {"memberships": {facts.harbor: membership("viewer")}},
		},
	},
	"a viewer in a clinic that was not asked for": {
		"want": {},
		"changes": {"subject": {"memberships": {facts.harbor: membership("viewer")}}},
	},
}

test_masks[note] if {
	some note, case in masked
	decision := access.decision with input as object.union(staff, case.changes)
	decision.allow
	decision.masks == case.want
}
