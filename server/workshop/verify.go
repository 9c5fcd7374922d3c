package workshop

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/voxanne/cascade/policy/bundle"
)

func verifyCommand(c Config) *cobra.Command {
	var keyFiles []string
	var after int64
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "verify <bundle>",
		Short: "Prove a signed bundle, as a node does before it activates it",
		Long: `Proves who signed a bundle, that it is as it was signed, that its time has come
and is not over, and with --after that it is newer than what runs. Then it prints
who, when and what.

Ends with 0 when a node would take it, 1 and the reason when it would not, 2 when
it could not be read.`,
		Example: `  cascade policy verify policy.tar.gz --keys keys/policy-4tYb2mQx.pub
  cascade policy verify policy.tar.gz --keys old.pub --keys new.pub --after 11 --json`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			keys, err := trusted(keyFiles)
			if err != nil {
				return err
			}
			data, err := load(args[0])
			if err != nil {
				return err
			}
			b, err := bundle.Open(data, bundle.Verification{Keys: keys, Now: c.Now(), After: after})
			if err == nil {
				return showBundle(c.Out, b, asJSON)
			}
			if reason := bundle.Refusal(""); !errors.As(err, &reason) {
				return fmt.Errorf("verifying %s: %w", args[0], err)
			}
			if claims, unread := bundle.Inspect(data); unread == nil {
				if err := showClaims(c.Err, claims); err != nil {
					return err
				}
			}
			return Found{args[0] + ": " + err.Error()}
		},
	}
	cmd.Flags().StringArrayVar(&keyFiles, "keys", nil, "public keys to trust, in PEM; may be given again")
	cmd.Flags().Int64Var(&after, "after", 0, "the sequence number that is active")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one object")
	required(cmd, "keys")
	return cmd
}

func trusted(files []string) (bundle.Keys, error) {
	all := bundle.Keys{}
	for _, name := range files {
		text, err := load(name)
		if err != nil {
			return nil, err
		}
		keys, err := bundle.ParseKeys(text)
		if err != nil {
			return nil, fmt.Errorf("reading the keys of %s: %w", name, err)
		}
		for _, key := range keys {
			if err := all.Trust(key); err != nil {
				return nil, err
			}
		}
	}
	return all, nil
}
