# METADATA
# title: Platform
# description: Security, auditors and operators read what holds no health data, in every org, with a second factor.
# schemas:
#   - input: schema.input
package cascade.platform

import data.cascade.roles

# METADATA
# title: Kind
# description: The subject is one of the platform's own people, support aside.
kind if roles.platform[input.subject.kind]

# METADATA
# title: Has right
# description: The kind lists the action for the row type.
has_right if input.action in roles.platform[input.subject.kind][input.resource]

# METADATA
# title: Wide
# description: The kind has the right, for every org, after a second factor.
wide if {
	input.subject.mfa == true
	has_right
}

# METADATA
# title: Why not
# description: What stands in the way.
# scope: document
default why_not := "platform_lacks_right"

why_not := "mfa_required" if has_right
