# What the tests start from: a question with every field of the input, asked by
# nobody. Each case says in what it differs, by object.union.
package cascade.facts_test

sunrise := "018f0000-0000-7000-8000-00000000000a"

harbor := "018f0000-0000-7000-8000-00000000000b"

northside := "018f0000-0000-7000-8000-00000000000c"

nobody := {
	"now": 1000000,
	"action": "read",
	"resource": "call",
	"operation": "Calls",
	"orgs": [sunrise],
	"subject": {
		"id": "018f0000-0000-7000-8000-000000000001",
		"kind": "",
		"org_id": "00000000-0000-0000-0000-000000000000",
		"org_status": "",
		"mfa": false,
		"credential": "jwt",
		"scopes": [],
		"memberships": {},
		"grants": {sunrise: [], harbor: [], northside: []},
		"break_glass": {sunrise: [], harbor: [], northside: []},
	},
}

# The reasons that come with access.
bases := {"break_glass", "clinic_role", "grant", "platform_role", "system"}
