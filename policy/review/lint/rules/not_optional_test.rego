package lint.rules.not_optional_test

import data.lint.reading_test as reading
import data.lint.rules.not_optional as rule

# Conditions of an answer that allows (line 4), with rules beside it (from line 7),
# and the lines at which something is found.
cases := {
	"of the input": {"conditions": `not input.x`, "rows": {4}},
	"of a comparison": {"conditions": `not input.x == "y"`, "rows": {4}},
	"of a row": {"conditions": `some g in input.gs; not g.revoked`, "rows": {4}},
	"of a membership": {"conditions": `some g in input.gs; not "read" in g.actions`, "rows": {4}},
	"of a rule": {"conditions": `not barred`, "more": `barred if input.x`, "rows": {4}},
	"of a rule behind a rule": {
		"conditions": `not barred`,
		"more": `barred if worse

worse if input.x`,
		"rows": {4},
	},
	"of a function": {"conditions": `some g in input.gs; not barred(g)`, "more": `barred(g) if g.x`, "rows": {4}},
	"in a rule that gives access": {
		"conditions": `fine`, "more": `fine if {
	not input.x
}`,
		"rows": {8},
	},
	"of a document": {"conditions": `not data.blocked`, "rows": {4}},
	"of a name that a rule has too": {
		"conditions": `count([barred | some barred in input.xs]) > 1; not barred`,
		"more": "barred if input.barred",
		"rows": {4},
	},
	"of a name": {"conditions": `x := input.x; not x`, "rows": set()},
	"of a table": {"conditions": `not table.x`, "more": `table := {"x": true}`, "rows": set()},
	"of a word": {"conditions": `x := input.x; not x in words`, "more": `words := {"a"}`, "rows": set()},
	"where access is denied": {
		"conditions": `input.x`,
		"more": `denial := "no" if {
	not input.x
}`,
		"rows": set(),
	},
	"where something is hidden": {
		"conditions": `input.x`,
		"more": `masks := {"a"} if {
	not input.x
}`,
		"rows": set(),
	},
}

test_found[note] if {
	some note, case in cases
	text := reading.allowing(case.conditions, object.get(case, "more", ""))
	found := rule.findings with input as text
	reading.rows(found) == case.rows
}

test_an_entry_that_is_a_set if {
	text := lint.read({"cascade/access.rego": `package cascade.access

decision contains "read" if not input.x`})
	found := rule.findings with input as text
	reading.rows(found) == {3}
}
