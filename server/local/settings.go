package local

import (
	"maps"
	"slices"
)

// settings are the server settings of a private Postgres: modest in memory and
// silent about what statements hold. Scopes, clinics' data and the rows that an
// error would quote reach the client, never the log.
func (c PostgresConfig) settings(socketDir string) map[string]string {
	s := map[string]string{
		"max_connections": "200",
		"shared_buffers":  "128MB",

		"log_statement":                     "none",
		"log_min_duration_statement":        "-1",
		"log_parameter_max_length":          "0",
		"log_parameter_max_length_on_error": "0",
		// The level "log" leaves out errors of statements, whose texts quote
		// values (invalid input: "..."); "terse" the details that quote rows.
		"log_min_messages":        "log",
		"log_min_error_statement": "panic",
		"log_error_verbosity":     "terse",
		"log_checkpoints":         "off",
	}
	if c.Ephemeral {
		// A crash of the machine may cost the data; a crash of Postgres does
		// not, and commits keep their order, so that tests see the real thing.
		s["fsync"] = "off"
		s["full_page_writes"] = "off"
		s["max_connections"] = "400"
	}
	maps.Copy(s, c.Settings)
	s["listen_addresses"] = ""
	s["port"] = port
	s["unix_socket_directories"] = socketDir
	s["unix_socket_permissions"] = "0700"
	return s
}

// port only names the socket; nothing listens on a network.
const (
	port       = "5432"
	socketName = ".s.PGSQL." + port
)

// flags spells settings for the command line, where nothing inside the server
// can overrule them.
func flags(settings map[string]string) []string {
	var args []string
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		args = append(args, "-c", name+"="+settings[name])
	}
	return args
}
