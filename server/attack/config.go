package attack

import (
	"fmt"

	"github.com/voxanne/cascade/server/stage"
)

// Config says what is attacked, and how thoroughly.
type Config struct {
	// Stage runs, and World is all that is in it. Both are required.
	Stage *stage.Stage
	World *stage.World
	// Quick tries one row of each table and leaves out the twins that show
	// whether a foreign row is told from one that does not exist, the ways in
	// that no wall stands behind, and the controls. It finds the same leaks.
	Quick bool
	// Undecided means that policies allow everything: what the model takes from
	// roles then is nobody's promise, and the envelope alone is.
	Undecided bool
	// Keys are what refers to what; nil: those that the catalog has now. Take
	// them with Keys before keys are dropped.
	Keys []Reference
	// Spans is what the server sent as traces so far; nil: it sends none.
	Spans func() string
	// Workers is how many requests are under way at once; zero means 16.
	Workers int
}

// Reference is a column that names a row of the same org in another table.
type Reference = reference

// Report is what came of an attack.
type Report struct {
	Cells    int
	Requests int
	// Leaks are foreign texts that showed, and foreign rows that changed.
	Leaks []string
	// Crossings are rows that refer to other clinics' rows.
	Crossings []string
	// Unexpected are answers that differ from the model's, or tell a foreign row
	// from an absent one.
	Unexpected []string
}

// String is one line for people.
func (r Report) String() string {
	return fmt.Sprintf("%d cells in %d requests, %d leaks, %d crossings, %d unexpected", r.Cells, r.Requests, len(r.Leaks), len(r.Crossings), len(r.Unexpected))
}
