# METADATA
# title: Partners
# description: An integration acts under its own key, in its own organization and in the clinics that granted it access.
# schemas:
#   - input: schema.input
package cascade.partner

import data.cascade.roles

# METADATA
# title: Orgs
# description: Those asked for that the key reaches. Its scopes name the action, and its own organization is active.
orgs := [org |
	in_scope
	input.subject.org_status == "active"
	some org in input.orgs
	may(org)
]

# METADATA
# title: In scope
# description: A key does only what its scopes say.
in_scope if concat(":", [input.resource, input.action]) in input.subject.scopes

# METADATA
# title: May
# description: In its own organization a key has the rights of staff; elsewhere an active grant must list what it does.
# scope: document
may(org) if {
	org == input.subject.org_id
	input.action in roles.rights.staff[input.resource]
}

may(org) if {
	some grant in input.subject.grants[org]
	active(grant)
	lists(grant)
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
# description: The grant names the action and the row type, and says what it hides.
lists(grant) if {
	input.action in grant.actions
	input.resource in grant.resources
	is_array(grant.masks)
}

# METADATA
# title: Masks
# description: What any of the grants in use hides. With several clinics in one answer, what one hides is hidden in all.
# scope: document
default masks := {}

masks := {input.resource: fields} if {
	fields := {field |
		some org in orgs
		some grant in input.subject.grants[org]
		active(grant)
		lists(grant)
		some field in grant.masks
	}
	fields != set()
}

# METADATA
# title: Why not
# description: The first thing that stands in the way.
why_not(org) := "scope_lacks_right" if {
	not in_scope
} else := "org_inactive" if {
	input.subject.org_status != "active"
} else := "role_lacks_right" if {
	org == input.subject.org_id
} else := "grant_missing" if {
	input.subject.grants[org] == []
} else := "grant_lacks_right" if {
	every grant in input.subject.grants[org] {
		not lists(grant)
	}
} else := "grant_inactive"
