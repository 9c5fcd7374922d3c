# METADATA
# title: Nothing found is not a yes
# description: |
#   A collection that is gathered from fields that may be missing is empty without
#   them, never undefined. On the way to access, "there are no violations" is a
#   hidden "not", and "every" holds of nothing at all.
package lint.rules.empty_means_yes

import data.lint.model

# METADATA
# title: Findings
# description: Each condition on the way to access that holds because something is empty.
# scope: document
findings contains {"at": expr.at, "message": message} if {
	some clause in model.giving
	walk(clause, [_, expr])
	some part in emptiness(expr.of)
	gathered(clause, part)
	message := sprintf("%q holds when a field is missing, and this gives access: ask for what must be there", [expr.text])
}

findings contains {"at": expr.at, "message": message} if {
	some clause in model.giving
	walk(clause, [_, body])
	is_array(body)
	some expr in body
	expr.of.type == "every"
	outside(clause, expr.of.domain)
	not filled(body, expr.of.domain)
	message := sprintf("%q holds of nothing at all, and this gives access: ask that there is something", [expr.text])
}

# What a condition says is empty.
emptiness(condition) := {part |
	condition.type == "call"
	condition.op in {"equal", "eq"}
	some i, nothing in condition.args
	nothing.type in {"array", "set", "object"}
	nothing.items == []
	part := condition.args[1 - i]
} | {counted.args[0] |
	condition.type == "call"
	some i, n in condition.args
	[condition.op, i, n.value] in {["equal", 1, 0], ["equal", 0, 0], ["eq", 1, 0], ["lt", 1, 1], ["lte", 1, 0]}
	counted := condition.args[1 - i]
	counted.op == "count"
}

# It is a collection of what was found, which is empty rather than undefined.
gathered(_, part) if {
	endswith(part.type, "comprehension")
	model.may_be_missing(part)
}

gathered(_, part) if {
	part.type == "ref"
	part.path == []
	some rule in part.rules
	rule in model.optional
	some clause in input.rules[rule]
	collects(clause)
}

gathered(clause, part) if {
	some value in model.assigned(clause, part.value)
	endswith(value.type, "comprehension")
	model.may_be_missing(value)
}

# Sets without what is in others are gathered too.
gathered(_, part) if {
	part.op == "minus"
	model.may_be_missing(part.args[1])
}

gathered(clause, part) if {
	some value in model.assigned(clause, part.value)
	value.op == "minus"
	model.may_be_missing(value.args[1])
}

collects(clause) if clause.multi == true

collects(clause) if endswith(clause.value.type, "comprehension")

# It came with the question, however it is called here, so it can be empty.
outside(_, part) if model.may_be_missing(part)

outside(clause, part) if {
	some value in model.assigned(clause, part.value)
	model.may_be_missing(value)
}

# An argument can be anything.
outside(clause, part) if {
	some arg in clause.args
	arg.value == part.value
}

# Beside it stands that the same collection is not empty.
filled(body, domain) if {
	some expr in body
	expr.of.op == "neq"
	some i, nothing in expr.of.args
	nothing.items == []
	same(expr.of.args[1 - i], domain)
}

same(a, b) if a.text == b.text

same(a, b) if {
	model.is_name(a)
	a.value == b.value
}
