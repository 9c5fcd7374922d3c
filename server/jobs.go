package server

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/voxanne/cascade/server/jobs"
)

// work is all that is done in the background, and what of it recurs, in one
// list.
func (a *App) work() (workers []jobs.Handler, recurring []jobs.Periodic) {
	purge, daily := jobs.Purge(a.newID)
	verify, nightly := a.nightly()
	return append(purge, verify), []jobs.Periodic{daily, nightly}
}

func (a *App) openJobs(ctx context.Context) (err error) {
	workers, recurring := a.work()
	worked := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "cascade_jobs_total", Help: "Attempts at background jobs, by what became of them.",
	}, []string{"kind", "result"})
	seconds := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "cascade_job_seconds", Help: "Time of one attempt at a job.", Buckets: []float64{.005, .025, .1, .5, 2.5, 10, 60, 600},
	}, []string{"kind"})
	a.jobs, err = jobs.New(ctx, jobs.Config{
		DSN: a.config.DatabaseURL, Driver: a.driver, Policies: a.engine, Records: a.records, Log: a.log, Now: a.now, NewID: a.newID,
		Workers: workers, Periodic: recurring,
		Observe: func(o jobs.Observation) {
			worked.WithLabelValues(o.Kind, string(o.Result)).Inc()
			seconds.WithLabelValues(o.Kind).Observe(o.Took.Seconds())
		},
	})
	if err != nil {
		return err
	}
	a.metrics.registry.MustRegister(worked, seconds, newQueueMetrics(a.jobs))
	return nil
}

// lookTime bounds a look at the queue, for whoever reads the metrics.
const lookTime = 2 * time.Second

// queueMetrics look at the queue when they are read. A queue that does not answer
// shows none.
type queueMetrics struct {
	runner        *jobs.Runner
	count, oldest *prometheus.Desc
}

func newQueueMetrics(r *jobs.Runner) queueMetrics {
	return queueMetrics{
		runner: r,
		count:  prometheus.NewDesc("cascade_jobs", "Jobs that were not done, by state; the discarded are dead, and wait for a person.", []string{"kind", "state"}, nil),
		oldest: prometheus.NewDesc("cascade_jobs_oldest_seconds", "How long the oldest job in the state has been due.", []string{"kind", "state"}, nil),
	}
}

// Describe implements prometheus.Collector.
func (q queueMetrics) Describe(out chan<- *prometheus.Desc) {
	out <- q.count
	out <- q.oldest
}

// Collect implements prometheus.Collector.
func (q queueMetrics) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), lookTime)
	defer cancel()
	stats, err := q.runner.Stats(ctx)
	if err != nil {
		return
	}
	for _, s := range stats {
		out <- prometheus.MustNewConstMetric(q.count, prometheus.GaugeValue, float64(s.Count), s.Kind, s.State)
		out <- prometheus.MustNewConstMetric(q.oldest, prometheus.GaugeValue, max(s.Oldest.Seconds(), 0), s.Kind, s.State)
	}
}
