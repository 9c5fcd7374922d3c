package workshop

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/voxanne/cascade/policy/bundle"
)

func exportCommand(c Config) *cobra.Command {
	var out string
	cmd := &cobra.Command{
		Use:   "export [folder]",
		Short: "Pack policies as a standard OPA bundle, for opa and other tools",
		Long: `Packs the policies of a folder (those in this program without one), with their
tests and the schema of their input, as a bundle that any OPA reads. It is not
signed, and no node accepts it: sign is for that.

Ends with 0 when it is written, 2 when it could not be.`,
		Example: `  cascade policy export --out cascade.tar.gz
  opa eval --bundle cascade.tar.gz --input question.json data.cascade.access.decision`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			files, _, err := policies(args)
			if err != nil {
				return err
			}
			data, err := bundle.Export(files)
			if err != nil {
				return err
			}
			claims, err := bundle.Inspect(data)
			if err != nil {
				return err
			}
			if err := keep(out, data); err != nil {
				return err
			}
			_, err = fmt.Fprintf(c.Out, "revision %s, %d files, unsigned\n", claims.Revision, len(claims.Files))
			return err
		},
	}
	cmd.Flags().StringVar(&out, "out", "", "the file to write")
	required(cmd, "out")
	return cmd
}
