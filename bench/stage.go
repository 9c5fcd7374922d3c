package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"

	"github.com/voxanne/cascade/bench/data"
	"github.com/voxanne/cascade/server/auth"
	"github.com/voxanne/cascade/server/local"
)

// stage is what stands while contenders come and go: the database, Redis, the
// issuer, and the contenders' programs.
type stage struct {
	db        *data.Database
	even      bool // clinics are asked for equally often
	redis     string
	redisName string // of its process
	jwks      string
	keyFile   string
	tokens    []string // of each clinic's member of staff
	floor     string   // programs
	cascade   string
	closes    []func() error
}

// setUp builds and starts everything. Close ends it.
func setUp(ctx context.Context, o options, log *slog.Logger) (_ *stage, err error) {
	s := &stage{even: o.even}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close())
		}
	}()
	dir, err := os.MkdirTemp("", "cascade-bench-")
	if err != nil {
		return nil, err
	}
	s.closes = append(s.closes, func() error { return os.RemoveAll(dir) })
	s.floor, s.cascade = filepath.Join(dir, "floor"), filepath.Join(dir, "cascade")
	for program, source := range map[string]string{s.floor: "./bench/floor", s.cascade: "./bench/cascade"} {
		build := exec.CommandContext(ctx, "go", "build", "-o", program, source) //nolint:gosec // G204: our own source
		build.Stderr = os.Stderr
		if err := build.Run(); err != nil {
			return nil, fmt.Errorf("building %s (run this from the repository's root): %w", source, err)
		}
	}
	if s.db, err = data.Open(ctx, data.Config{Size: o.size, Dir: o.cache, Log: log, Now: time.Now()}); err != nil {
		return nil, err
	}
	s.closes = append(s.closes, s.db.Close)
	s.keyFile = filepath.Join(dir, "seal.key")
	if err := os.WriteFile(s.keyFile, s.db.Key.File(), 0o600); err != nil {
		return nil, err
	}
	redis, err := local.StartRedis(ctx, local.RedisConfig{Dir: filepath.Join(dir, "redis")})
	if err != nil {
		return nil, err
	}
	s.redis, s.redisName = redis.URL(), redis.Kind()
	s.closes = append(s.closes, redis.Stop)
	log.InfoContext(ctx, "servers are up", "postgres", s.db.Version(), "redis", redis.Kind())
	return s, s.issue(ctx, dir)
}

// issue makes an issuer and signs a token for one member of staff of each clinic.
func (s *stage) issue(ctx context.Context, dir string) error {
	issuer, err := auth.CreateIssuer(filepath.Join(dir, "issuer.pem"))
	if err != nil {
		return err
	}
	s.tokens = make([]string, s.db.Clinics)
	for c := range s.tokens {
		s.tokens[c], err = issuer.Issue(auth.TokenRequest{
			Subject: data.Login(c), Issuer: data.Issuer, Audience: data.Audience, TTL: 12 * time.Hour,
			MFA: true, OrgChoice: data.Org(c).String(),
		})
		if err != nil {
			return err
		}
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("serving the issuer's keys: %w", err)
	}
	server := &http.Server{Handler: issuer.JWKSHandler(), ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = server.Serve(listener) }() // ends with Close
	s.closes = append(s.closes, server.Close)
	s.jwks = "http://" + listener.Addr().String()
	return nil
}

// Close ends everything, the last first.
func (s *stage) Close() error {
	var failed error
	for _, end := range slices.Backward(s.closes) {
		failed = errors.Join(failed, end())
	}
	return failed
}
