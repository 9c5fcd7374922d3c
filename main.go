// Command cascade is the multi-tenant API of an AI voice receptionist for
// clinics. This file is its command line and nothing else: the only place that
// reads the environment and that ends the program.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/voxanne/cascade/server"
	"github.com/voxanne/cascade/server/dev"
	"github.com/voxanne/cascade/server/workshop"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	server.KeepHeap(os.Environ())
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	if err := command().ExecuteContext(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "cascade:", err)
		stop()
		os.Exit(workshop.ExitCode(err)) //nolint:gocritic // stop has run
	}
}

func command() *cobra.Command {
	root := &cobra.Command{
		Use:   "cascade",
		Short: "The multi-tenant API of an AI voice receptionist for clinics",
		Long: `Cascade keeps what came of every call that a clinic's assistant answered, and
shows it to that clinic, to the partners it let in, and to nobody else.`,
		Example: `  cascade dev                      everything with demo data, on http://127.0.0.1:8080
  cascade migrate up               bring the database to this program's shape
  cascade check                    prove that every wall of a deployment stands
  cascade serve                    serve, or say which wall is down
  cascade policy --help            change the rules without fear`,
		SilenceUsage: true, SilenceErrors: true,
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
	}
	root.SetHelpTemplate(root.HelpTemplate() + `
Environment of serve, migrate and check (an unknown or malformed CASCADE_
setting is an error that names it):
` + server.SettingsHelp())
	root.AddCommand(devCommand(), serveCommand(), migrateCommand(), checkCommand(), tokenCommand(), policyCommand())
	return root
}

func devCommand() *cobra.Command {
	c := dev.Config{}
	cmd := &cobra.Command{
		Use:   "dev",
		Short: "Start everything, with nothing configured and demo data",
		Long: `Starts a private Postgres and Redis, migrates, and serves three clinics, a
partner and the platform's own people on this machine alone, through the same
walls as in production. It prints what to try next. Policies are loaded again
when a file of policy/rego is saved. One Ctrl-C stops all of it; the data stay.

$PG_BIN names the directory of Postgres' programs when they are not on PATH.`,
		Example: `  cascade dev
  cascade dev --addr 127.0.0.1:9090 --data .cascade --fresh`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if c.DataDir == "" {
				dir, err := dev.DefaultDataDir(os.Getenv("XDG_STATE_HOME"))
				if err != nil {
					return err
				}
				c.DataDir = dir
			}
			log := server.NewLog(os.Stderr, slog.LevelWarn)
			server.LogLibraries(log)
			c.PGBin, c.Out, c.Log = os.Getenv("PG_BIN"), cmd.OutOrStdout(), log
			return dev.Run(cmd.Context(), c)
		},
	}
	cmd.Flags().StringVar(&c.Addr, "addr", dev.DefaultAddr, "where to listen")
	cmd.Flags().StringVar(&c.DataDir, "data", "", "where the data lie (default below the user's state directory)")
	cmd.Flags().BoolVar(&c.Fresh, "fresh", false, "throw the data away first")
	return cmd
}

func serveCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "serve",
		Short: "Serve in production, or say which wall is down",
		Long: `Proves every wall first, as check does. When one is down that rows or powers
could get through, it says which and how to mend it, one line each, and does
not start; other holes are in its log. check --list says which are which.

SIGTERM drains: /readyz says 503, requests in flight end, streams are told to
come back elsewhere, every record is kept, and the program ends with 0.`,
		Example: `  printf 'k1:%s' "$(openssl rand -hex 32)" > /run/secrets/seal.key
  export CASCADE_SEAL_KEY_FILE=/run/secrets/seal.key
  CASCADE_OWNER_DATABASE_URL=postgres://owner@db/cascade cascade migrate up
  export DATABASE_URL=postgres://cascade_app@db/cascade REDIS_URL=redis://cache:6379
  export CASCADE_JWT_ISSUER=https://PROJECT.supabase.co/auth/v1 CASCADE_JWT_AUDIENCE=authenticated
  export CASCADE_JWKS_URL=https://PROJECT.supabase.co/auth/v1/.well-known/jwks.json
  cascade serve`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			config, err := server.FromEnv(os.Environ())
			if err != nil {
				return err
			}
			log := server.NewLog(os.Stdout, slog.LevelInfo)
			server.LogLibraries(log)
			return server.Serve(cmd.Context(), config, server.Deps{Log: log})
		},
	}
}

func migrateCommand() *cobra.Command {
	c := &cobra.Command{Use: "migrate", Short: "Bring the database to this program's shape, as its owner"}
	for use, step := range map[string]struct {
		short string
		run   func(context.Context, server.Config, io.Writer) error
	}{
		"up":     {"Apply what is missing, and make the database accept the seal key that is set", server.Migrate},
		"status": {"List every migration and when it was applied", server.MigrationStatus},
	} {
		c.AddCommand(&cobra.Command{
			Use: use, Short: step.short, Args: cobra.NoArgs,
			Example: "  CASCADE_OWNER_DATABASE_URL=postgres://owner@db/cascade cascade migrate " + use,
			RunE: func(cmd *cobra.Command, _ []string) error {
				config, err := server.FromEnv(os.Environ())
				if err != nil {
					return err
				}
				return step.run(cmd.Context(), config, cmd.OutOrStdout())
			},
		})
	}
	return c
}

var errHoles = errors.New("a wall is down")

func checkCommand() *cobra.Command {
	var asJSON, list bool
	var data string
	c := &cobra.Command{
		Use:   "check",
		Short: "Prove that every wall stands, one line per fact",
		Long: `Proves by the configuration, by the catalog of the live database, by trying
what the database and the routes do, and by asking Redis and the issuer, that
every wall of a deployment stands. It asks as the app role and changes nothing.

Each line is a fact that holds (ok), a hole with why it matters and what mends
it (HOLE), or what to know though nothing is wrong yet (note). What a schema
has out of line on purpose carries its reason as a comment; --json shows them.
Ends with 1 when there is a hole.

With --json each fact is an object on a line of its own:

  code     what programs call the fact; it stays
  fact     what holds when there is no hole
  ok       whether it holds
  serve    what serve does about a hole: refuses (rows could cross clinics, or
           a wall be taken down), warns (in its log), notes (nothing)
  at       where the hole is
  why      what it would let happen
  mend     the statement or setting that mends it
  allowed  what is out of line on purpose: at, and the why of the schema`,
		Example: `  cascade check
  cascade check --json | jq 'select(.ok | not)'
  cascade check --data .cascade    # a development server that runs
  cascade check --list             # every fact, and what serve does about its holes`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if list {
				facts, err := server.Facts()
				if err != nil {
					return err
				}
				return printFacts(cmd.OutOrStdout(), facts, asJSON, server.Fact.Line)
			}
			config, err := server.FromEnv(os.Environ())
			if data != "" {
				config, err = server.DataConfig(data)
			}
			if err != nil {
				return err
			}
			server.LogLibraries(slog.New(slog.DiscardHandler)) // the facts say it
			facts := server.Check(cmd.Context(), config, data != "")
			if err := printFacts(cmd.OutOrStdout(), facts, asJSON, server.Fact.String); err != nil {
				return err
			}
			if len(server.Holes(facts)) > 0 {
				return errHoles
			}
			return nil
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print each fact as a JSON object on a line of its own")
	c.Flags().BoolVar(&list, "list", false, "print what is checked, and check nothing")
	c.Flags().StringVar(&data, "data", "", "check the development server with this data directory")
	return c
}

func printFacts(out io.Writer, facts []server.Fact, asJSON bool, line func(server.Fact) string) error {
	lines := json.NewEncoder(out)
	lines.SetEscapeHTML(false)
	for _, f := range facts {
		var err error
		if asJSON {
			err = lines.Encode(f)
		} else {
			_, err = fmt.Fprintln(out, line(f))
		}
		if err != nil {
			return fmt.Errorf("printing a fact: %w", err)
		}
	}
	return nil
}

func policyCommand() *cobra.Command {
	dir, err := os.Getwd()
	if err != nil {
		dir = "." // it is gone: tools beside it cannot be found
	}
	return workshop.Command(workshop.Config{Out: os.Stdout, Err: os.Stderr, Now: time.Now, Dir: dir, Database: records, Token: os.Getenv("CASCADE_TOKEN")})
}

// records is the database of a development server or of the environment.
func records(data string) (workshop.Database, error) {
	config, err := server.FromEnv(os.Environ())
	if data != "" {
		config, err = server.DataConfig(data)
	}
	return workshop.Database{URL: config.DatabaseURL, SealKeyFile: config.SealKeyFile}, err
}

func tokenCommand() *cobra.Command {
	var data, email string
	var ttl time.Duration
	var mfa bool
	c := &cobra.Command{
		Use:     "token",
		Short:   "Sign in somebody of a development server",
		Long:    "Prints a real token, signed with the key of the development issuer in the data\ndirectory. Without that key there is no token.",
		Example: `  curl -H "Authorization: Bearer $(cascade token --data .cascade --email EMAIL)" ...`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			token, err := server.Token(data, email, ttl, mfa, time.Now)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), token)
			return err
		},
	}
	c.Flags().StringVar(&data, "data", "", "the data directory of the development server")
	c.Flags().StringVar(&email, "email", "", "whose token")
	c.Flags().DurationVar(&ttl, "ttl", time.Hour, "how long it is good for")
	c.Flags().BoolVar(&mfa, "mfa", true, "whether a second factor was used")
	for _, name := range []string{"data", "email"} {
		if err := c.MarkFlagRequired(name); err != nil {
			panic(err) // the flag is right above
		}
	}
	return c
}
