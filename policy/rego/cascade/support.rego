# METADATA
# title: Support
# description: Support staff may nothing, until a second person opens a session for one clinic, for an hour at most.
# schemas:
#   - input: schema.input
package cascade.support

import data.cascade.roles

# METADATA
# title: May
# description: An open session, a second factor, and reading only.
may(org) if {
	input.subject.mfa == true
	has_right
	some session in input.subject.break_glass[org]
	open(session)
}

# METADATA
# title: Has right
# description: Support staff read what an emergency may need, and change nothing.
has_right if input.action in roles.emergency[input.resource]

# METADATA
# title: Open
# description: Approved by somebody else, begun, not ended.
open(session) if {
	session.approved == true
	session.approver != input.subject.id
	session.ended == false
	session.status == "active"
	session.starts <= input.now
	input.now < session.expires
}

# METADATA
# title: Why not
# description: The first thing that stands in the way.
why_not(org) := "break_glass_missing" if {
	count(input.subject.break_glass[org]) == 0
} else := "mfa_required" if {
	input.subject.mfa == false
} else := "break_glass_reads_only" if {
	not has_right
} else := "break_glass_not_open"
