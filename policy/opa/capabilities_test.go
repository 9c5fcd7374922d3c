package opa

import (
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"
)

// What a policy may call exists, and gives one answer to one question. That no
// policy calls anything else is for the compiler, and policy/review/lint says why.
func TestAllowedBuiltinsCanBeReplayed(t *testing.T) {
	t.Parallel()
	c := Capabilities()
	if len(c.Builtins) != len(allowed) {
		t.Errorf("%d built-ins are named and %d allowed: one does not exist, or is named twice", len(allowed), len(c.Builtins))
	}
	for _, b := range c.Builtins {
		if b.Nondeterministic {
			t.Errorf("%s is allowed, and a decision that uses it cannot be replayed", b.Name)
		}
	}
	for _, name := range allowed {
		if ast.BuiltinMap[name] == nil {
			t.Errorf("%s is allowed and does not exist", name)
		}
	}
	if len(c.AllowNet) > 0 || c.AllowNet == nil {
		t.Error("a policy may reach the network")
	}
}
