package lint.rules.reason_codes_test

import data.lint.reading_test as reading
import data.lint.rules.reason_codes as rule

# The declaration takes lines 1 to 6, the answers 8 to 11.
policy(declared, denial) := lint.read({"cascade/access.rego": sprintf(
	`# METADATA
# title: Access
# custom:
#   reasons:
#     yes: It is so.
#     %s
package cascade.access

decision := {"allow": true, "reason": "yes"} if {
	input.x
} else := {"allow": false, "reason": denial}

%s`,
	[declared, denial],
)})

cases := {
	"declared": {"declared": "no: It is not.", "denial": `denial := "no"`, "rows": set()},
	"not declared": {"declared": "no: It is not.", "denial": `denial := "no" if input.y else := "never"`, "rows": {13}},
	"not given": {"declared": "never: It is not.", "denial": `denial := "yes"`, "rows": {6}},
	"no text": {"declared": "no: 5", "denial": `denial := "no"`, "rows": {6}},
	"no sentence": {"declared": "no: it is not", "denial": `denial := "no"`, "rows": {6}},
	"the least of some": {
		"declared": "no: It is not.",
		"denial": "denial := min(all_of)\n\nall_of contains reason if {\n\treason := why(input.y)\n}\n\nwhy(_) := \"no\"",
		"rows": set(),
	},
	"the least of some, not declared": {
		"declared": "no: It is not.",
		"denial": "denial := min(all_of)\n\nall_of contains \"no\" if input.y\n\nall_of contains \"never\" if input.z",
		"rows": {17},
	},
	"put together": {
		"declared": "no: It is not.",
		"denial": `denial := "no" if input.y else := sprintf("no_%s", [input.z])`,
		"rows": {13},
	},
	"sent": {"declared": "no: It is not.", "denial": `denial := "no" if input.y else := input.z`, "rows": {13}},
}

test_found[note] if {
	some note, case in cases
	text := policy(case.declared, case.denial)
	found := rule.findings with input as text
	reading.rows(found) == case.rows
}
