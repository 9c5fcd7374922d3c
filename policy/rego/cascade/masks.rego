# METADATA
# title: Masks
# description: Which fields of the row type stay hidden. With several orgs in one answer, a field hidden in one is hidden in all.
# schemas:
#   - input: schema.input
package cascade.masks

import data.cascade.partner

# METADATA
# title: Hidden
# description: "row type -> fields"
hidden(orgs) := {input.resource: fields} if {
	input.subject.kind in {"member", "partner"}
	fields := sort({field |
		some org in orgs
		some field in hides(org)
	})
	count(fields) > 0
} else := {}

# METADATA
# title: Hides
# description: A viewer sees no transcript unless the clinic says so; a partner sees none of its grant's masks.
hides(org) := {"transcript", "structured_data"} if {
	input.subject.kind == "member"
	input.resource == "call"
	membership := input.subject.memberships[org]
	membership.role == "viewer"
	membership.viewers_see_transcripts == false
}

hides(org) := {field |
	some grant in input.subject.grants[org]
	partner.active(grant)
	partner.lists(grant)
	some field in grant.masks
} if {
	input.subject.kind == "partner"
}
