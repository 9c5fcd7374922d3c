# METADATA
# title: Platform
# description: |
#   The platform's own people act, in every org, on what holds no health data:
#   to read, to ship policies, to open a clinic, to ask for a session. It takes
#   a second factor.
# schemas:
#   - input: schema.input
package cascade.platform

import data.cascade.roles

# METADATA
# title: Answers
# description: |
#   Whether a denial is this file's to explain. Support staff reach clinics by
#   their sessions; only what they may do without one is explained here.
# scope: document
answers if {
	roles.platform[input.subject.kind]
	input.subject.kind != "support"
}

answers if has_right

# METADATA
# title: Has right
# description: The kind lists the action for the row type.
has_right if input.action in roles.platform[input.subject.kind][input.resource]

# METADATA
# title: Second factor
# description: |
#   A person used one. A job of the platform's has none and needs none: no
#   credential from outside is a job's.
# scope: document
second_factor if input.subject.mfa == true

second_factor if input.subject.credential == "job"

# METADATA
# title: Wide
# description: The kind has the right, for every org, after a second factor.
wide if {
	second_factor
	has_right
}

# METADATA
# title: Why not
# description: What stands in the way.
# scope: document
default why_not := "platform_lacks_right"

why_not := "mfa_required" if has_right
