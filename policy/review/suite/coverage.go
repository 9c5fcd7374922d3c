package suite

import (
	"cmp"
	"maps"
	"slices"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/cover"
)

// notReached is the kind of a range that nothing of the evaluator hides.
const notReached = "not_reached"

// why says what a kind means.
var why = map[string]string{
	string(cover.KindIndexExcluded): "the rule index never picks it for the inputs of the tests",
	string(cover.KindEarlyExit):     "another definition of the rule always answers first",
	notReached:                      "no test gets there",
}

// coverage is how much of each policy the tests reach, tests themselves aside.
func coverage(modules map[string]*ast.Module, traced *cover.Cover) []File {
	report := traced.Report(modules)
	files := []File{}
	for _, name := range slices.Sorted(maps.Keys(modules)) {
		if isTest(name) {
			continue
		}
		r := report.Files[name]
		f := File{Name: name, Percent: r.Coverage, Covered: r.CoveredLines, Missed: r.NotCoveredLines}
		for _, missed := range r.NotCovered {
			kind := notReached
			if len(missed.Kinds) > 0 {
				kind = string(missed.Kinds[0])
			}
			f.Ranges = append(f.Ranges, Range{From: missed.Start.Row, To: missed.End.Row, Kind: kind, Why: why[kind]})
		}
		f.Ranges = joined(f.Ranges)
		files = append(files, f)
	}
	return files
}

// joined makes one range of those that touch and have the same reason.
func joined(ranges []Range) []Range {
	slices.SortFunc(ranges, func(a, b Range) int { return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To)) })
	var out []Range
	for _, r := range ranges {
		if n := len(out); n > 0 && out[n-1].Kind == r.Kind && r.From <= out[n-1].To+1 {
			out[n-1].To = max(out[n-1].To, r.To)
			continue
		}
		out = append(out, r)
	}
	return out
}
