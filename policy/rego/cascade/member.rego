# METADATA
# title: Members
# description: Staff of a clinic act in their own clinic, by role.
# schemas:
#   - input: schema.input
package cascade.member

import data.cascade.roles

# METADATA
# title: Orgs
# description: The clinics asked for that are active and where the role has the right.
orgs := [org |
	in_scope
	some org in input.orgs
	membership := input.subject.memberships[org]
	membership.status == "active"
	has_right(membership)
]

# METADATA
# title: In scope
# description: |
#   A person's own token has no scopes and does what the person may. Any other
#   credential does only what its scopes say.
# scope: document
in_scope if {
	input.subject.credential == "jwt"
	input.subject.scopes == []
}

in_scope if concat(":", [input.resource, input.action]) in input.subject.scopes

# METADATA
# title: Has right
# description: |
#   The role lists the action for the row type: plainly, or for one who used a
#   second factor, or where the clinic shows its transcripts to viewers.
# scope: document
has_right(membership) if input.action in roles.rights[membership.role][input.resource]

has_right(membership) if {
	input.subject.mfa == true
	input.action in roles.rights_with_mfa[membership.role][input.resource]
}

has_right(membership) if {
	membership.viewers_see_transcripts == true
	input.action in roles.rights_if_shown[membership.role][input.resource]
}

# METADATA
# title: Masks
# description: |
#   A viewer sees no transcript unless the clinic says so. With several clinics
#   in one answer, what one hides is hidden in all.
# scope: document
default masks := {}

masks := {"call": {"structured_data", "transcript"}} if {
	input.resource == "call"
	some org in orgs
	input.subject.memberships[org].role == "viewer"
	not input.subject.memberships[org].viewers_see_transcripts == true
}

# METADATA
# title: Why not
# description: The first thing that stands in the way.
why_not(org) := "scope_lacks_right" if {
	not in_scope
} else := "not_a_member" if {
	not input.subject.memberships[org]
} else := "org_inactive" if {
	input.subject.memberships[org].status != "active"
} else := "mfa_required" if {
	input.action in roles.rights_with_mfa[input.subject.memberships[org].role][input.resource]
} else := "viewers_see_no_recordings" if {
	input.action in roles.rights_if_shown[input.subject.memberships[org].role][input.resource]
} else := "role_lacks_right"
