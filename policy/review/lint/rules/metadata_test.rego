package lint.rules.metadata_test

import data.lint.reading_test as reading
import data.lint.rules.metadata as rule

cases := {
	"nothing": {"rows": {1, 3}, "text": `package cascade.access

decision := true`},
	"no description": {"rows": {1, 5}, "text": `# METADATA
# title: Access
package cascade.access

decision := true`},
	"of another rule": {"rows": {11}, "text": `# METADATA
# title: Access
# description: What is asked.
package cascade.access

# METADATA
# title: Decision
# description: The answer.
decision := {"allow": true} if fine

fine if input.x`},
	"all of it": {"rows": set(), "text": `# METADATA
# title: Access
# description: What is asked.
package cascade.access

# METADATA
# title: Decision
# description: The answer.
# scope: document
decision := {"allow": true} if input.x

decision := {"allow": true} if input.y`},
}

test_found[note] if {
	some note, case in cases
	text := lint.read({"cascade/access.rego": case.text})
	found := rule.findings with input as text
	reading.rows(found) == case.rows
}
