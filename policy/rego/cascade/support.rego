# METADATA
# title: Support
# description: Support staff may nothing, until a second person opens a session for one clinic, for an hour at most.
# schemas:
#   - input: schema.input
package cascade.support

import data.cascade.roles

# METADATA
# title: Orgs
# description: The clinics asked for with an open session. It takes a second factor, and is for reading only.
orgs := [org |
	input.subject.mfa == true
	has_right
	some org in input.orgs
	may(org)
]

# METADATA
# title: Has right
# description: Support staff read what an emergency may need, and change nothing.
has_right if input.action in roles.emergency[input.resource]

# METADATA
# title: May
# description: A session is approved by somebody else, begun, not ended, and no longer than an hour.
may(org) if {
	some session in input.subject.break_glass[org]
	session.approved == true
	session.approver != input.subject.id
	session.ended == false
	session.status == "active"
	session.starts <= input.now
	input.now < session.expires
	session.expires - session.starts <= 3600
}

# METADATA
# title: Why not
# description: The first thing that stands in the way.
why_not(org) := "break_glass_missing" if {
	input.subject.break_glass[org] == []
} else := "mfa_required" if {
	input.subject.mfa == false
} else := "break_glass_reads_only" if {
	not has_right
} else := "break_glass_not_open"
