package lint.rules.unconditional_test

import data.lint.reading_test as reading
import data.lint.rules.unconditional as rule

# Conditions of an answer that allows (line 4), with rules beside it (from line 7),
# and the lines at which something is found.
cases := {
	"a default of true": {
		"conditions": `fine`,
		"more": `default fine := true

fine := false if input.x`,
		"rows": {7},
	},
	"a default of false": {
		"conditions": `fine`, "more": `default fine := false

fine if input.x`,
		"rows": set(),
	},
	"true for all": {"conditions": `fine(input.x)`, "more": `fine(_) := true`, "rows": {7}},
	"else true": {
		"conditions": `fine`, "more": `fine if {
	input.x
} else := true`,
		"rows": {9},
	},
	"true where access is denied": {"conditions": `input.x`, "more": `default denial := true`, "rows": set()},
}

test_found[note] if {
	some note, case in cases
	text := reading.allowing(case.conditions, object.get(case, "more", ""))
	found := rule.findings with input as text
	reading.rows(found) == case.rows
}

test_an_answer_without_a_condition if {
	text := lint.read({"cascade/access.rego": `package cascade.access

decision := {"allow": true, "org_ids": input.orgs}`})
	found := rule.findings with input as text
	reading.rows(found) == {3}
}

test_an_answer_of_another_shape if {
	text := lint.read({"cascade/access.rego": `package cascade.access

default decision := false

decision := true if input.x`})
	found := rule.findings with input as text
	found == set()
}
