package lint.rules.deny_list_test

import data.lint.reading_test as reading
import data.lint.rules.deny_list as rule

# Conditions of an answer that allows (line 4), with rules beside it (from line 7),
# and the lines at which something is found.
cases := {
	"a word": {"conditions": `input.status != "closed"`, "rows": {4}},
	"a word on the left": {"conditions": `"closed" != input.status`, "rows": {4}},
	"in a rule that gives access": {"conditions": `fine`, "more": `fine if input.status != "closed"`, "rows": {7}},
	"two fields": {"conditions": `input.a != input.b`, "rows": set()},
	"no word": {"conditions": `input.a != 1`, "rows": set()},
	"where access is denied": {
		"conditions": `input.x`,
		"more": `denial := "no" if input.status != "active"`,
		"rows": set(),
	},
}

test_found[note] if {
	some note, case in cases
	text := reading.allowing(case.conditions, object.get(case, "more", ""))
	found := rule.findings with input as text
	reading.rows(found) == case.rows
}
