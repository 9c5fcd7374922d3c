# METADATA
# title: Every word is known
# description: |
#   A role, kind, row type, action, status or field that Cascade does not have is a
#   spelling mistake: a right that nobody gets, or a guard that never holds. A field
#   that cannot be hidden makes the engine refuse the whole decision.
package lint.rules.unknown_word

import data.lint.model

fields := input.words.fields

# METADATA
# title: Findings
# description: Each word that is compared, listed or hidden and not known.
# scope: document
findings contains {"at": word.at, "message": unknown(word, kind)} if {
	some node in model.nodes
	node.type == "call"
	node.op in {"equal", "neq", "eq", "internal.member_2"}
	some i, word in node.args
	word.type == "string"
	kind := last(node.args[1 - i])
	not word.value in fields[kind]
}

findings contains {"at": item.key.at, "message": unknown(item.key, "resource")} if {
	some item in rights
	not item.key.value in fields.resource
}

findings contains {"at": word.at, "message": unknown(word, "action")} if {
	some right in rights
	some word in right.value.items
	not word.value in fields.action
}

findings contains {"at": item.key.at, "message": unknown(item.key, "role or kind")} if {
	some table in tables
	some item in table.items
	item.value.type == "object"
	not item.key.value in fields.role
	not item.key.value in fields.kind
}

findings contains {"at": item.key.at, "message": unknown(item.key, "resource")} if {
	some item in masks
	item.key.type == "string"
	not input.words.maskable[item.key.value]
}

findings contains {"at": word.at, "message": message} if {
	some item in masks
	some word in item.value.items
	word.type == "string"
	not word.value in input.words.maskable[item.key.value]
	message := sprintf("%q is no field of %q that can be hidden", [word.value, item.key.value])
}

# The last name of a field that came from the input.
last(ref) := name if {
	ref.root in {"input", "local"}
	name := ref.path[count(ref.path) - 1].value
}

unknown(word, kind) := sprintf("%q is no %s of Cascade", [word.value, object.get(people, kind, kind)])

# What people call a field.
people := {"resource": "row type", "resources": "row type", "actions": "action", "org_status": "status"}

# Tables of rights are objects of row types and sets of actions, by role or kind.
tables := [clause.value |
	some clause in model.clauses
	clause.name != "masks"
	clause.value.type == "object"
	clause.body == []
	rights_of(clause.value) != []
]

rights_of(table) := [item |
	walk(table, [_, item])
	item.key.type == "string"
	item.value.type in {"set", "array"}
	item.value.items != []
	every word in item.value.items {
		word.type == "string"
	}
]

rights := [right |
	some table in tables
	some right in rights_of(table)
]

masks := [item |
	some clause in model.clauses
	clause.name == "masks"
	some item in clause.value.items
]
