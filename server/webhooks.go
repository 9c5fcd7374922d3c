package server

import (
	"context"
	"net/http"
	"time"

	"github.com/voxanne/cascade/ent/audit"
	"github.com/voxanne/cascade/server/webhook"
)

// sweepEvery is how often messages that were kept and not applied are tried again.
const sweepEvery = 2 * time.Second

// webhooks are the routes that providers report to.
func (a *App) webhooks() []Route {
	handler := webhook.New(a.webhookConfig())
	return []Route{{
		Pattern: "POST /webhooks/vapi/{key}", MaxBody: webhook.DefaultMaxBody, Proof: Signature,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if a.health.database() != nil {
				unavailable(w, r) // the provider sends it again
				return
			}
			handler.ServeVapi(w, r)
		}),
	}}
}

func (a *App) webhookConfig() webhook.Config {
	return webhook.Config{
		Directory: a.directory, Policies: a.engine, Driver: a.driver, Records: a.records, Secrets: a.secrets,
		Feed: a.feed, Watch: a.watch, Log: a.log, Now: a.now, NewID: a.newID, PublicURL: a.config.PublicURL, Problem: writeProblem,
		Origin: func(ctx context.Context) audit.Origin {
			x := exchangeOf(ctx)
			return audit.Origin{RequestID: x.id, TraceID: x.traceID}
		},
		Observe: func(ctx context.Context, o webhook.Observation) {
			exchangeOf(ctx).reason = o.Reason
			a.metrics.webhooks.WithLabelValues(o.Provider, o.Type, string(o.Result)).Inc()
		},
	}
}

// sweep tries waiting messages until ctx ends.
func (a *App) sweep(ctx context.Context) {
	sweeper := webhook.NewSweeper(a.webhookConfig())
	ticker := time.NewTicker(sweepEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		if a.health.database() != nil {
			continue
		}
		bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), answerTime)
		if _, err := sweeper.RunOnce(bounded); err != nil {
			a.log.WarnContext(ctx, "messages that wait could not all be tried", "error", err)
		}
		cancel()
	}
}
