# What the tests of the rules start from. lint.read is a built-in of the tests: it
# makes of the text of policies what the rules are given.
package lint.reading_test

# A policy set of one rule that allows under conditions, and whatever else.
allowing(conditions, more) := lint.read({"cascade/access.rego": sprintf(
	`package cascade.access

decision := {"allow": true, "reason": "yes", "masks": masks} if {
	%s
} else := {"allow": false, "reason": denial}

%s`,
	[conditions, more],
)})

# The lines at which something was found.
rows(findings) := {to_number(split(finding.at, ":")[1]) | some finding in findings}
