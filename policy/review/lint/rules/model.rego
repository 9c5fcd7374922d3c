# METADATA
# title: Model
# description: |
#   What the rules ask about policies: which clauses can give access, what may be
#   missing, what follows from what. The input is the tree that package lint makes
#   (tree.go says how), with `entry`, the rule that the engine asks.
package lint.model

# METADATA
# title: Clauses
# description: Every clause of every rule.
clauses := [clause |
	some rule_clauses in input.rules
	some clause in rule_clauses
]

# METADATA
# title: Nodes
# description: Every piece of every clause.
nodes := [node |
	walk(clauses, [_, node])
	node.type
]

# METADATA
# title: Uses
# description: "rule -> the rules that it names"
uses[rule] := {used |
	walk(rule_clauses, [_, node])
	some used in node.rules
} if {
	some rule, rule_clauses in input.rules
}

# METADATA
# title: Optional
# description: |
#   The rules whose answer hangs, at whatever distance, on a field that may be
#   missing. The others are tables and say the same for ever.
optional := graph.reachable(used_by, reading)

# graph.reachable leaves out what has no entry of its own, so each rule has one.
used_by[rule] contains rule if some rule, _ in input.rules

used_by[used] contains rule if {
	some rule, all_used in uses
	some used in all_used
}

# METADATA
# title: Reading
# description: The rules that read such a field themselves.
reading contains rule if {
	some rule, rule_clauses in input.rules
	walk(rule_clauses, [_, node])
	node.root # the only ones that can be, which most pieces are not
	field(node)
}

# METADATA
# title: Field
# description: |
#   A place that may not be there: anything in the input, a field of a value that
#   came from it, a document that is no rule.
# scope: document
field(node) if node.root == "input"

field(node) if {
	node.root == "local"
	node.path != []
}

field(node) if {
	node.root == "data"
	node.rules == []
}

# METADATA
# title: May be missing
# description: Some part of this may have no value.
# scope: document
may_be_missing(part) if {
	walk(part, [_, node])
	node.root
	field(node)
}

may_be_missing(part) if {
	walk(part, [_, node])
	some rule in node.rules
	rule in optional
}

# METADATA
# title: Denies
# description: A clause of the entry that says, in so many words, that nothing is allowed.
# scope: document
denies(clause) if clause.value.value == false

denies(clause) if {
	some item in clause.value.items
	item.key.value == "allow"
	item.value.value == false
}

# What an answer holds beside access: to hide more or to say why gives nobody a row.
gives_nothing := {"masks", "obligations", "reason"}

# METADATA
# title: Entry
# description: The clauses of the entry that can give access, without what gives nothing.
entry := [object.union(clause, {"value": gift(clause)}) |
	some clause in input.rules[input.entry]
	not denies(clause)
]

# METADATA
# title: Gift
# description: What of an answer gives access.
# scope: document
default gift(_) := {}

gift(clause) := {"type": "object", "items": [item |
	some item in clause.value.items
	not item.key.value in gives_nothing
]} if {
	clause.value.type == "object"
} else := clause.value

# METADATA
# title: Giving
# description: Every clause on the way to access. What only explains a denial, or hides, is not among them.
giving := array.concat(entry, [clause |
	some rule in graph.reachable(uses, named)
	rule != input.entry
	some clause in input.rules[rule]
])

named contains rule if {
	walk(entry, [_, node])
	some rule in node.rules
}

# METADATA
# title: Giving nodes
# description: Every piece of those.
giving_nodes := [node |
	walk(giving, [_, node])
	node.type
]

# METADATA
# title: Is name
# description: A name by itself, no field of it.
# scope: document
is_name(part) if part.type == "var"

is_name(part) if {
	part.root == "local"
	part.path == []
}

# METADATA
# title: Assigned
# description: What a name of a clause stands for.
assigned(clause, name) := {node.args[1 - i] |
	walk(clause, [_, node])
	node.op in {"assign", "eq"}
	some i, arg in node.args
	is_name(arg)
	arg.value == name
} | {node.domain |
	walk(clause, [_, node])
	node.type == "in"
	node.value.value == name
}
