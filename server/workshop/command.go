// Package workshop is what a security engineer runs while changing policies: the
// command `policy`. The work itself is in the rooms of policy/review; here are
// names, flags, printing and exit codes.
package workshop

import (
	"errors"
	"io"
	"io/fs"
	"time"

	"github.com/spf13/cobra"

	"github.com/voxanne/cascade/policy/review"
	"github.com/voxanne/cascade/policy/review/finding"
)

// Config is what the commands are given from outside; each field but Token is required.
type Config struct {
	// Out takes what was asked for, Err what there is to know beside it.
	Out, Err io.Writer
	// Now is the clock.
	Now func() time.Time
	// Dir is where the program runs; tools are looked for from there.
	Dir string
	// Database finds the records of decisions: those of the development server
	// whose data lie in a directory or, for "", those that the environment names.
	Database func(dir string) (Database, error)
	// Token says to a server who asks it to take a step; empty unless it is in the
	// environment.
	Token string
}

// commands is every command of `policy`, in the order of its help: write, then
// know, then ship. A new one is a function in a file of its own, and a line here.
func commands() []func(Config) *cobra.Command {
	return []func(Config) *cobra.Command{
		formatCommand,
		checkCommand,
		lintCommand,
		testCommand,
		widenCommand,
		mutateCommand,
		explainCommand,
		replayCommand,
		costCommand,
		unusedCommand,
		exportCommand,
		importCommand,
		keygenCommand,
		signCommand,
		verifyCommand,
		statusCommand,
		proposeCommand,
		reviewCommand,
		showCommand,
		approveCommand,
		rejectCommand,
		shadowCommand,
		canaryCommand,
		activateCommand,
		withdrawCommand,
		rollbackCommand,
	}
}

// Command returns the tree `policy`. Its errors carry their exit code: 1 when
// what was asked found something (Found), 2 when it could not be done.
func Command(c Config) *cobra.Command {
	root := &cobra.Command{
		Use:   "policy",
		Short: "Write, test and weigh the Rego that decides who may see what",
		Long: `What a security engineer runs while changing a rule. Each command takes the
policies as its argument: a folder that holds cascade/*.rego and, if they are its
own, schema/input.json. Without one it takes those that this program decides with.
From status on, commands ask a running server, which keeps a policy on its way:
propose, review, approve, shadow, canary, activate, and rollback.

Exit codes: 0 all is well, 1 something was found, 2 it could not be done.`,
		Example: `  cascade policy check policy/rego        does it compile, and is every word known?
  cascade policy lint policy/rego         what would open a door by mistake?
  cascade policy test policy/rego         do the tests pass, and reach every line?
  cascade policy replay policy/rego       who would gain what, and who would lose it?
  cascade policy status --url URL         what decides there, and what is on its way?`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return errors.New(args[0] + " is no command of policy; cascade policy --help lists them")
			}
			return nil
		},
		RunE:         func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		SilenceUsage: true, SilenceErrors: true,
	}
	// The environment that the program's help lists is not of these commands.
	root.SetHelpTemplate((&cobra.Command{}).HelpTemplate())
	root.SetOut(c.Out)
	root.SetErr(c.Err)
	for _, command := range commands() {
		root.AddCommand(command(c))
	}
	exits(root)
	return root
}

// policies opens what the one argument of a command names. root is what stands
// before the names of its files, so that they can be opened from here.
func policies(args []string) (files fs.FS, root string, err error) {
	if len(args) == 1 {
		root = args[0]
	}
	files, err = review.Open(root)
	return files, root, err
}

// findings prints what a check found, in one of the formats, and ends with Found
// when it found anything.
func findings(c Config, f formats, rules []finding.Rule, all []finding.Finding) error {
	var err error
	switch {
	case f.json:
		err = finding.WriteJSON(c.Out, all)
	case f.sarif:
		err = finding.WriteSARIF(c.Out, rules, all)
	default:
		err = finding.WriteText(c.Out, all)
	}
	if err != nil {
		return err
	}
	return found(len(all), "finding")
}

// formats are the ways to print findings.
type formats struct{ json, sarif bool }

func (f *formats) flags(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&f.json, "json", false, "print an array of objects: file, line, column, rule, level, message")
	cmd.Flags().BoolVar(&f.sarif, "sarif", false, "print SARIF 2.1.0, which code scanners show beside the line")
	cmd.MarkFlagsMutuallyExclusive("json", "sarif")
}
