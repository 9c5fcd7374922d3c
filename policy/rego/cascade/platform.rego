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
# title: Wide
# description: The kind has the right for every org.
wide if {
	input.subject.mfa == true
	input.action in roles.platform[input.subject.kind][input.resource]
}
