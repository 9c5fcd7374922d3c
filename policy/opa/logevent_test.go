package opa_test

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
)

// The event that server/decisionlog writes, as its own test has it, is one of
// OPA's, of the version that is linked: each field has a name and a kind that
// OPA's own struct has. The struct is read from its source, because to link it
// is to link what uploads it.
func TestTheDecisionLogIsOPAs(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../server/decisionlog/testdata/event.json")
	if err != nil {
		t.Fatal(err)
	}
	var event map[string]any
	if err := json.Unmarshal(text, &event); err != nil {
		t.Fatal(err)
	}
	fields := eventFields(t)
	if len(fields) < 20 {
		t.Fatalf("OPA's fields: %v", fields)
	}
	for name, value := range event {
		kind, ok := fields[name]
		if !ok {
			t.Errorf("OPA has no %q", name)
		}
		if _, object := value.(map[string]any); strings.HasPrefix(kind, "map") != object && kind != "any" {
			t.Errorf("%s is %T, which OPA has as %s", name, value, kind)
		}
		if _, text := value.(string); !text && kind == "string" {
			t.Errorf("%s is %T, which OPA has as a string", name, value)
		}
	}
	for _, name := range []string{"labels", "decision_id", "bundles", "path", "input", "result", "requested_by", "timestamp", "trace_id", "custom"} {
		if _, ok := event[name]; !ok {
			t.Errorf("the event has no %q", name)
		}
	}
}

// eventFields are the JSON names of OPA's EventV1, each with the kind of its Go
// type.
func eventFields(t *testing.T) map[string]string {
	t.Helper()
	at, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", "github.com/open-policy-agent/opa").Output()
	if err != nil {
		t.Fatal(err)
	}
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(strings.TrimSpace(string(at)), "v1/plugins/logs/plugin.go"), nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	fields := map[string]string{}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.TypeSpec)
		if !ok || spec.Name.Name != "EventV1" {
			return true
		}
		described, ok := spec.Type.(*ast.StructType)
		if !ok {
			return false
		}
		for _, f := range described.Fields.List {
			if f.Tag == nil {
				continue
			}
			tag, err := strconv.Unquote(f.Tag.Value)
			if err != nil {
				t.Fatal(err)
			}
			name, _, _ := strings.Cut(reflect.StructTag(tag).Get("json"), ",")
			fields[name] = kindOf(f.Type)
		}
		return false
	})
	return fields
}

func kindOf(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.MapType:
		return "map"
	case *ast.Ident:
		return e.Name
	case *ast.StarExpr:
		return kindOf(e.X)
	case *ast.SelectorExpr:
		if e.Sel.Name == "Time" {
			return "string" // as JSON has it
		}
	}
	return "any"
}
