# METADATA
# title: Only calls that can be replayed and bounded
# description: |
#   A decision must be the same for ever for the same question, and end in time.
#   What a policy may call is listed in policy/opa; everything else is refused when
#   policies are compiled. `print` and `with` belong in tests.
package lint.rules.forbidden_call

import data.lint.model

# Why, by how the name begins.
reasons := {
	"bits.lsh": "its result grows without bound",
	"crypto.": "keys and hashes are no business of a decision",
	"glob.": "patterns can take long over what a caller sends",
	"graph.": "it cannot be interrupted and grows without bound",
	"graphql.": "it parses what a caller sends and cannot be interrupted",
	"http.": "it reaches the network, so a decision could not be replayed",
	"io.jwt.": "credentials are verified before a decision is asked for",
	"json.": "it cannot be interrupted while it parses, and a schema can reach the network",
	"net.": "it reaches the network or grows without bound",
	"numbers.range": "its result grows without bound",
	"opa.runtime": "it shows the process to the policy",
	"rand.": "the same question would have two answers",
	"regex.": "patterns can take long over what a caller sends",
	"rego.": "a policy may not bring policies along",
	"time.now_ns": "it reads the clock; take input.now, which is recorded",
	"trace": "it is for debugging",
	"uuid.": "the same question would have two answers",
	"walk": "it goes through everything",
	"yaml.": "it cannot be interrupted while it parses",
}

# METADATA
# title: Findings
# description: Each call of what is not on the list, and each print and with.
# scope: document
findings contains {"at": node.at, "message": sprintf("%s may not be called: %s", [node.op, why])} if {
	some node in model.nodes
	node.type == "call"
	node.op in input.builtins.known
	not node.op in input.builtins.allowed
	why := because(node.op)
}

findings contains {"at": node.at, "message": "print is left in: what it prints can be a clinic's"} if {
	some node in model.nodes
	node.op == "print"
}

findings contains {"at": part.at, "message": "with asks something else than was asked: it belongs in tests"} if {
	some expr in model.nodes
	some part in expr.replacing
}

default because(_) := "it is not on the list of policy/opa"

because(op) := reasons[prefix] if {
	some prefix in object.keys(reasons)
	startswith(op, prefix)
}
