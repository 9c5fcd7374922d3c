# METADATA
# title: No "not" on what may be missing
# description: |
#   A field that is not there is neither true nor false, so under "not" it opens
#   the door. On the way to access, a condition says what must be so: compare with
#   == (revoked == false), or bind the field first (x := input.a.b), which fails
#   without it. Where access is denied or something is hidden, "not" is safe.
package lint.rules.not_optional

import data.lint.model

# METADATA
# title: Findings
# description: Each "not" on the way to access over something that may be missing.
findings contains {"at": expr.at, "message": message} if {
	some expr in model.giving_nodes
	expr.negated == true
	model.may_be_missing(expr.of)
	message := sprintf("%q holds when a field is missing, and this gives access: say what must be so", [expr.text])
}
