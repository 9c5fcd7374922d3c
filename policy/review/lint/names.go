package lint

import (
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// names are the paths of all rules of a policy set, sorted.
type names []string

// under are the rules that a path into data can mean: the one that it is or
// leads into, or all below it.
func (n names) under(path string) []string {
	found := []string{}
	for end := range len(path) + 1 {
		if end < len(path) && path[end] != '.' {
			continue
		}
		if _, ok := slices.BinarySearch(n, path[:end]); ok {
			found = append(found, path[:end])
		}
	}
	below, _ := slices.BinarySearch(n, path+".")
	for ; below < len(n) && strings.HasPrefix(n[below], path+"."); below++ {
		found = append(found, n[below])
	}
	return found
}

// dotted is the ground part of a ref with a dot between its names.
func dotted(ref ast.Ref) string {
	var parts []string
	for i, term := range ref {
		switch v := term.Value.(type) {
		case ast.Var:
			if i > 0 {
				return strings.Join(parts, ".")
			}
			parts = append(parts, string(v))
		case ast.String:
			parts = append(parts, string(v))
		default:
			return strings.Join(parts, ".")
		}
	}
	return strings.Join(parts, ".")
}
