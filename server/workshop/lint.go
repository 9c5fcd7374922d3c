package workshop

import (
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/voxanne/cascade/policy/review/finding"
	"github.com/voxanne/cascade/policy/review/lint"
)

func lintCommand(c Config) *cobra.Command {
	var f formats
	var regal string
	var list bool
	cmd := &cobra.Command{
		Use:   "lint [folder]",
		Short: "Find what compiles and should not be in a policy",
		Long: `Holds policies against our own rules, which know which conditions give access:
what opens a door when a field is missing, a scan where a look-up belongs, a
reason that nobody declared. --list says what they are. Then it runs Regal, the
linter of the language, if it finds it: bin/regal beside go.mod, or on PATH.

Ends with 0 when nothing was found, 1 when something was, 2 when it could not run.`,
		Example: `  cascade policy lint policy/rego
  cascade policy lint --sarif policy/rego > lint.sarif
  cascade policy lint --list`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			rules, err := lint.Rules()
			if err != nil {
				return err
			}
			if list {
				return printRules(c, rules)
			}
			files, root, err := policies(args)
			if err != nil {
				return err
			}
			all, err := lint.Run(cmd.Context(), files)
			if err != nil {
				return err
			}
			// What does not parse is said once.
			if !slices.ContainsFunc(all, finding.Finding.Unread) {
				if regal == "" {
					regal = lint.FindRegal(c.Dir)
				}
				if regal == "" {
					if _, err := fmt.Fprintln(c.Err, lint.NoRegal); err != nil {
						return fmt.Errorf("printing: %w", err)
					}
				} else {
					more, err := lint.Regal(cmd.Context(), regal, files)
					if err != nil {
						return err
					}
					all = append(all, more...)
				}
			}
			finding.Sort(all)
			return findings(c, f, rules, finding.Below(root, all))
		},
	}
	f.flags(cmd)
	cmd.Flags().StringVar(&regal, "regal", "", "the program of the linter Regal")
	cmd.Flags().BoolVar(&list, "list", false, "print what our own rules are about, and lint nothing")
	return cmd
}

func printRules(c Config, rules []finding.Rule) error {
	for _, r := range rules {
		if _, err := fmt.Fprintf(c.Out, "%s: %s\n%s\n", r.ID, r.Title, finding.Indent(r.Help)); err != nil {
			return fmt.Errorf("printing the rules: %w", err)
		}
	}
	return nil
}
