package mutant_test

import (
	"testing"

	"github.com/voxanne/cascade/policy/mutation"
	"github.com/voxanne/cascade/policy/rego"
	"github.com/voxanne/cascade/policy/review/mutant"
)

// Whatever is changed in a policy, the tests beside the policies notice. What
// they do not notice is a condition that nobody tests, or one that nobody needs.
func TestEveryMutantOfThePoliciesIsNoticed(t *testing.T) {
	t.Parallel()
	report, err := mutant.Run(t.Context(), rego.Files, mutant.Options{All: true, TestsOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	var score mutation.Score
	for range report.Stillborn {
		score.Stillborn()
	}
	for _, r := range report.Results {
		score.Add(r.String(), len(r.By) > 0)
	}
	score.Report(t, "the policies", 600)
}
