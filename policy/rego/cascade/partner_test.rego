package cascade.partner_test

import data.cascade.access
import data.cascade.facts_test as facts

# Bridge, an integration, asks for the calls that Sunrise granted.
bridge := object.union(facts.nobody, {"subject": {
	"kind": "partner",
	"org_id": facts.northside,
	"org_status": "active",
	"credential": "api_key",
	"scopes": ["call:read", "contact:read", "contact:create"],
	"grants": {facts.sunrise: [grant]},
}})

grant := {
	"id": "g1",
	"status": "active",
	"actions": ["read"],
	"resources": ["call"],
	"masks": ["transcript"],
	"starts": 1000000,
	"expires": 1000001,
	"revoked": false,
}

maskless[name] := value if {
	some name, value in grant
	name != "masks"
}

given(grants) := {"subject": {"grants": {facts.sunrise: grants}}}

but(changes) := given([object.union(grant, changes)])

own(changes) := object.union({"orgs": [facts.northside], "resource": "contact"}, changes)

cases := {
	"what was granted": {"want": "grant", "changes": {}},
	"a clinic that granted nothing": {"want": "grant_missing", "changes": {"orgs": [facts.harbor]}},
	"a scope the key lacks": {"want": "scope_lacks_right", "changes": {"resource": "recording"}},
	"no scopes": {"want": "scope_lacks_right", "changes": {"subject": {"scopes": []}}},
	"scopes that only look alike": {
		"want": "scope_lacks_right",
		"changes": {"subject": {"scopes": ["call:readx", "*", "call:*"]}},
	},
	"a suspended partner": {"want": "org_inactive", "changes": {"subject": {"org_status": "suspended"}}},
	"another row type": {"want": "grant_lacks_right", "changes": {"resource": "contact"}},
	"another action": {
		"want": "grant_lacks_right",
		"changes": {"action": "update", "subject": {"scopes": ["call:update"]}},
	},
	"a grant that says nothing of masks": {"want": "grant_lacks_right", "changes": given([maskless])},
	"revoked": {"want": "grant_inactive", "changes": but({"revoked": true})},
	"a suspended clinic": {"want": "grant_inactive", "changes": but({"status": "suspended"})},
	"not yet begun": {"want": "grant_inactive", "changes": but({"starts": 1000001})},
	"ended this second": {"want": "grant_inactive", "changes": but({"expires": 1000000})},
	"one of two suffices": {
		"want": "grant",
		"changes": given([object.union(grant, {"revoked": true}), grant]),
	},
	"halves of two do not make one": {
		"want": "grant_inactive",
		"changes": given([object.union(grant, {"revoked": true}), object.union(grant, {"resources": ["contact"]})]),
	},
	"its own rows": {"want": "grant", "changes": own({})},
	"its own rows, made": {"want": "grant", "changes": own({"action": "create"})},
	"more than staff may": {
		"want": "role_lacks_right",
		"changes": own({"action": "delete", "subject": {"scopes": ["contact:delete"]}}),
	},
}

test_partners[note] if {
	some note, case in cases
	decision := access.decision with input as object.union(bridge, case.changes)
	decision.reason == case.want
	may := case.want in facts.bases
	decision.allow == may
}

masked := {
	"a grant's own": {"want": {"call": {"transcript"}}, "changes": {}},
	"none": {"want": {}, "changes": but({"masks": []})},
	"two grants hide what either hides": {
		"want": {"call": {"summary", "transcript"}},
		"changes": given([grant, object.union(grant, {"masks": ["summary"]})]),
	},
	"a grant not in use hides nothing": {
		"want": {"call": {"transcript"}},
		"changes": given([
			grant,
			object.union(grant, {"masks": ["summary"], "revoked": true}),
			object.union(grant, {"masks": ["summary"], "resources": ["contact"]}),
		]),
	},
	"two clinics hide what either hides": {
		"want": {"call": {"summary", "transcript"}},
		"changes": {
			"orgs": [facts.sunrise, facts.harbor],
			"subject": {"grants": {facts.harbor: [object.union(grant, {"masks": ["summary"]})]}},
		},
	},
}

test_masks[note] if {
	some note, case in masked
	decision := access.decision with input as object.union(bridge, case.changes)
	decision.allow
	decision.masks == case.want
}

test_only_the_clinics_that_granted if {
	decision := access.decision with input as object.union(bridge, {"orgs": [facts.harbor, facts.sunrise]})
	decision.org_ids == [facts.sunrise]
}
