package lint.rules.empty_means_yes_test

import data.lint.reading_test as reading
import data.lint.rules.empty_means_yes as rule

# Conditions of an answer that allows (line 4), with rules beside it (from line 7),
# and the lines at which something is found.
cases := {
	"counted": {"conditions": `count([x | some x in input.xs]) == 0`, "rows": {4}},
	"counted, the other way around": {"conditions": `0 == count([x | some x in input.xs])`, "rows": {4}},
	"less than one": {"conditions": `count({x | some x in input.xs}) < 1`, "rows": {4}},
	"an empty set": {"conditions": `{x | some x in input.xs} == set()`, "rows": {4}},
	"an empty object": {"conditions": `{} == {x: 1 | some x in input.xs}`, "rows": {4}},
	"by a name": {"conditions": `xs := [x | some x in input.xs]; xs == []`, "rows": {4}},
	"by a name that nothing declares": {"conditions": `xs = [x | some x in input.xs]; xs == []`, "rows": {4}},
	"a set rule": {
		"conditions": `count(violations) == 0`,
		"more": `violations contains x if some x in input.xs`,
		"rows": {4},
	},
	"a rule that gathers": {
		"conditions": `gathered == []`,
		"more": `gathered := [x | some x in input.xs]`,
		"rows": {4},
	},
	"what is missing": {"conditions": `{"a"} - input.xs == set()`, "rows": {4}},
	"what is missing, by a name": {"conditions": `missing := {"a"} - input.xs; count(missing) == 0`, "rows": {4}},
	"every of nothing": {"conditions": `every x in input.xs { x == 1 }`, "rows": {4}},
	"every of something": {"conditions": `input.xs != []; every x in input.xs { x == 1 }`, "rows": set()},
	"every of something with a name": {
		"conditions": `xs := input.xs; [] != xs; every x in xs { x.a == 1 }`,
		"rows": set(),
	},
	"every of nothing with a name": {"conditions": `xs := input.xs; every x in xs { x == 1 }`, "rows": {4}},
	"every of an argument": {
		"conditions": `fine(input.xs)`,
		"more": "fine(xs) if {\n\tevery x in xs { x == 1 }\n}",
		"rows": {8},
	},
	"every of a table": {
		"conditions": `every x in table { input.y == x }`,
		"more": `table := ["a"]`,
		"rows": set(),
	},
	"every of another field": {
		"conditions": `some g in input.gs; g.a != []; every x in g.b { x == 1 }`,
		"rows": {4},
	},
	"every of something else": {"conditions": `input.ys != []; every x in input.xs { x == 1 }`, "rows": {4}},
	"a field": {"conditions": `input.xs == []`, "rows": set()},
	"a count of a field": {"conditions": `count(input.xs) == 0`, "rows": set()},
	"a table": {"conditions": `count([x | some x in table]) == 0`, "more": `table := ["a"]`, "rows": set()},
	"where access is denied": {
		"conditions": `input.x`,
		"more": `denial := "no" if count([x | some x in input.xs]) == 0`,
		"rows": set(),
	},
}

test_found[note] if {
	some note, case in cases
	text := reading.allowing(case.conditions, object.get(case, "more", ""))
	found := rule.findings with input as text
	reading.rows(found) == case.rows
}
