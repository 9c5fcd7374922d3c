package opa

import (
	"slices"

	"github.com/open-policy-agent/opa/v1/ast"
)

// allowed are the built-in functions a policy may call: pure, total in time
// and memory for inputs of our size, the same answer for ever. Left out on
// purpose: everything that reaches the network, the clock, randomness or the
// process (http.send, net.*, time.now_ns, rand.*, uuid.*, opa.runtime, trace),
// and everything that cannot be interrupted or grows without bound (json and
// yaml parsing, graph.*, numbers.range, bits.lsh, regex over input).
var allowed = []string{
	"abs", "all", "any", "and", "array.concat", "array.reverse", "array.slice", "assign", "ceil", "concat", "contains",
	"count", "div", "endswith", "eq", "equal", "floor", "format_int", "gt", "gte", "indexof", "internal.member_2",
	"internal.member_3", "internal.print", "internal.template_string", "intersection", "is_array", "is_boolean", "is_null", "is_number",
	"is_object", "is_set", "is_string", "lower", "lt", "lte", "max", "min", "minus", "mul", "neq", "object.get",
	"object.keys", "object.union", "or", "plus", "print", "product", "rem", "replace", "round", "sort", "split",
	"sprintf", "startswith", "substring", "sum", "time.add_date", "time.clock", "time.date", "time.diff",
	"time.parse_rfc3339_ns", "time.weekday", "to_number", "trim", "trim_left", "trim_prefix", "trim_right", "trim_space",
	"trim_suffix", "type_name", "union", "upper",
}

// Capabilities is what the compiler lets a policy use. No host may be reached
// and no language feature newer than Rego v1 is on, so that the linter and the
// engine read the same language.
func Capabilities() *ast.Capabilities {
	c := ast.CapabilitiesForThisVersion(ast.CapabilitiesRegoVersion(ast.RegoV1))
	c.Builtins = slices.DeleteFunc(slices.Clone(c.Builtins), func(b *ast.Builtin) bool {
		return !slices.Contains(allowed, b.Name)
	})
	c.AllowNet = []string{}
	c.FutureKeywords = nil
	return c
}
