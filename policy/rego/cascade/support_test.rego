package cascade.support_test

import data.cascade.access
import data.cascade.facts_test as facts

# Support staff in an open session with Sunrise.
helper := object.union(facts.nobody, {"subject": {
	"kind": "support",
	"mfa": true,
	"break_glass": {facts.sunrise: [session]},
}})

session := {
	"id": "b1",
	"status": "active",
	"approved": true,
	"approver": "018f0000-0000-7000-8000-000000000002",
	"ended": false,
	"starts": 1000000,
	"expires": 1003600,
}

but(changes) := {"subject": {"break_glass": {facts.sunrise: [object.union(session, changes)]}}}

cases := {
	"an open session": {"want": "break_glass", "changes": {}},
	"no session": {"want": "break_glass_missing", "changes": {"subject": {"break_glass": {facts.sunrise: []}}}},
	"a session elsewhere": {"want": "break_glass_missing", "changes": {"orgs": [facts.harbor]}},
	"no second factor": {"want": "mfa_required", "changes": {"subject": {"mfa": false}}},
	"a change": {"want": "break_glass_reads_only", "changes": {"action": "update"}},
	"a row type no emergency needs": {"want": "break_glass_reads_only", "changes": {"resource": "integration"}},
	"not approved": {"want": "break_glass_not_open", "changes": but({"approved": false})},
	"approved by oneself": {"want": "break_glass_not_open", "changes": but({"approver": facts.nobody.subject.id})},
	"ended": {"want": "break_glass_not_open", "changes": but({"ended": true})},
	"a suspended clinic": {"want": "break_glass_not_open", "changes": but({"status": "suspended"})},
	"not yet begun": {"want": "break_glass_not_open", "changes": but({"starts": 1000001})},
	"over this second": {"want": "break_glass_not_open", "changes": but({"starts": 999000, "expires": 1000000})},
	"longer than an hour": {"want": "break_glass_not_open", "changes": but({"expires": 1003601})},
	"one of two suffices": {
		"want": "break_glass",
		"changes": {"subject": {"break_glass": {facts.sunrise: [object.union(session, {"ended": true}), session]}}},
	},
}

test_support[note] if {
	some note, case in cases
	decision := access.decision with input as object.union(helper, case.changes)
	decision.reason == case.want
	may := case.want in facts.bases
	decision.allow == may
}

test_one_clinic_twice_open_is_given_once if {
	twice := {"subject": {"break_glass": {facts.sunrise: [session, session]}}}
	decision := access.decision with input as object.union(helper, twice)
	decision.org_ids == [facts.sunrise]
}
