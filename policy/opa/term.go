package opa

import (
	"encoding/json"
	"strconv"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/voxanne/cascade/policy"
)

// words are the strings that almost every input is made of, as terms: the names
// of its fields and the values that come from a short list. Terms are shared and
// never changed, so that an input makes few of its own.
var words = newWords()

func newWords() map[string]*ast.Term {
	list := []string{
		"now", "action", "resource", "operation", "orgs", "subject",
		"id", "kind", "org_id", "org_status", "mfa", "credential", "scopes", "memberships", "grants", "break_glass",
		"role", "status", "viewers_see_transcripts", "actions", "resources", "masks", "starts", "expires", "revoked",
		"approved", "approver", "ended", "", "00000000-0000-0000-0000-000000000000",
		string(policy.Member), string(policy.Partner), string(policy.Support), string(policy.Security),
		string(policy.Auditor), string(policy.Operator), string(policy.System),
		string(policy.Owner), string(policy.Admin), string(policy.Staff), string(policy.Viewer),
		string(policy.OrgActive), string(policy.OrgSuspended), string(policy.OrgClosed),
		string(policy.JWT), string(policy.Key), string(policy.OAuth2), string(policy.Webhook), string(policy.Job),
		string(policy.Read), string(policy.Create), string(policy.Update), string(policy.Delete), string(policy.Ingest),
	}
	for _, r := range policy.Resources() {
		list = append(list, string(r))
	}
	words := make(map[string]*ast.Term, len(list))
	for _, word := range list {
		words[word] = ast.StringTerm(word)
	}
	return words
}

// object makes an object of names and *ast.Term values in turn.
func object(pairs ...any) *ast.Term {
	o := ast.NewObjectWithCapacity(len(pairs) / 2)
	for i := 1; i < len(pairs); i += 2 {
		o.Insert(str(pairs[i-1].(string)), pairs[i].(*ast.Term)) //nolint:errcheck // written in this package, always so
	}
	return ast.NewTerm(o)
}

func array[T any](list []T, term func(T) *ast.Term) *ast.Term {
	if len(list) == 0 {
		return ast.InternedEmptyArray
	}
	terms := make([]*ast.Term, len(list))
	for i, element := range list {
		terms[i] = term(element)
	}
	return ast.ArrayTerm(terms...)
}

func str(s string) *ast.Term {
	if word, ok := words[s]; ok {
		return word
	}
	return ast.StringTerm(s)
}

func boolean(b bool) *ast.Term { return ast.InternedTerm(b) }

func number(n int64) *ast.Term { return ast.NumberTerm(json.Number(strconv.FormatInt(n, 10))) }
