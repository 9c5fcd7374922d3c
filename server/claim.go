package server

import (
	"github.com/voxanne/cascade/migrations/lint"
)

// claim is a fact of the configuration alone, and where its hole is, or "".
type claim struct {
	Fact
	hole func(deployment) string
}

// claims are all of them, in the order in which they are told.
func claims() []claim {
	plain := func(of func(Config) string) func(deployment) string {
		return func(d deployment) string { return plainly(of(d.config)) }
	}
	return []claim{
		{Fact{
			Code: "config-issuer", Serve: lint.Refuses, Name: "tokens have an issuer, and its keys come over TLS", Why: "Nobody's tokens could be checked; or whoever is on the way signs for every clinic.",
			Mend: "set CASCADE_JWT_ISSUER, CASCADE_JWT_AUDIENCE and CASCADE_JWKS_URL",
		}, noIssuer},
		{Fact{
			Code: "config-issuer-plain", Serve: lint.Warns, Name: "the issuer is a site of its own", Why: "A name without https is anybody's on that network.",
			Mend: "have the issuer sign as https://..., and set CASCADE_JWT_ISSUER to it",
		}, plain(func(c Config) string { return c.JWTIssuer })},
		{Fact{
			Code: "config-redis", Serve: lint.Refuses, Name: "limits are shared by all nodes", Why: "Each node would let a whole plan through.",
			Mend: "set REDIS_URL",
		}, func(d deployment) string { return unset("REDIS_URL", d.config.RedisURL) }},
		{Fact{
			Code: "config-redis-plain", Serve: lint.Warns, Name: "Redis is asked over TLS, with a password", Why: "Whoever else is on that network lifts every limit, and reads which rows change.",
			Mend: "set REDIS_URL to an address that begins with rediss:// and holds a user's password",
		}, openRedis},
		{Fact{
			Code: "config-database-plain", Serve: lint.Warns, Name: "Postgres is asked over TLS, and proves who it is", Why: "Whoever is on the way reads every row, and every scope.",
			Mend: "add ?sslmode=verify-full&sslrootcert=FILE to DATABASE_URL",
		}, openDatabase},
		{Fact{
			Code: "config-owner", Serve: lint.Warns, Name: "the server does not hold the owner's password", Why: "Whoever gets into the process owns every table.",
			Mend: "set CASCADE_OWNER_DATABASE_URL for migrate alone",
		}, func(d deployment) string {
			if d.dev || d.config.OwnerDatabaseURL == "" {
				return ""
			}
			return "CASCADE_OWNER_DATABASE_URL is set"
		}},
		{Fact{
			Code: "config-origin", Serve: lint.Warns, Name: "dashboards are let in by name, over TLS", Why: "A page of anybody's could ask in the name of who looks at it.",
			Mend: "set CASCADE_ORIGINS to the dashboards' own, as https://app.example.com",
		}, looseOrigin},
		{Fact{
			Code: "config-public-url", Serve: lint.Warns, Name: "clients come over TLS", Why: "Credentials and rows could be read on the way, and browsers are not told to insist.",
			Mend: "set CASCADE_PUBLIC_URL to the API's own https:// address",
		}, publicURL},
		{Fact{
			Code: "config-proxies", Serve: lint.Warns, Name: "proxies are believed by name", Why: "Anybody could name another address with each request, and no limit by address would hold.",
			Mend: "set CASCADE_TRUSTED_PROXIES to the load balancers' own networks",
		}, anyProxy},
		{Fact{
			Code: "config-traces-plain", Serve: lint.Warns, Name: "traces leave over TLS", Why: "They tell which clinic asks what, and when.",
			Mend: "set OTEL_EXPORTER_OTLP_ENDPOINT to an https:// address",
		}, plain(func(c Config) string { return c.OTLPEndpoint })},
		{Fact{
			Code: "config-recordings-plain", Serve: lint.Warns, Name: "recordings travel over TLS", Why: "They are what patients said.",
			Mend: "set CASCADE_BLOB_URL to an https:// address, or s3://bucket",
		}, plain(func(c Config) string { return c.BlobURL })},
		{Fact{
			Code: "config-seal-key", Serve: lint.Refuses, Name: "the seal key is this deployment's own", Why: "Whoever knows the key can write any clinic's scope.",
			Mend: `printf 'k1:%s' "$(openssl rand -hex 32)" > FILE, chmod 600 FILE, set CASCADE_SEAL_KEY_FILE, and migrate up`,
		}, badSealKey},
		{Fact{
			Code: "config-seal-key-readable", Serve: lint.Warns, Name: "the seal key is the server's alone to read", Why: "Any program of this machine could write any clinic's scope.",
			Mend: "chmod 600 the file of CASCADE_SEAL_KEY_FILE",
		}, func(d deployment) string { return readable(d.config.SealKeyFile) }},
		{Fact{
			Code: "config-keyset", Serve: lint.Warns, Name: "credentials of integrations can be sealed", Why: "What would have to be sealed is refused.",
			Mend: "set CASCADE_SECRETS_KEYSET_FILE to a Tink keyset that its owner alone can read",
		}, badKeyset},
		{Fact{
			Code: "config-development", Serve: lint.Refuses, Name: "nothing is shared with a development server", Why: "Its keys were never meant to be secret.",
			Mend: "make keys of this deployment's own, elsewhere",
		}, developmentFiles},
	}
}

// configured are the facts of the configuration.
func (d deployment) configured() []Fact {
	all := claims()
	facts := make([]Fact, len(all))
	for i, c := range all {
		facts[i] = c.or(c.hole(d), nil)
	}
	return facts
}
