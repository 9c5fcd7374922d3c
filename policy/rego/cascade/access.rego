# METADATA
# title: Access
# description: |
#   The one question Cascade asks: may this subject do this action on rows of
#   this type, and in which of the orgs it asked for? Each kind of subject has
#   a file of its own that says in which orgs it may (`may`) and why not
#   (`why_not`). Go holds the answer to an envelope that no rule here can widen.
# schemas:
#   - input: schema.input
package cascade.access

import data.cascade.masks
import data.cascade.member
import data.cascade.partner
import data.cascade.platform
import data.cascade.support
import data.cascade.system

# METADATA
# title: Decision
# description: Always defined, for every input of the right shape.
# entrypoint: true
decision := {
	"allow": true,
	"reason": "platform_role",
	"org_ids": [],
	"wide": true,
	"masks": {},
	"obligations": [],
} if {
	platform.wide
} else := {
	"allow": true,
	"reason": basis,
	"org_ids": orgs,
	"wide": false,
	"masks": masks.hidden(orgs),
	"obligations": obligations,
} if {
	count(orgs) > 0
} else := {
	"allow": false,
	"reason": denial,
	"org_ids": [],
	"wide": false,
	"masks": {},
	"obligations": [],
}

# METADATA
# title: Orgs
# description: The candidates in which the subject may.
orgs := [org | some org in input.orgs; may(org)]

# METADATA
# title: May
# description: One definition for each kind of subject; a kind without one may nothing.
may(org) if {
	input.subject.kind == "member"
	member.may(org)
}

may(org) if {
	input.subject.kind == "partner"
	partner.may(org)
}

may(org) if {
	input.subject.kind == "support"
	support.may(org)
}

may(org) if {
	input.subject.kind == "system"
	system.may(org)
}

# METADATA
# title: Basis
# description: The reason of an allowed decision, by kind.
basis := {
	"member": "clinic_role",
	"partner": "grant",
	"support": "break_glass",
	"system": "system",
}[input.subject.kind]

# METADATA
# title: Obligations
# description: What must be done beside the work.
default obligations := []

obligations := ["show_clinic"] if input.subject.kind == "support"

# METADATA
# title: Denial
# description: Why not. With several orgs, the first reason in alphabetical order, so that the same question has the same answer.
default denial := "unknown_kind"

denial := "no_org" if {
	count(input.orgs) == 0
	not platform.kind
} else := "platform_lacks_right" if {
	platform.kind
} else := sort(reasons)[0]

# METADATA
# title: Reasons
# description: The reason of each candidate org.
reasons contains reason if {
	input.subject.kind == "member"
	some org in input.orgs
	reason := member.why_not(org)
}

reasons contains reason if {
	input.subject.kind == "partner"
	some org in input.orgs
	reason := partner.why_not(org)
}

reasons contains reason if {
	input.subject.kind == "support"
	some org in input.orgs
	reason := support.why_not(org)
}

reasons contains "system_lacks_right" if {
	input.subject.kind == "system"
}
