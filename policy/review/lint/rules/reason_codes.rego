# METADATA
# title: Reason codes are declared
# description: |
#   Programs, records and people read the reason of a decision. Each that a policy
#   can give is written out, and declared once under `custom: reasons:` in METADATA
#   of the entry's package with a sentence for people; none is declared that is
#   never given.
package lint.rules.reason_codes

import data.lint.model

# METADATA
# title: Findings
# description: Each reason that is not declared, not given, not explained or not written out.
# scope: document
findings contains {"at": source.node.at, "message": message} if {
	some source in sources
	source.node.type == "string"
	not declared[source.node.value]
	message := sprintf("reason %q is not declared under custom: reasons: beside the entry", [source.node.value])
}

findings contains {"at": source.node.at, "message": "a reason is put together here: write out each that can be"} if {
	some source in sources
	not source.node.type == "string"
	not names_rules(source.node)
}

findings contains {"at": line_of(code), "message": message} if {
	some code, _ in declared
	not code in given
	message := sprintf("reason %q is declared, and no policy gives it", [code])
}

findings contains {"at": line_of(code), "message": message} if {
	some code, sentence in declared
	not is_sentence(sentence)
	message := sprintf("reason %q needs a sentence for people, with a full stop", [code])
}

# METADATA
# title: Declared
# description: "reason -> its sentence"
declared := object.union_n([annotation.custom.reasons |
	some file in input.packages
	some annotation in file.annotations
	is_object(annotation.custom.reasons)
])

# METADATA
# title: Given
# description: Every reason that a policy can give.
given contains source.node.value if {
	some source in sources
	source.node.type == "string"
}

# Where the declaration of a reason is written.
line_of(code) := [line.at |
	some file in input.packages
	some annotation in file.annotations
	annotation.custom.reasons[code]
	some line in annotation.lines
	startswith(line.text, sprintf("%s:", [code]))
][0]

# What a reason can come from: at the entry, and in every rule that it passes
# through.
sources := {source | some source in entry_sources} | {source |
	some rule in graph.reachable(passes, passed)
	some source in origins[rule]
}

entry_sources := [{"rule": input.entry, "node": node} |
	some clause in input.rules[input.entry]
	some item in clause.value.items
	item.key.value == "reason"
	some node in origin(clause, item.value)
]

passed contains rule if {
	some source in entry_sources
	some rule in source.node.rules
}

passes[rule] := {next | some source in from; some next in source.node.rules} if some rule, from in origins

origins[rule] := [{"rule": rule, "node": node} |
	some clause in clauses
	some said in answers(clause)
	some node in origin(clause, said)
] if {
	some rule, clauses in input.rules
	rule != input.entry
}

answers(clause) := [clause.key] if {
	clause.multi == true
} else := [clause.value]

# A name is what was assigned to it, and the least of some is one of them.
origin(clause, node) := step(clause, step(clause, step(clause, {node})))

step(clause, nodes) := {next |
	some node in nodes
	some next in behind(clause, node)
}

behind(clause, node) := model.assigned(clause, node.value) if {
	node.type == "var"
} else := {part | some part in node.args} if {
	node.op in {"max", "min"}
} else := {node}

names_rules(node) if node.rules != []

is_sentence(text) if {
	is_string(text)
	endswith(text, ".")
}
