# METADATA
# title: System
# description: A webhook or job acts for one clinic, on the row types that it names.
# schemas:
#   - input: schema.input
package cascade.system

# METADATA
# title: May
# description: Its own clinic, and nothing that its task does not name.
may(org) if {
	org == input.subject.org_id
	input.subject.org_status == "active"
	concat(":", [input.resource, input.action]) in input.subject.scopes
}
