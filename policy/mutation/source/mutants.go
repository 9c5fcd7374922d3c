package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"strings"
)

// mutant is a file with one small change.
type mutant struct {
	name string
	text []byte
}

// opposites are the comparisons that are mistaken for one another.
var opposites = map[token.Token]token.Token{
	token.LSS: token.LEQ, token.LEQ: token.LSS, token.GTR: token.GEQ, token.GEQ: token.GTR,
	token.EQL: token.NEQ, token.NEQ: token.EQL,
}

// mutantsOf changes a file at each place where something is asked or done: an
// operand of && or || that does not count, a condition that never or always
// holds, a comparison turned around, a statement left out, a case without its
// body. What is done about an error is left alone: no decision is made there.
func mutantsOf(file string, text []byte) ([]mutant, error) {
	files := token.NewFileSet()
	tree, err := parser.ParseFile(files, file, text, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	var found []mutant
	replace := func(from, to token.Pos, with string) {
		a, b := files.Position(from), files.Position(to)
		changed := append([]byte{}, text[:a.Offset]...)
		changed = append(append(changed, with...), text[b.Offset:]...)
		was := strings.Join(strings.Fields(string(text[a.Offset:b.Offset])), " ")
		found = append(found, mutant{fmt.Sprintf("%s:%d: %q is %q", file, a.Line, was, with), changed})
	}
	over := func(n ast.Node, with string) { replace(n.Pos(), n.End(), with) }
	ast.Inspect(tree, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BinaryExpr:
			if isErr(n) {
				return false
			}
			switch other, compares := opposites[n.Op]; {
			case n.Op == token.LAND:
				over(n.X, "true")
				over(n.Y, "true")
			case n.Op == token.LOR:
				over(n.X, "false")
				over(n.Y, "false")
			case compares:
				replace(n.OpPos, n.OpPos+token.Pos(len(n.Op.String())), other.String())
			}
		case *ast.IfStmt:
			if isErr(n.Cond) {
				return true
			}
			over(n.Cond, "false")
			over(n.Cond, "true")
		case *ast.UnaryExpr:
			if n.Op == token.NOT {
				over(n, string(text[files.Position(n.X.Pos()).Offset:files.Position(n.X.End()).Offset]))
			}
		case *ast.ExprStmt:
			over(n, "")
		case *ast.AssignStmt:
			if n.Tok != token.DEFINE {
				over(n, "")
			}
		case *ast.CaseClause:
			if len(n.Body) > 0 {
				replace(n.Body[0].Pos(), n.Body[len(n.Body)-1].End(), "")
			}
		case *ast.Ident:
			if n.Name == "true" || n.Name == "false" {
				over(n, map[string]string{"true": "false", "false": "true"}[n.Name])
			}
		}
		return true
	})
	return found, nil
}

// isErr reports whether a condition is that there is an error.
func isErr(e ast.Expr) bool {
	b, ok := e.(*ast.BinaryExpr)
	if !ok {
		return false
	}
	x, ok := b.X.(*ast.Ident)
	return ok && x.Name == "err" && b.Op == token.NEQ
}
