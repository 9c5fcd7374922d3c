package server

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/voxanne/cascade/ent/audit"
	"github.com/voxanne/cascade/graph"
	"github.com/voxanne/cascade/graph/fault"
	"github.com/voxanne/cascade/graph/transport"
	"github.com/voxanne/cascade/server/recording"
	"github.com/voxanne/cascade/server/recording/fetch"
)

const (
	// recordingsPath is before a link's token.
	recordingsPath = "/recordings/"
	// sweepStoreEvery is how often the store is held against the rows.
	sweepStoreEvery = 6 * time.Hour
	// measureEvery is how often the platform's figures are asked for.
	measureEvery = 30 * time.Second
)

// openRecordings opens the store. Without one no recording is brought in or
// played, and everything else is served.
func (a *App) openRecordings(ctx context.Context) (err error) {
	a.links = recording.NewSigner(a.driver.Key)
	if a.config.BlobURL == "" {
		a.log.WarnContext(ctx, "CASCADE_BLOB_URL is not set: recordings are neither brought in nor played")
		return nil
	}
	a.store, err = recording.OpenBucket(ctx, a.config.BlobURL)
	return err
}

func (a *App) recordingConfig() recording.Config {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return recording.Config{
		Policies: a.engine, Driver: a.driver, Records: a.records, Store: a.store, Log: a.log, Now: a.now, NewID: a.newID,
		Origin: func(ctx context.Context) audit.Origin {
			x := exchangeOf(ctx)
			return audit.Origin{RequestID: x.id, TraceID: x.traceID}
		},
		Locators: a.deps.Locators, Jitter: rand.Float64, Worker: fmt.Sprintf("%s-%d", host, os.Getpid()),
		Fetcher: fetch.New(fetch.Config{
			Hosts: a.config.RecordingHosts, MaxBytes: int64(a.config.RecordingMaxMB) << 20, Loopback: a.deps.LoopbackRecordings,
		}),
		Spool: a.config.SpoolDir, Feed: a.feed, Observe: a.metrics.recorded,
	}
}

// recordings is the route that links lead to.
func (a *App) recordings() Route {
	refuse := func(answer http.HandlerFunc) func(http.ResponseWriter, *http.Request, string) {
		return func(w http.ResponseWriter, r *http.Request, reason string) {
			exchangeOf(r.Context()).reason = reason
			answer(w, r)
		}
	}
	player := recording.NewPlayer(recording.PlayerConfig{
		Config: a.recordingConfig(), Signer: a.links,
		Address: func(r *http.Request) string { return a.config.TrustedProxies.Client(r).String() },
		Absent:  refuse(noRecording), Unavailable: refuse(unavailable),
	})
	return Route{Pattern: "GET " + recordingsPath + "{token}", Proof: Link, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case a.store == nil:
			noRecording(w, r)
		case a.health.database() != nil:
			unavailable(w, r)
		default:
			player.ServeHTTP(w, r)
		}
	})}
}

func noRecording(w http.ResponseWriter, r *http.Request) {
	writeProblem(w, r, transport.Problem{
		Status: http.StatusNotFound, Code: string(fault.NotFound), Detail: "This link plays nothing. Ask for a new one with recordingPlayback.",
	})
}

// playRecording writes a link for whoever was allowed to hear a recording. It
// ends with the credential that it was asked for with, if that is sooner.
func (a *App) playRecording(p graph.Playback) (string, time.Time, error) {
	expires := p.Now.Add(recording.LinkLife)
	if end := p.Subject.Credential.Expires; !end.IsZero() && end.Before(expires) {
		expires = end
	}
	expires = expires.Truncate(time.Second)
	token, ok := a.links.Sign(recording.Link{
		ID: a.newID(), Org: p.Org, Recording: p.Recording, Decision: p.Decision, Subject: p.Subject.ID, Home: p.Subject.OrgID,
		Kind: p.Subject.Kind, MFA: p.Subject.Credential.MFA, Expires: expires,
	})
	if !ok || a.store == nil {
		return "", time.Time{}, fault.New(fault.Unavailable, "Recordings are not kept here.")
	}
	return strings.TrimSuffix(a.config.PublicURL, "/") + recordingsPath + token, expires, nil
}

// bring brings recordings in and keeps the store and the rows together until ctx
// ends; what is under way then is given back.
func (a *App) bring(ctx context.Context) {
	if a.store == nil {
		return
	}
	c := a.recordingConfig()
	if c.Locators != nil {
		if len(a.config.RecordingHosts) == 0 && !a.deps.LoopbackRecordings {
			a.log.WarnContext(ctx, "CASCADE_RECORDING_HOSTS is not set: no recording can be fetched")
		}
		a.background.Go(func() { recording.NewWorkers(c).Run(ctx, max(a.config.RecordingWorkers, 1)) })
	}
	sweeper := recording.NewSweeper(recording.SweeperConfig{Config: c})
	a.background.Go(func() {
		every(ctx, sweepStoreEvery, func() {
			swept, err := sweeper.RunOnce(ctx)
			a.metrics.swept(swept, err)
		})
	})
	a.background.Go(func() {
		every(ctx, measureEvery, func() {
			if health, err := recording.Measure(ctx, c); err == nil {
				a.metrics.fares(health)
			}
		})
	})
}

// every does something again and again until ctx ends.
func every(ctx context.Context, wait time.Duration, do func()) {
	ticker := time.NewTicker(wait)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			do()
		}
	}
}
