package lint.model_test

import data.lint.model
import data.lint.reading_test as reading

policies := reading.allowing("fine", `fine if input.x

masks := {"call": hidden}

hidden := {"transcript"} if input.y

denial := "no" if worse

worse if not fine`)

# Only what leads to access gives it: not what hides, and not what explains.
test_giving if {
	giving := model.giving with input as policies
	{clause.name | some clause in giving} == {"decision", "fine"}
}

test_optional if {
	optional := model.optional with input as policies
	optional == {sprintf("data.cascade.access.%s", [name]) |
		some name in ["decision", "fine", "hidden", "masks", "denial", "worse"]
	}
}

test_assigned if {
	text := lint.read({"cascade/access.rego": "package cascade.access\n\nx if { a := 1; some b in [2] }"})
	clause := text.rules["data.cascade.access.x"][0]
	{part.value | some part in model.assigned(clause, "a")} == {1}
	{part.type | some part in model.assigned(clause, "b")} == {"array"}
	model.assigned(clause, "c") == set()
}
