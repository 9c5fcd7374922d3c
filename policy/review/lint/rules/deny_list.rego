# METADATA
# title: Say what may pass
# description: |
#   On the way to access, "status is not suspended" lets every other word pass,
#   also one that is added later, and the empty word that stands for nothing.
package lint.rules.deny_list

import data.lint.model

# METADATA
# title: Findings
# description: Each != with a written word on the way to access.
findings contains {"at": expr.at, "message": message} if {
	some expr in model.giving_nodes
	expr.of.op == "neq"
	some i, word in expr.of.args
	word.type == "string"
	expr.of.args[1 - i].type != "string"
	message := sprintf("%q lets every other word pass, also %q: say == with what may", [expr.text, ""])
}
