# METADATA
# title: Access
# description: |
#   The one question Cascade asks: may this subject do this action on rows of
#   this type, and in which of the orgs it asked for? Each kind of subject has
#   a file of its own that says in which orgs it may (`orgs`), what stays hidden
#   there (`masks`) and why not (`why_not`). Go holds the answer to an envelope
#   that no rule here can widen.
# schemas:
#   - input: schema.input
# custom:
#   reasons:
#     clinic_role: The person's role in the clinic has this right.
#     grant: The clinic granted the partner this access, and the grant is in force.
#     break_glass: An emergency session in this clinic is open, approved by a second person.
#     system: The task names this row type and action, in its own clinic.
#     platform_role: The platform's own people of this kind read this in every org.
#     unknown_kind: Nobody of this kind is known.
#     no_org: No clinic was asked for.
#     scope_lacks_right: The scopes of the credential do not name this row type and action.
#     not_a_member: The person does not belong to the clinic.
#     org_inactive: The organization is suspended or closed.
#     mfa_required: This takes a second factor, and none was used.
#     viewers_see_no_recordings: The clinic does not show recordings to its viewers.
#     role_lacks_right: The role does not have this right.
#     grant_missing: The clinic granted the partner nothing.
#     grant_lacks_right: No grant of the clinic names this row type and action.
#     grant_inactive: The grant is not in force, because it was revoked, has ended or has not begun.
#     platform_lacks_right: The platform's own people of this kind have no such right.
#     break_glass_missing: There is no emergency session in this clinic.
#     break_glass_reads_only: An emergency session reads what an emergency may need, and changes nothing.
#     break_glass_not_open: The emergency session is not open, because it is not approved, has ended or has not begun.
#     system_lacks_right: The task does not name this, or it is not in its own clinic.
package cascade.access

import data.cascade.member
import data.cascade.partner
import data.cascade.platform
import data.cascade.support
import data.cascade.system

# METADATA
# title: Decision
# description: |
#   Always defined, for every input of the right shape. One answer for each
#   kind of subject; a kind without one may nothing. The kind comes first in
#   each, so that the engine looks at one of them and at the denial.
# entrypoint: true
decision := {
	"allow": true,
	"reason": "clinic_role",
	"org_ids": member.orgs,
	"wide": false,
	"masks": member.masks,
	"obligations": [],
} if {
	input.subject.kind == "member"
	member.orgs != []
} else := {
	"allow": true,
	"reason": "grant",
	"org_ids": partner.orgs,
	"wide": false,
	"masks": partner.masks,
	"obligations": [],
} if {
	input.subject.kind == "partner"
	partner.orgs != []
} else := {
	"allow": true,
	"reason": "break_glass",
	"org_ids": support.orgs,
	"wide": false,
	"masks": {},
	"obligations": ["show_clinic"],
} if {
	input.subject.kind == "support"
	support.orgs != []
} else := {
	"allow": true,
	"reason": "system",
	"org_ids": system.orgs,
	"wide": false,
	"masks": {},
	"obligations": [],
} if {
	input.subject.kind == "system"
	system.orgs != []
} else := {
	"allow": true,
	"reason": "platform_role",
	"org_ids": [],
	"wide": true,
	"masks": {},
	"obligations": [],
} if {
	platform.wide
} else := {
	"allow": false,
	"reason": denial,
	"org_ids": [],
	"wide": false,
	"masks": {},
	"obligations": [],
}

# METADATA
# title: Denial
# description: |
#   Why not. With several orgs, the first reason in alphabetical order, so that
#   the same question has the same answer.
# scope: document
default denial := "unknown_kind"

denial := platform.why_not if {
	platform.answers
} else := "no_org" if {
	input.orgs == []
} else := min(reasons)

# METADATA
# title: Reasons
# description: The reason of each candidate org.
# scope: document
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
