package workshop

import (
	"fmt"
	"io/fs"

	"github.com/spf13/cobra"

	"github.com/voxanne/cascade/policy/review"
)

func proposeCommand(c Config) *cobra.Command {
	var at remote
	var note string
	cmd := &cobra.Command{
		Use:   "propose <folder>",
		Short: "Hand policies to a server: compiled, signed and kept as a draft",
		Long: `Sends the policies of a folder, with their tests and the schema of their input, to a
server, which compiles them, signs them with its key and keeps them as a draft.
Nothing decides by them yet.`,
		Example: `  cascade policy propose candidate --note "T-71: viewers see the recording queue" --data ~/.local/state/cascade`,
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			server, err := at.open(c)
			if err != nil {
				return err
			}
			files, err := texts(args[0])
			if err != nil {
				return err
			}
			var out struct {
				ProposePolicy struct{ PolicyRevision shipped }
			}
			err = server.ask(cmd.Context(), `mutation($in: ProposePolicyInput!) { proposePolicy(input: $in) { policyRevision {`+briefly+`} } }`,
				map[string]any{"in": map[string]any{"files": files, "note": note}}, &out)
			if err != nil {
				return err
			}
			p := out.ProposePolicy.PolicyRevision
			_, err = fmt.Fprintf(c.Out, "revision  %s, a draft\nid        %s\nnext      policy review %s\n", p.Revision, p.ID, p.Revision)
			return err
		},
	}
	at.flags(cmd)
	cmd.Flags().StringVar(&note, "note", "", "what it is for, and where that is written down")
	required(cmd, "note")
	return cmd
}

// texts are the files of a policy set, as the API takes them.
func texts(path string) ([]map[string]string, error) {
	files, err := review.Open(path)
	if err != nil {
		return nil, err
	}
	names, err := fs.Glob(files, "cascade/*.rego")
	if err != nil {
		return nil, err
	}
	var out []map[string]string
	for _, name := range append(names, "schema/input.json") { // which Open lays under those without
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, fmt.Errorf("reading policies: %w", err)
		}
		out = append(out, map[string]string{"name": name, "text": string(text)})
	}
	return out, nil
}
