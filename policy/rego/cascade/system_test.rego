package cascade.system_test

import data.cascade.access
import data.cascade.facts_test as facts

# A webhook that takes what a provider reports of Sunrise's calls.
webhook := object.union(facts.nobody, {
	"action": "ingest",
	"subject": {
		"kind": "system",
		"org_id": facts.sunrise,
		"org_status": "active",
		"credential": "webhook",
		"scopes": ["call:ingest"],
	},
})

cases := {
	"its task": {"want": "system", "changes": {}},
	"another action": {"want": "system_lacks_right", "changes": {"action": "read"}},
	"another row type": {"want": "system_lacks_right", "changes": {"resource": "contact"}},
	"another clinic": {"want": "system_lacks_right", "changes": {"orgs": [facts.harbor]}},
	"a suspended clinic": {"want": "system_lacks_right", "changes": {"subject": {"org_status": "suspended"}}},
	"no task": {"want": "system_lacks_right", "changes": {"subject": {"scopes": []}}},
}

test_system[note] if {
	some note, case in cases
	decision := access.decision with input as object.union(webhook, case.changes)
	decision.reason == case.want
	may := case.want in facts.bases
	decision.allow == may
}

test_one_clinic_of_two if {
	decision := access.decision with input as object.union(webhook, {"orgs": [facts.harbor, facts.sunrise]})
	decision.org_ids == [facts.sunrise]
}
