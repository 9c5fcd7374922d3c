package lint.rules.unknown_word_test

import data.lint.reading_test as reading
import data.lint.rules.unknown_word as rule

# Conditions of an answer that allows (line 4), with rules beside it (from line 7),
# and the lines at which something is found.
cases := {
	"an action": {"conditions": `input.action == "raed"`, "rows": {4}},
	"a kind": {"conditions": `"membr" == input.subject.kind`, "rows": {4}},
	"a role of a row": {"conditions": `some m in input.ms; m.role == "stuff"`, "rows": {4}},
	"a status": {"conditions": `input.subject.org_status != "actve"`, "rows": {4}},
	"in a list": {"conditions": `"raed" in input.grant.actions`, "rows": {4}},
	"known ones": {
		"conditions": `input.action == "read"; input.subject.kind == "member"; "call" in input.grant.resources`,
		"rows": set(),
	},
	"another field": {"conditions": `input.operation == "Calls"`, "rows": set()},
	"a role of a table": {"conditions": `input.x`, "more": `rights := {"stuff": {"call": {"read"}}}`, "rows": {7}},
	"a row type of a table": {
		"conditions": `input.x`,
		"more": `rights := {"staff": {"transcipt": {"read"}}}`,
		"rows": {7},
	},
	"an action of a table": {
		"conditions": `input.x`,
		"more": `rights := {"staff": {"call": {"raed"}}}`,
		"rows": {7},
	},
	"a table of row types": {"conditions": `input.x`, "more": `rights := {"transcipt": ["read"]}`, "rows": {7}},
	"a known table": {
		"conditions": `input.x`,
		"more": `rights := {"staff": {"call": {"read"}}, "auditor": {"call": {"read"}}}`,
		"rows": set(),
	},
	"another table": {"conditions": `input.x`, "more": `people := {"resource": "row type"}`, "rows": set()},
	"a mask of no row type": {"conditions": `input.x`, "more": `masks := {"cal": {"transcript"}}`, "rows": {7}},
	"a mask of no field": {"conditions": `input.x`, "more": `masks := {"call": {"transcipt"}}`, "rows": {7}},
	"a known mask": {"conditions": `input.x`, "more": `masks := {"call": {"transcript"}}`, "rows": set()},
}

test_found[note] if {
	some note, case in cases
	text := reading.allowing(case.conditions, object.get(case, "more", ""))
	found := rule.findings with input as text
	reading.rows(found) == case.rows
}
