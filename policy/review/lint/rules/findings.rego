# METADATA
# title: Lint
# description: |
#   What every rule below `lint.rules` found. A rule is a package of its own, which
#   says in its title and description what it is about; its `findings` are
#   objects of `at` (file:row:col) and `message`.
package lint

# METADATA
# title: Findings
# description: All of them, each with the name of its rule.
findings contains {"rule": replace(name, "_", "-"), "at": finding.at, "message": finding.message} if {
	# Not `some rule in data.lint.rules`, which would evaluate all of each package.
	some name
	some finding in data.lint.rules[name].findings # regal ignore:mixed-iteration
}
