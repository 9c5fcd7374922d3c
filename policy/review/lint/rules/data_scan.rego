# METADATA
# title: Tables are looked up by key
# description: |
#   Going through a table costs more with every row, in every decision. What a
#   policy knows is an object, and is asked by key. What came with the question
#   may be gone through: its size is bounded.
package lint.rules.data_scan

import data.lint.model

# METADATA
# title: Findings
# description: Each place that goes through a document or a table.
# scope: document
findings contains {"at": node.at, "message": message} if {
	some node in model.nodes
	node.type in {"in", "every"}
	table(node.domain)
	message := sprintf("goes through every row of %s: look it up by key", [node.domain.text])
}

findings contains {"at": node.at, "message": message} if {
	some clause in model.clauses
	walk(clause, [_, node])
	node.rules
	table(node)
	some key in node.path
	unbound(clause, key)
	message := sprintf("%s goes through every row: look it up by key", [node.text])
}

findings contains {"at": node.at, "message": "walk goes through everything: look it up by key"} if {
	some node in model.nodes
	node.op == "walk"
}

# Membership in a document of JSON, which has no sets, goes through it as well.
findings contains {"at": node.at, "message": message} if {
	some node in model.nodes
	node.op == "internal.member_2"
	node.args[1].rules == []
	message := sprintf("goes through every row of %s: make it an object and look it up by key", [node.args[1].text])
}

# A document that is no rule, or a rule that says the same for ever.
table(ref) if ref.rules == []

table(ref) if {
	ref.type == "ref"
	some rule in ref.rules
	not rule in model.optional
}

# A name that nothing has given a value.
unbound(_, key) if {
	key.type == "var"
	startswith(key.value, "$")
}

unbound(clause, key) if {
	model.assigned(clause, key.value) == set()
	walk(clause, [_, node])
	node.type == "some"
	some name in node.names
	name.value == key.value
}

unbound(clause, key) if {
	key.type == "ref"
	key.root == "local"
	key.declared == false
	model.assigned(clause, key.value) == set()
}
