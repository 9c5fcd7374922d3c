package workshop

import (
	"io/fs"

	"github.com/spf13/cobra"

	"github.com/voxanne/cascade/policy/review/finding"
	"github.com/voxanne/cascade/policy/review/lint"
)

func checkCommand(c Config) *cobra.Command {
	var f formats
	cmd := &cobra.Command{
		Use:   "check [folder]",
		Short: "Compile policies as the server does, and look up every word in them",
		Long: `Compiles policies and their tests: strict, with the built-ins that a decision may
call, and with the schema of the input, so that a misspelt field is found. Then it
looks up every role, kind, row type, action, status and hidden field that they
name: a right on "transcipt" is a right that nobody gets.

Ends with 0 when nothing was found, 1 when something was, 2 when it could not run.`,
		Example: `  cascade policy check policy/rego
  cascade policy check --json policy/rego | jq -r '.[].message'`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			files, root, err := policies(args)
			if err != nil {
				return err
			}
			rules, err := lint.Rules()
			if err != nil {
				return err
			}
			all, err := lint.Check(cmd.Context(), files)
			if err != nil {
				return err
			}
			return findings(c, f, rules, finding.Below(root, all))
		},
	}
	f.flags(cmd)
	return cmd
}

// unreadable says where policies do not parse or compile, line by line as a check
// does, when that keeps another command from running.
func unreadable(files fs.FS, root string, err error) error {
	all, ok := finding.FromCompiler(files, err)
	if !ok {
		return err
	}
	return finding.Errors(finding.Below(root, all))
}
