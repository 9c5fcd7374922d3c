package lint.rules.data_scan_test

import data.lint.reading_test as reading
import data.lint.rules.data_scan as rule

# Conditions of an answer that allows (line 4), with rules beside it (from line 7),
# and the lines at which something is found.
cases := {
	"a table": {"conditions": `some x in table; input.x == x`, "more": `table := ["a"]`, "rows": {4}},
	"a table of another package": {"conditions": `some x in data.cascade.other.table; input.x == x`, "rows": {4}},
	"every": {"conditions": `every x in table { input[x] }`, "more": `table := ["a"]`, "rows": {4}},
	"a wildcard": {"conditions": `input.x in table[_]`, "more": `table := {"a": ["b"]}`, "rows": {4}},
	"an unbound name": {"conditions": `some k; input.x in table[k]`, "more": `table := {"a": ["b"]}`, "rows": {4}},
	"a name that nothing declares": {
		"conditions": `input.x in table[k]`,
		"more": `table := {"a": ["b"]}`,
		"rows": {4},
	},
	"a document": {"conditions": `input.x in data.list`, "rows": {4}},
	"walk": {"conditions": `walk(input, [_, x]); x == 1`, "rows": {4}},
	"a key": {"conditions": `input.x in table[input.y]`, "more": `table := {"a": ["b"]}`, "rows": set()},
	"a name that is made equal": {
		"conditions": `k = input.y; input.x in table[k]`,
		"more": `table := {"a": ["b"]}`,
		"rows": set(),
	},
	"a bound name": {
		"conditions": `some k; k = input.y; k := input.y; input.x in table[k]`,
		"more": `table := {"a": ["b"]}`,
		"rows": set(),
	},
	"what came with the question": {"conditions": `some x in input.xs; x == 1`, "rows": set()},
	"what was made of it": {
		"conditions": `some x in made; x == 1`,
		"more": `made := [y | some y in input.ys]`,
		"rows": set(),
	},
}

test_found[note] if {
	some note, case in cases
	text := reading.allowing(case.conditions, object.get(case, "more", ""))
	found := rule.findings with input as text
	reading.rows(found) == case.rows
}
