package server

import (
	"context"
	"fmt"
	"strings"

	"github.com/voxanne/cascade/migrations/lint"
	"github.com/voxanne/cascade/server/auth"
	"github.com/voxanne/cascade/server/ratelimit"
	"github.com/voxanne/cascade/server/recording"
)

// Facts of what else a server needs, and can do without for a while.
var (
	redisAnswers = Fact{ //nolint:gochecknoglobals // immutable
		Code: "redis-answers", Serve: lint.Warns, Name: "Redis answers", Why: "Without it each node holds its share of every limit alone.",
		Mend: "start Redis, or correct REDIS_URL",
	}
	redisForgets = Fact{ //nolint:gochecknoglobals // immutable
		Code: "redis-forgets", Serve: lint.Warns, Name: "Redis forgets no count", Why: "Who is over a limit gets a new one as soon as others need memory.",
		Mend: "redis-cli config set maxmemory-policy noeviction",
	}
	storeAnswers = Fact{ //nolint:gochecknoglobals // immutable
		Code: "store-answers", Serve: lint.Warns, Name: "the store of recordings answers", Why: "None can be kept or played, and the providers keep them for days alone.",
		Mend: "see that the bucket of CASCADE_BLOB_URL is there and that this server may list, read, write and delete in it",
	}
	keysAnswer = Fact{ //nolint:gochecknoglobals // immutable
		Code: "keys-answer", Serve: lint.Warns, Name: "the issuer's keys can be had", Why: "No token can be checked without them.",
		Mend: "see that CASCADE_JWKS_URL can be reached from here",
	}
)

// around asks what else a server needs. serve does not: it may be away when a
// server starts.
func (d deployment) around(ctx context.Context) []Fact {
	var facts []Fact
	if d.config.RedisURL != "" {
		facts = append(facts, d.redis(ctx)...)
	}
	if d.config.JWKSURL != "" {
		facts = append(facts, keysAnswer.or("", d.keys(ctx)))
	}
	if d.config.BlobURL != "" {
		facts = append(facts, storeAnswers.or("", d.store(ctx)))
	}
	return facts
}

func (d deployment) store(ctx context.Context) error {
	bucket, err := recording.OpenBucket(ctx, d.config.BlobURL)
	if err != nil {
		return err
	}
	defer func() { _ = bucket.Close() }() // nothing was written
	return bucket.Reachable(ctx)
}

func (d deployment) keys(ctx context.Context) error {
	verifier, err := auth.NewVerifier(auth.VerifierConfig{Issuer: d.config.JWTIssuer, Audience: d.config.JWTAudience, JWKSURL: d.config.JWKSURL})
	if err != nil {
		return err
	}
	return verifier.Ready(ctx)
}

// redis asks whether Redis answers, and whether it forgets counts before they
// are over. One that says nothing of its memory is believed to have enough.
func (d deployment) redis(ctx context.Context) []Fact {
	client, err := ratelimit.NewRedis(d.config.RedisURL)
	if err != nil {
		return []Fact{redisAnswers.holed(err.Error())}
	}
	defer func() { _ = client.Close() }() // nothing was written
	if err := client.Ping(ctx).Err(); err != nil {
		return []Fact{redisAnswers.holed(err.Error())}
	}
	memory, err := client.Info(ctx, "memory").Result()
	if err != nil {
		memory = ""
	}
	return []Fact{redisAnswers.holds(), redisForgets.or(forgetful(memory), nil)}
}

// forgetful reads INFO memory.
func forgetful(info string) string {
	said := map[string]string{}
	for line := range strings.Lines(info) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		said[name] = value
	}
	if limit := said["maxmemory"]; limit == "" || limit == "0" {
		return ""
	}
	if policy := said["maxmemory_policy"]; policy != "" && policy != "noeviction" {
		return fmt.Sprintf("maxmemory %s, %s", said["maxmemory"], policy)
	}
	return ""
}
