package mutant

import (
	"encoding/json"
	"fmt"
	"time"
)

// Witness is who may notice a mutant.
type Witness string

// The witnesses, in the order in which they are asked.
const (
	Tests     Witness = "tests"     // those beside the policies
	Replay    Witness = "replay"    // decisions that were recorded
	Perturbed Witness = "perturbed" // those with one field changed
)

// Report is the score of one run.
type Report struct {
	Revision string `json:"revision"`
	Mutants  int    `json:"mutants"`
	Noticed  int    `json:"noticed"`
	// Stillborn are changes that do not compile, and are no mutants.
	Stillborn int `json:"stillborn"`
	// By counts the mutants that each witness notices, and First those that it is
	// the first to notice.
	By    map[Witness]int `json:"by"`
	First map[Witness]int `json:"first"`
	// Recorded and Perturbed are how many questions each mutant was asked.
	Recorded  int `json:"recorded"`
	Perturbed int `json:"perturbed"`
	// Survivors are the guards that nobody tests.
	Survivors []Result `json:"survivors"`
	Results   []Result `json:"results"`
	// Took is how long it took, in nanoseconds.
	Took time.Duration `json:"took"`
}

// Result is what became of one mutant.
type Result struct {
	Mutant
	// By are the witnesses that notice it, the first of them first; none for a
	// survivor.
	By []Witness `json:"by"`
	// Test is the first test that does not pass.
	Test string `json:"test,omitempty"`
	// Input is the first question, recorded or perturbed, that is answered otherwise.
	Input json.RawMessage `json:"input,omitempty"`
}

// Findings reports whether a mutant survived, or there was none, which proves
// nothing.
func (r Report) Findings() bool { return len(r.Survivors) > 0 || r.Mutants == 0 }

// String is the score in one line.
func (r Report) String() string {
	percent := 0
	if r.Mutants > 0 {
		percent = 100 * r.Noticed / r.Mutants // rounded down, so that 100 means all
	}
	return fmt.Sprintf("%d mutants, %d noticed (%d %%): %d by tests, %d by %d recorded decisions, %d by %d with one field changed",
		r.Mutants, r.Noticed, percent, r.By[Tests], r.By[Replay], r.Recorded, r.By[Perturbed], r.Perturbed)
}
