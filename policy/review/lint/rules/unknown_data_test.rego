package lint.rules.unknown_data_test

import data.lint.reading_test as reading
import data.lint.rules.unknown_data as rule

# Conditions of an answer that allows (line 4), with rules beside it (from line 7),
# and the lines at which something is found.
cases := {
	"a document": {"conditions": `data.blocked[input.x]`, "rows": {4}},
	"a misspelt rule": {
		"conditions": `data.cascade.access.tabel[input.x]`,
		"more": `table := {"a": true}`,
		"rows": {4},
	},
	"a rule": {"conditions": `data.cascade.access.table[input.x]`, "more": `table := {"a": true}`, "rows": set()},
	"a whole package": {"conditions": `data.cascade.access[input.x]`, "rows": set()},
}

test_found[note] if {
	some note, case in cases
	text := reading.allowing(case.conditions, object.get(case, "more", ""))
	found := rule.findings with input as text
	reading.rows(found) == case.rows
}

test_an_import_of_nothing if {
	text := lint.read({"cascade/access.rego": `package cascade.access

import data.cascade.roels

decision := {"allow": true} if roels.rights[input.x]`})
	found := rule.findings with input as text
	reading.rows(found) == {5}
}

test_no_entry if {
	text := lint.read({"cascade/access.rego": `package cascade.access

decide := true`})
	found := rule.findings with input as text
	reading.rows(found) == {1}
}
