# METADATA
# title: No default answers for a missing field
# description: |
#   A default, or the last argument of object.get, stands in for a field that is
#   missing. When it is the very answer that gives access, nobody had to send the
#   field: "revoked == false" is then true of a grant that says nothing of it.
package lint.rules.default_answers

import data.lint.model

# METADATA
# title: Findings
# description: Each comparison on the way to access that a default makes true.
# scope: document
findings contains {"at": expr.at, "message": message(expr)} if {
	some clause in model.giving
	walk(clause, [_, expr])
	expr.of.op in {"equal", "eq"}
	some i, answer in expr.of.args
	some part in meant(clause, expr.of.args[1 - i])
	stands_in(part, answer.value)
}

findings contains {"at": expr.at, "message": message(expr)} if {
	some expr in model.giving_nodes
	not expr.negated
	expr.of.op == "object.get"
	stands_in(expr.of, true)
}

# A part, or what its name stands for.
meant(clause, part) := {part} | model.assigned(clause, part.value) if {
	part.type == "var"
} else := {part}

stands_in(part, answer) if {
	part.op == "object.get"
	part.args[2].value == answer
}

stands_in(part, answer) if {
	some rule in part.rules
	rule in model.optional
	some clause in input.rules[rule]
	clause.default == true
	clause.value.value == answer
}

message(expr) := sprintf("%q holds when a field is missing, by a default, and this gives access", [expr.text])
