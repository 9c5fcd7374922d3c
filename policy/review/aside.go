package review

import (
	"github.com/google/uuid"
)

// maxExamples bounds the examples of what is only counted, and maxWords the
// different words that are counted one by one.
const (
	maxExamples = 20
	maxWords    = 64
)

// other is what is counted under when there were too many words.
const other = "(other)"

// Aside is what of the records was not decided again.
type Aside struct {
	// Records were read, all in all.
	Records int64 `json:"records"`
	// Unasked records are of answers that no policy was asked for, by reason.
	Unasked map[string]int64 `json:"unasked,omitempty"`
	// Unreadable are lines that are no record, and inputs that this version would
	// have written otherwise.
	Unreadable Unreadable `json:"unreadable"`
}

// Unreadable counts what could not be read, with the first examples.
type Unreadable struct {
	Count    int64     `json:"count"`
	Examples []Example `json:"examples,omitempty"`
}

// Example is one record that could not be read.
type Example struct {
	ID    uuid.UUID `json:"id,omitzero"`
	Error string    `json:"error"`
}

// set puts a record aside if it cannot be decided again, and counts it in any
// case.
func (a *Aside) set(r Recorded, err error) bool {
	a.Records++
	switch {
	case err != nil:
		a.Unreadable.Count++
		if len(a.Unreadable.Examples) < maxExamples {
			a.Unreadable.Examples = append(a.Unreadable.Examples, Example{ID: r.ID, Error: short(err.Error())})
		}
	case len(r.Input) == 0:
		if a.Unasked == nil {
			a.Unasked = map[string]int64{}
		}
		count(a.Unasked, r.Reason)
	default:
		return false
	}
	return true
}

// count adds one for word, or for the rest when there are too many words.
func count(counts map[string]int64, word string) {
	if _, known := counts[word]; !known && len(counts) >= maxWords {
		word = other
	}
	counts[word]++
}

// short bounds a text that holds what somebody else wrote.
func short(text string) string {
	const most = 300
	if len(text) > most {
		return text[:most] + "..."
	}
	return text
}
