package workshop

import (
	"crypto/ecdsa"
	"errors"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/voxanne/cascade/policy/bundle"
)

func signCommand(c Config) *cobra.Command {
	var keyFile, out string
	expires := days(90 * 24 * time.Hour)
	s := bundle.Statement{}
	cmd := &cobra.Command{
		Use:   "sign [folder]",
		Short: "Pack policies as a signed bundle, which nodes accept",
		Long: `Packs the policies of a folder (those in this program without one), with their
tests and the schema of their input, and signs them with a sequence number, the
time in which they may be activated, who wrote and who approved them. It is an OPA
bundle: opa verifies the signature too.

The sequence number must be above every one that was active, or nodes refuse it:
an old bundle cannot come back as new. Ends with 0 when it
is signed, 2 when it could not be.`,
		Example: `  cascade policy sign policy/rego --key keys/policy-4tYb2mQx.key --sequence 12 --out policy.tar.gz
  cascade policy sign policy/rego --key ci.key --sequence 13 --expires 30d \
    --author usr_ada --approver usr_bob --note CHG-1042 --out policy.tar.gz`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			files, _, err := policies(args)
			if err != nil {
				return err
			}
			key, id, err := signingKey(keyFile)
			if err != nil {
				return err
			}
			s.NotBefore = c.Now()
			s.Expires = s.NotBefore.Add(time.Duration(expires))
			if s.Author == "" {
				s.Author = "key:" + id
			}
			data, err := bundle.Sign(files, s, key)
			if err != nil {
				return err
			}
			keys := bundle.Keys{}
			if err := keys.Trust(key.Public()); err != nil {
				return err
			}
			b, err := bundle.Open(data, bundle.Verification{Keys: keys, Now: s.NotBefore})
			if err != nil {
				return err
			}
			if err := keep(out, data); err != nil {
				return err
			}
			return showBundle(c.Out, b, false)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&keyFile, "key", "", "the signing key: ECDSA on P-256, in PEM")
	flags.Int64Var(&s.Sequence, "sequence", 0, "the number of this bundle, above every one before")
	flags.Var(&expires, "expires", "how long it may be activated, as 90d or 36h")
	flags.StringVar(&s.Author, "author", "", "who wrote it, an id (default the key's)")
	flags.StringArrayVar(&s.Approvers, "approver", nil, "who approved it, an id; may be given again")
	flags.StringVar(&s.Note, "note", "", "a ticket or commit, for people")
	flags.StringVar(&out, "out", "", "the file to write")
	for _, name := range []string{"key", "sequence", "out"} {
		required(cmd, name)
	}
	return cmd
}

// signingKey reads a key that is its owner's alone.
func signingKey(name string) (*ecdsa.PrivateKey, string, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, "", fmt.Errorf("reading the signing key: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, "", fmt.Errorf("reading the signing key %s: others may read or write it; chmod 600", name)
	}
	text, err := load(name)
	if err != nil {
		return nil, "", err
	}
	key, err := bundle.ParsePrivateKey(text)
	if err != nil {
		return nil, "", fmt.Errorf("reading the signing key %s: %w", name, err)
	}
	id, err := bundle.KeyID(key.Public())
	return key, id, err
}

// days is a duration that may be given in days, a flag.
type days time.Duration

// Set implements pflag.Value.
func (d *days) Set(text string) error {
	length, err := time.ParseDuration(text)
	if number, ok := strings.CutSuffix(text, "d"); ok {
		var n int64
		if n, err = strconv.ParseInt(number, 10, 32); err == nil && n > math.MaxInt64/int64(24*time.Hour) {
			err = strconv.ErrRange
		}
		length = time.Duration(n) * 24 * time.Hour
	}
	if err != nil || length <= 0 {
		return errors.New("want a length of time such as 90d or 36h")
	}
	*d = days(length)
	return nil
}

// String implements pflag.Value.
func (d *days) String() string {
	if length := time.Duration(*d); length%(24*time.Hour) != 0 {
		return length.String()
	}
	return strconv.FormatInt(int64(time.Duration(*d)/(24*time.Hour)), 10) + "d"
}

// Type implements pflag.Value.
func (*days) Type() string { return "time" }
