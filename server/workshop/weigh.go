package workshop

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/voxanne/cascade/policy"
	"github.com/voxanne/cascade/policy/opa"
)

// maxInput bounds one input document of a file, in bytes.
const maxInput = 1 << 20

// inputs reads input documents, one after the other, from a file or, for "-",
// from in: as the audit's records keep them, and as --json prints examples.
func inputs(name string, in io.Reader) (questions []policy.Request, err error) {
	if name != "-" {
		file, err := os.Open(name) //nolint:gosec // the file that its user names
		if err != nil {
			return nil, fmt.Errorf("opening the inputs: %w", err)
		}
		defer func() { err = errors.Join(err, file.Close()) }()
		in = file
	}
	decoder := json.NewDecoder(bufio.NewReader(in))
	for {
		var document json.RawMessage
		switch err := decoder.Decode(&document); {
		case errors.Is(err, io.EOF):
			return questions, nil
		case err != nil:
			return nil, fmt.Errorf("reading input %d: %w", len(questions)+1, err)
		case len(document) > maxInput:
			return nil, fmt.Errorf("input %d is larger than %d bytes", len(questions)+1, maxInput)
		}
		q, err := question(document)
		if err != nil {
			return nil, fmt.Errorf("reading input %d: %w", len(questions)+1, err)
		}
		questions = append(questions, q)
	}
}

// question reads one document. It is held to the bytes that the engine writes,
// but for the spaces that people put into it.
func question(document []byte) (policy.Request, error) {
	var compact json.RawMessage
	if err := json.Unmarshal(document, &compact); err != nil {
		return policy.Request{}, err
	}
	text, err := json.Marshal(compact)
	if err != nil {
		return policy.Request{}, err
	}
	return opa.ReadInput(text)
}

// telling tells on err, at every tenth, how far work has come. What it returns may
// be called from several goroutines.
func telling(c Config, what string) func(done, total int) {
	next := make(chan int, 1) // the percentage at which to tell again
	next <- 10
	return func(done, total int) {
		select {
		case at := <-next:
			percent := 100 * done / max(total, 1)
			if percent >= at {
				_, _ = fmt.Fprintf(c.Err, "%s: %d %%\n", what, percent) // nobody has to see it
				at = percent - percent%10 + 10
			}
			next <- at
		default: // somebody is telling
		}
	}
}
