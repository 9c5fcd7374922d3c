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

# Beyond a clinic's own people, everybody reads and nobody writes.
test_only_reading[name] if {
	some name, rights in object.union(roles.platform, {"support": roles.emergency})
	every _, actions in rights {
		actions == {"read"}
	}
}
