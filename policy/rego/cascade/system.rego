# METADATA
# title: System
# description: A webhook or job acts for one clinic, on the row types that it names.
# schemas:
#   - input: schema.input
package cascade.system

# METADATA
# title: Orgs
# description: Its own clinic, and nothing that its task does not name.
orgs := [org |
	concat(":", [input.resource, input.action]) in input.subject.scopes
	input.subject.org_status == "active"
	some org in input.orgs
	org == input.subject.org_id
]
