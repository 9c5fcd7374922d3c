# METADATA
# title: Members
# description: Staff of a clinic act in their own clinic, by role.
# schemas:
#   - input: schema.input
package cascade.member

import data.cascade.roles

# METADATA
# title: May
# description: The clinic is active, the role has the right, and MFA was used where it must be.
may(org) if {
	membership := input.subject.memberships[org]
	membership.status == "active"
	has_right(membership.role)
	has_mfa
	sees(membership)
}

# METADATA
# title: Has right
# description: The role lists the action for the row type.
has_right(role) if input.action in roles.rights[role][input.resource]

# METADATA
# title: Hands out access
# description: The action is one of those that need a second factor.
hands_out_access if input.action in roles.mfa[input.resource]

# METADATA
# title: Has MFA
# description: Handing out access needs a second factor.
has_mfa if not hands_out_access

has_mfa if input.subject.mfa == true

# METADATA
# title: Sees
# description: A viewer hears recordings only where the clinic says so.
sees(membership) if membership.role != "viewer"

sees(_) if input.resource != "recording"

sees(membership) if membership.viewers_see_transcripts == true

# METADATA
# title: Why not
# description: The first thing that stands in the way.
why_not(org) := "not_a_member" if {
	not input.subject.memberships[org]
} else := "org_inactive" if {
	input.subject.memberships[org].status != "active"
} else := "role_lacks_right" if {
	not has_right(input.subject.memberships[org].role)
} else := "mfa_required" if {
	not has_mfa
} else := "viewers_see_no_recordings" if {
	not sees(input.subject.memberships[org])
}
