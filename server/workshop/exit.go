package workshop

import (
	"cmp"
	"errors"
	"fmt"

	"github.com/spf13/cobra"
)

// The exit codes of every command of `policy`.
const (
	foundSomething = 1
	cannotRun      = 2
)

// Found is the error of a command that did what was asked and found something.
type Found struct{ what string }

// Error implements error.
func (f Found) Error() string { return f.what }

// found is nil for none, and else Found so many of what.
func found(n int, what string) error {
	switch n {
	case 0:
		return nil
	case 1:
		return Found{"1 " + what}
	default:
		return Found{fmt.Sprintf("%d %ss", n, what)}
	}
}

// Impossible is the error of a command that could not do what was asked: a flag
// that it does not have, a file that cannot be read.
type Impossible struct{ error }

// Unwrap implements errors' chain.
func (i Impossible) Unwrap() error { return i.error }

// ExitCode is what the program ends with after err, whichever command it is of: 0
// for nil, 2 for what could not be done, and else 1. It does not ask errors
// themselves, because those of programs that were run have exit codes of theirs.
func ExitCode(err error) int {
	var impossible Impossible
	switch {
	case err == nil:
		return 0
	case errors.As(err, &impossible):
		return cannotRun
	default:
		return foundSomething
	}
}

// exits makes every error of a tree carry its exit code: what is not Found is
// Impossible.
func exits(cmd *cobra.Command) {
	cmd.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return coded(err) })
	args, run := cmd.Args, cmd.RunE
	cmd.Args = func(cmd *cobra.Command, given []string) error {
		var err error
		if args != nil {
			err = args(cmd, given)
		}
		// Cobra asks these after Args, and nobody could give them a code.
		if err == nil {
			err = cmp.Or(cmd.ValidateRequiredFlags(), cmd.ValidateFlagGroups())
		}
		return coded(err)
	}
	if run != nil {
		cmd.RunE = func(cmd *cobra.Command, given []string) error { return coded(run(cmd, given)) }
	}
	for _, sub := range cmd.Commands() {
		exits(sub)
	}
}

func coded(err error) error {
	var (
		found      Found
		impossible Impossible
	)
	if err == nil || errors.As(err, &found) || errors.As(err, &impossible) {
		return err
	}
	return Impossible{err}
}
