package main

import "testing"

// An answer that is not wholly the clinic's own is no answer.
func TestCheckHoldsAnswersToOneClinic(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		body     string
		canaries int
		ok       bool
	}{
		"own":            {`{"a":"canary-0001 x","b":"canary-0001"}`, 2, true},
		"too few":        {`{"a":"canary-0001 x"}`, 2, false},
		"foreign":        {`{"a":"canary-0001 x","b":"canary-0002"}`, 1, false},
		"foreign first":  {`{"b":"canary-0002","a":"canary-0001"}`, 1, false},
		"an error":       {`{"data":{"a":"canary-0001"},"errors":[]}`, 1, false},
		"not what asked": {`{"x":"canary-0001"}`, 1, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want := `"a":`
			if err := check([]byte(c.body), 1, c.canaries, want); (err == nil) != c.ok {
				t.Errorf("check says %v", err)
			}
		})
	}
}
