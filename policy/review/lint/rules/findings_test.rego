package lint_test

import data.lint
import data.lint.reading_test as reading

# Each finding bears the name of its rule.
test_named if {
	found := lint.findings with input as reading.allowing("not input.x", "")
	some finding in found
	finding.rule == "not-optional"
	finding.at == "cascade/access.rego:4:2"
	contains(finding.message, "not input.x")
}
