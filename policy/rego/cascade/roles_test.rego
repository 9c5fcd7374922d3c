package cascade.roles_test

import data.cascade.roles

# What holds health data, which no platform kind reads for its role alone.
health := {
	"appointment", "call", "call_stats", "contact", "escalation",
	"knowledge_article", "recording", "recording_queue", "webhook_message",
}

# Each role may what the one before it may.
steps := [["viewer", "staff"], ["staff", "admin"], ["admin", "owner"]]

test_each_role_includes_the_one_below[below] if {
	some [below, above] in steps
	every resource, actions in roles.rights[below] {
		every action in actions {
			action in roles.rights[above][resource]
		}
	}
}

# A right that needs more than the role is worth nothing if the role has it anyway.
test_conditions_are_not_void[name] if {
	some name, table in {"mfa": roles.rights_with_mfa, "shown": roles.rights_if_shown}
	every role, rights in table {
		every resource, actions in rights {
			every action in actions {
				not action in object.get(roles.rights[role], resource, set())
			}
		}
	}
}

test_platform_sees_no_health_data[kind] if {
	some kind, rights in roles.platform
	every resource, _ in rights {
		not resource in health
	}
}

# Beyond a clinic's own people, everybody reads, and these alone write.
writers := {
	["operator", "organization"],
	["security", "break_glass"],
	["security", "policy_revision"],
	["support", "break_glass"],
}

test_only_reading if {
	every _, actions in roles.emergency {
		actions == {"read"}
	}
	writing := {[kind, row_type] |
		some kind, rights in roles.platform
		some row_type, actions in rights
		actions != {"read"}
	}
	writing == writers
}

# Who may what, written a second time and the way people read it, so that a
# right is given or taken in two places or not at all. "+shown" is what viewers
# get where the clinic shows them its transcripts, "+mfa" what owners get after a
# second factor, "+ask" what support staff do without a session; c, r, u and d are to create, read, update and delete.
matrix := `
row_type             viewer +shown staff admin owner +mfa support +ask security auditor operator
access_grant         -      -      -     r     ru    c    -       -    r        r       -
agent                r      -      r     cru   cru   -    r       -    -        -       -
api_key              -      -      -     r     ru    c    -       -    -        -       -
appointment          r      -      cru   cru   cru   -    r       -    -        -       -
audit_decision       -      -      -     r     r     -    r       -    r        r       -
booking_rules        r      -      r     cru   cru   -    r       -    -        -       -
break_glass          -      -      -     r     ru    -    -       cu   ru       r       -
call                 r      -      ru    ru    ru    -    r       -    -        -       -
call_stats           r      -      r     r     r     -    r       -    -        -       -
contact              r      -      cru   crud  crud  -    r       -    -        -       -
escalation           r      -      ru    cru   cru   -    r       -    -        -       -
escalation_rule      r      -      r     crud  crud  -    r       -    -        -       -
idempotency_key      -      -      cru   cru   cru   -    -       -    -        -       -
inbound_agent_config r      -      r     cru   cru   -    r       -    -        -       -
integration          -      -      -     crud  crud  -    -       -    -        -       -
invitation           -      -      -     cru   cru   -    -       -    -        -       -
knowledge_article    r      -      r     crud  crud  -    r       -    -        -       -
membership           -      -      -     rud   rud   -    -       -    -        -       -
onboarding           -      -      -     r     r     -    -       -    -        -       r
organization         r      -      r     ru    ru    -    r       -    r        r       cru
phone_number         r      -      r     cru   cru   -    r       -    -        -       -
policy_revision      -      -      -     -     -     -    -       -    cru      r       -
recording            -      r      cr    cru   cru   -    r       -    -        -       -
recording_queue      -      -      r     cru   cru   -    r       -    -        -       -
trusted_document     -      -      -     -     -     -    -       -    r        -       -
webhook_endpoint     -      -      -     crud  crud  -    -       -    -        -       -
webhook_message      -      -      -     r     r     -    r       -    -        -       -
`

lines := [words |
	some line in split(matrix, "\n")
	words := [word | some word in split(line, " "); word != ""]
	words != []
]

# written[column][row_type] is a cell that is not empty.
written[column][row_type] := cell if {
	some i, column in lines[0]
	i > 0
	some j, words in lines
	j > 0
	row_type := words[0]
	cell := words[i]
	cell != "-"
}

tables := {
	"viewer": roles.rights.viewer,
	"+shown": roles.rights_if_shown.viewer,
	"staff": roles.rights.staff,
	"admin": roles.rights.admin,
	"owner": roles.rights.owner,
	"+mfa": roles.rights_with_mfa.owner,
	"support": roles.emergency,
	"+ask": roles.platform.support,
	"security": roles.platform.security,
	"auditor": roles.platform.auditor,
	"operator": roles.platform.operator,
}

crud := [["create", "c"], ["read", "r"], ["update", "u"], ["delete", "d"]]

letters(actions) := concat("", [letter |
	some [action, letter] in crud
	action in actions
])

test_matrix[column] if {
	some column, rights in tables
	every actions in rights {
		count(actions) == count(letters(actions))
	}
	written[column] == {row_type: letters(actions) | some row_type, actions in rights}
}

test_nobody_else if {
	object.keys(written) == object.keys(tables)
	object.keys(roles.rights) == {"viewer", "staff", "admin", "owner"}
	object.keys(roles.platform) == {"security", "auditor", "operator", "support"}
	object.keys(roles.rights_with_mfa) == {"owner"}
	object.keys(roles.rights_if_shown) == {"viewer"}
}
