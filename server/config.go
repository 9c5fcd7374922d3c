package server

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/voxanne/cascade/server/ratelimit"
	"github.com/voxanne/cascade/server/recording/fetch"
)

// Config is what a server is told from outside. It holds secrets: it is never
// printed. Zero fields have no default of their own, except where it says so;
// FromEnv fills in the defaults.
type Config struct {
	Addr        string
	MetricsAddr string // empty: /metrics is served with the API
	PublicURL   string
	Origins     []string // of dashboards, lower case

	DatabaseURL      string
	OwnerDatabaseURL string
	RedisURL         string

	JWTIssuer   string
	JWTAudience string
	JWKSURL     string

	SealKeyFile       string
	SecretsKeysetFile string
	BlobURL           string
	PolicyKeyFile     string // signs policies here; empty: nobody does
	PolicyKeysFile    string // public keys that are trusted beside it

	// DecisionLogURL is where decisions are handed on to; empty: nowhere.
	DecisionLogURL       string
	DecisionLogTokenFile string

	RecordingHosts   fetch.Hosts // that recordings are fetched from
	RecordingMaxMB   int         // of one recording; zero means 500
	RecordingWorkers int         // at once in this process; zero means 1
	SpoolDir         string      // for what comes in; empty: the machine's own

	TrustedProxies ratelimit.Proxies
	Nodes          int
	AddressLimit   int // requests a minute from one client address

	// DrainDelay is how long a server that was told to stop goes on taking
	// requests while /readyz says 503, so that load balancers can turn away.
	DrainDelay time.Duration

	OTLPEndpoint string

	Onboarding Onboarding
}

// FromEnv reads an environment in the form of os.Environ. Every unknown
// CASCADE_ setting and every value that does not read is an error that names
// the setting, all of them at once; no error holds a value. Whether enough is
// set is for the command to judge that needs it.
func FromEnv(environ []string) (Config, error) {
	c := Config{
		Addr: ":8080", MetricsAddr: "127.0.0.1:9464", Nodes: 1, AddressLimit: 12_000, DrainDelay: 3 * time.Second,
		RecordingMaxMB: 500, RecordingWorkers: 4,
	}
	known := map[string]setting{}
	for _, s := range settings() {
		known[s.name] = s
	}
	var errs []error
	for _, line := range environ {
		name, value, _ := strings.Cut(line, "=")
		s, ok := known[name]
		switch {
		case !ok && strings.HasPrefix(name, "CASCADE_"):
			errs = append(errs, fmt.Errorf("%s: no such setting", name))
		case !ok || value == "": // what is set to nothing is not set
		default:
			if err := s.read(&c, value); err != nil {
				errs = append(errs, fmt.Errorf("%s: %w", name, err))
			}
		}
	}
	return c, errors.Join(errs...)
}
