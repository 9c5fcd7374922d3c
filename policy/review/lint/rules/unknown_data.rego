# METADATA
# title: Only rules are asked
# description: |
#   The engine gives policies no document but their own rules, without their tests.
#   Any other path into data, a misspelt one above all, is undefined for ever.
package lint.rules.unknown_data

import data.lint.model

# METADATA
# title: Findings
# description: Each path into data that no rule answers.
# scope: document
findings contains {"at": node.at, "message": message} if {
	some node in model.nodes
	node.root == "data"
	node.rules == []
	message := sprintf("no policy defines %s, so this is undefined for ever", [node.to])
}

findings contains {"at": place.at, "message": message} if {
	not input.rules[input.entry]
	place := input.packages[0]
	message := sprintf("no policy defines %s, which the engine asks: it would deny everything", [input.entry])
}
