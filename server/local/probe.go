package local

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
)

// probe runs both programs of dir, as the first of users that can, and reads
// their version. A build for another C library fails here, with its reason.
func probe(ctx context.Context, dir string, users []account) (installation, error) {
	var why []error
	for _, user := range users {
		found, err := version(ctx, dir, user)
		if err == nil {
			return found, nil
		}
		why = append(why, err)
	}
	return installation{}, errors.Join(why...)
}

func version(ctx context.Context, dir string, user account) (installation, error) {
	if err := user.command(ctx, filepath.Join(dir, "initdb"), "--version").Run(); err != nil {
		return installation{}, fmt.Errorf("asking initdb for its version: %w", err)
	}
	out, err := user.command(ctx, filepath.Join(dir, "postgres"), "--version").Output()
	if err != nil {
		return installation{}, fmt.Errorf("asking postgres for its version: %w", err)
	}
	// postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1); 18beta1 while young.
	fields := strings.Fields(string(out))
	if len(fields) < 3 {
		return installation{}, fmt.Errorf("asking postgres for its version: it said %q", out)
	}
	digits := fields[2]
	if i := strings.IndexFunc(digits, func(r rune) bool { return r < '0' || r > '9' }); i >= 0 {
		digits = digits[:i]
	}
	major, err := strconv.Atoi(digits)
	if err != nil {
		return installation{}, fmt.Errorf("asking postgres for its version: it said %q", out)
	}
	return installation{dir: dir, version: fields[2], major: major, account: user}, nil
}
