# METADATA
# title: Partners
# description: An integration acts under its own key, in its own organization and in the clinics that granted it access.
# schemas:
#   - input: schema.input
package cascade.partner

import data.cascade.roles

# METADATA
# title: May
# description: The key's scopes name the action, and the org is the key's own or has an active grant that lists it.
may(org) if {
	in_scope
	own(org)
}

may(org) if {
	in_scope
	some grant in input.subject.grants[org]
	active(grant)
	lists(grant)
}

# METADATA
# title: In scope
# description: A key does only what its scopes say.
in_scope if concat(":", [input.resource, input.action]) in input.subject.scopes

# METADATA
# title: Own
# description: In its own organization a key has the rights of staff.
own(org) if {
	org == input.subject.org_id
	input.subject.org_status == "active"
	input.action in roles.rights.staff[input.resource]
}

# METADATA
# title: Active
# description: From its start until just before its end, unless revoked.
active(grant) if {
	grant.revoked == false
	grant.status == "active"
	grant.starts <= input.now
	input.now < grant.expires
}

# METADATA
# title: Lists
# description: The grant names the action and the row type.
lists(grant) if {
	input.action in grant.actions
	input.resource in grant.resources
}

# METADATA
# title: Why not
# description: The first thing that stands in the way.
why_not(org) := "scope_lacks_right" if {
	not in_scope
} else := "grant_missing" if {
	count(input.subject.grants[org]) == 0
} else := "grant_lacks_right" if {
	every grant in input.subject.grants[org] {
		not lists(grant)
	}
} else := "grant_inactive"
