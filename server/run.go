package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"strings"
	"time"
)

// heapGrowth is how much a heap may grow before it is collected, in percent:
// three times as much as Go's own. Marking then takes a twentieth of a busy
// server's processor time and not a tenth, and it stays below 200 MB.
const heapGrowth = 300

// KeepHeap lets the heap of a program that serves grow further than Go would,
// unless the operator has said by GOGC how far.
func KeepHeap(environ []string) {
	for _, setting := range environ {
		if strings.HasPrefix(setting, "GOGC=") {
			return
		}
	}
	debug.SetGCPercent(heapGrowth)
}

// drainTime is how long requests in flight have to end.
const drainTime = 25 * time.Second

// Run puts a server together and serves until ctx ends; then it drains. It
// returns nil when everything ended as it should.
func Run(ctx context.Context, c Config, d Deps) error {
	a, err := New(ctx, c, d)
	if err != nil {
		return err
	}
	return a.listen(ctx)
}

// listen serves at the address that is configured.
func (a *App) listen(ctx context.Context) error {
	var listen net.ListenConfig
	listener, err := listen.Listen(ctx, "tcp", a.config.Addr)
	if err != nil {
		return errors.Join(fmt.Errorf("listening: %w", err), a.Close(ctx))
	}
	return a.Serve(ctx, listener)
}

// Serve answers on listener until ctx ends, and then drains, in this order:
//
//	/readyz says 503, while requests are still taken, for Config.DrainDelay
//	the port closes, streams end, requests in flight and jobs at work finish
//	the attempts and records that wait are kept
//	connections close
//
// It is called once and closes the App.
func (a *App) Serve(ctx context.Context, listener net.Listener) error {
	alive, stop := context.WithCancel(context.WithoutCancel(ctx))
	watching := a.health.start(alive)
	servers := []*http.Server{a.httpServer(a.Handler())}
	listeners := []net.Listener{listener}
	if a.config.MetricsAddr != "" {
		var listen net.ListenConfig
		l, err := listen.Listen(ctx, "tcp", a.config.MetricsAddr)
		if err != nil {
			stop()
			<-watching
			return errors.Join(fmt.Errorf("listening for metrics: %w", err), listener.Close(), a.Close(ctx))
		}
		mux := http.NewServeMux()
		mux.Handle("GET /metrics", a.metrics.handler())
		servers, listeners = append(servers, a.httpServer(mux)), append(listeners, l)
	}
	a.background.Go(func() { a.sweep(a.draining) })
	if a.onboarding != nil {
		a.background.Go(func() { a.onboard(a.draining) })
	}
	a.bring(a.draining)
	a.runDeployed(ctx)
	a.background.Go(func() { a.jobs.Run(a.draining) })
	if a.exporter != nil {
		a.background.Go(func() { a.exporter.Run(a.draining) })
	}
	a.background.Go(func() { a.node.Run(a.draining) })
	failed := make(chan error, len(servers))
	for i, s := range servers {
		go func() { failed <- s.Serve(listeners[i]) }()
	}
	a.log.InfoContext(ctx, "serving", "addr", listener.Addr().String(), "policy", a.engine.Current().Revision())
	if a.deps.Listening != nil {
		a.deps.Listening(a, listener.Addr())
	}
	var err error
	select {
	case err = <-failed: // a port that fails to serve ends the program
	case <-ctx.Done():
		a.log.InfoContext(ctx, "draining")
		a.turnAway(alive)
	}
	err = errors.Join(err, a.shutdown(alive, servers))
	stop()
	<-watching
	err = errors.Join(err, a.Close(alive))
	a.log.InfoContext(ctx, "stopped")
	return err
}

// turnAway lets load balancers see that no more requests should come here.
func (a *App) turnAway(ctx context.Context) {
	a.health.draining.Store(true)
	ctx, cancel := context.WithTimeout(ctx, a.config.DrainDelay)
	defer cancel()
	<-ctx.Done()
}

// shutdown ends streams and waits for everything else.
func (a *App) shutdown(ctx context.Context, servers []*http.Server) error {
	a.drain()
	ctx, cancel := context.WithTimeout(ctx, drainTime)
	defer cancel()
	var errs []error
	for _, s := range servers {
		if err := s.Shutdown(ctx); err != nil {
			errs = append(errs, fmt.Errorf("waiting for requests in flight: %w", err), s.Close())
		}
	}
	// Upgraded connections are no longer the HTTP server's to wait for.
	ended := make(chan struct{})
	go func() {
		a.streams.Wait()
		close(ended)
	}()
	select {
	case <-ended:
	case <-ctx.Done():
		errs = append(errs, errors.New("waiting for streams: they did not end in time"))
	}
	return errors.Join(errs...)
}

// Close keeps what still waits to be kept and frees everything. Serve calls it.
func (a *App) Close(ctx context.Context) error {
	a.drain()
	a.background.Wait()
	if a.jobs != nil {
		a.jobs.Close()
	}
	if a.desk != nil {
		a.desk.Close()
	}
	if a.watch != nil {
		a.watch.Close()
	}
	if a.records != nil {
		a.records.Close()
	}
	if a.directory != nil {
		a.directory.Close()
	}
	var errs []error
	if a.tracing.stop != nil {
		bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
		defer cancel()
		if err := a.tracing.stop(bounded); err != nil {
			a.log.WarnContext(ctx, "the last traces were not sent", "error", err)
		}
	}
	if a.feed != nil {
		errs = append(errs, a.feed.Close())
	}
	if a.redis != nil {
		errs = append(errs, a.redis.Close())
	}
	if a.store != nil {
		errs = append(errs, a.store.Close())
	}
	if a.pool != nil {
		a.pool.Close()
	}
	return errors.Join(errs...)
}

// httpServer bounds what a slow or hostile client can hold. Streams set their
// own write deadlines over this one.
func (a *App) httpServer(h http.Handler) *http.Server {
	return &http.Server{
		Handler: h, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 30 * time.Second, WriteTimeout: 40 * time.Second,
		IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
		ErrorLog: slog.NewLogLogger(a.log.Handler(), slog.LevelWarn),
	}
}
