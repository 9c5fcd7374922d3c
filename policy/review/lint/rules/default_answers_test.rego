package lint.rules.default_answers_test

import data.lint.reading_test as reading
import data.lint.rules.default_answers as rule

# Conditions of an answer that allows (line 4), with rules beside it (from line 7),
# and the lines at which something is found.
cases := {
	"object.get": {"conditions": `object.get(input, "revoked", false) == false`, "rows": {4}},
	"object.get of a word": {"conditions": `"active" == object.get(input, "status", "active")`, "rows": {4}},
	"object.get by a name": {"conditions": `r := object.get(input, "revoked", false); r == false`, "rows": {4}},
	"object.get alone": {"conditions": `object.get(input, "ok", true)`, "rows": {4}},
	"a rule's default": {
		"conditions": `revoked == false`,
		"more": "default revoked := false\n\nrevoked if input.revoked",
		"rows": {4},
	},
	"a function's default": {
		"conditions": `some g in input.gs; revoked(g) == false`,
		"more": "default revoked(_) := false\n\nrevoked(g) if g.revoked",
		"rows": {4},
	},
	"the other answer": {"conditions": `object.get(input, "revoked", true) == false`, "rows": set()},
	"a default that denies": {
		"conditions": `fine == true`,
		"more": "default fine := false\n\nfine if input.fine",
		"rows": set(),
	},
	"a field": {"conditions": `input.revoked == false; x := input.y; x == 1`, "rows": set()},
	"where access is denied": {
		"conditions": `input.x`,
		"more": `denial := "no" if object.get(input, "revoked", true) == true`,
		"rows": set(),
	},
}

test_found[note] if {
	some note, case in cases
	text := reading.allowing(case.conditions, object.get(case, "more", ""))
	found := rule.findings with input as text
	reading.rows(found) == case.rows
}
