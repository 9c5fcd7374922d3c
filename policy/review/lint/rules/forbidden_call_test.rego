package lint.rules.forbidden_call_test

import data.lint.reading_test as reading
import data.lint.rules.forbidden_call as rule

# Conditions of an answer that allows (line 4), with rules beside it (from line 7),
# and the lines at which something is found.
cases := {
	"the network": {"conditions": `http.send({"method": "get", "url": input.url})`, "rows": {4}},
	"the clock": {"conditions": `time.now_ns() > input.x`, "rows": {4}},
	"one without a reason of its own": {"conditions": `hex.encode(input.x) == "00"`, "rows": {4}},
	"print": {"conditions": `print(input.x); input.x`, "rows": {4}},
	"with": {"conditions": `input.x with input.y as 1`, "rows": {4}},
	"what may be called": {"conditions": `lower(input.x) == "a"`, "rows": set()},
	"a function of ours": {"conditions": `http(input.x)`, "more": `http(x) if x == 1`, "rows": set()},
}

test_found[note] if {
	some note, case in cases
	text := reading.allowing(case.conditions, object.get(case, "more", ""))
	found := rule.findings with input as text
	reading.rows(found) == case.rows
}

test_says_why if {
	text := reading.allowing("time.now_ns() > input.x; hex.encode(input.x)", "")
	found := rule.findings with input as text
	{finding.message | some finding in found} == {
		"hex.encode may not be called: it is not on the list of policy/opa",
		"time.now_ns may not be called: it reads the clock; take input.now, which is recorded",
	}
}
