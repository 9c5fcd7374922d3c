# METADATA
# title: No access without a condition
# description: |
#   A default of true, or a rule that is true without a body, on the way to access
#   holds for everybody whenever nothing else does.
package lint.rules.unconditional

import data.lint.model

# METADATA
# title: Findings
# description: Each clause on the way to access that asks nothing.
# scope: document
findings contains {"at": clause.at, "message": message} if {
	some clause in model.giving
	clause.value.value == true
	clause.body == []
	message := sprintf("%s is true whatever is asked, and this gives access: put a condition to it", [clause.name])
}

findings contains {"at": clause.at, "message": message} if {
	some clause in model.entry
	clause.value.type == "object"
	clause.body == []
	message := sprintf("%s can allow whatever is asked: put a condition to it, or say \"allow\": false", [clause.name])
}
