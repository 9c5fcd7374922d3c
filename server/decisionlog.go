package server

import (
	"context"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/voxanne/cascade/server/decisionlog"
)

// openDecisionLog hands decisions on, where the configuration says whereto.
func (a *App) openDecisionLog(context.Context) error {
	if a.config.DecisionLogURL == "" {
		return nil
	}
	sink, err := decisionlog.Open(a.config.DecisionLogURL, a.config.DecisionLogTokenFile)
	if err != nil {
		return err
	}
	a.exporter = decisionlog.New(decisionlog.Config{
		Name: a.config.DecisionLogURL, Sink: sink, Driver: a.driver, Policies: a.engine, Records: a.records, Log: a.log,
		Now: a.now, NewID: a.newID, Labels: map[string]string{"app": "cascade", "id": a.newID().String()},
	})
	a.metrics.registry.MustRegister(newLogMetrics(a.exporter))
	return nil
}

// logMetrics look at the decision log when they are read. A database that does
// not answer shows what this process knows.
type logMetrics struct {
	exporter                                 *decisionlog.Exporter
	lag, refused, delivered, aside, failures *prometheus.Desc
}

func newLogMetrics(e *decisionlog.Exporter) logMetrics {
	desc := func(name, help string) *prometheus.Desc { return prometheus.NewDesc(name, help, nil, nil) }
	return logMetrics{
		exporter:  e,
		lag:       desc("cascade_decision_log_lag_seconds", "Age of the oldest decision that the sink has not got."),
		refused:   desc("cascade_decision_log_refused", "Decisions that the sink would not take, set aside by any process."),
		delivered: desc("cascade_decision_log_delivered_total", "Decisions that the sink took from this process."),
		aside:     desc("cascade_decision_log_set_aside_total", "Decisions that this process set aside."),
		failures:  desc("cascade_decision_log_failures_total", "Times that sending failed and was put off."),
	}
}

// Describe implements prometheus.Collector.
func (l logMetrics) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{l.lag, l.refused, l.delivered, l.aside, l.failures} {
		out <- d
	}
}

// Collect implements prometheus.Collector.
func (l logMetrics) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), lookTime)
	defer cancel()
	s, err := l.exporter.Stats(ctx)
	put := func(d *prometheus.Desc, kind prometheus.ValueType, v float64) {
		out <- prometheus.MustNewConstMetric(d, kind, v)
	}
	put(l.delivered, prometheus.CounterValue, float64(s.Delivered))
	put(l.aside, prometheus.CounterValue, float64(s.SetAside))
	put(l.failures, prometheus.CounterValue, float64(s.Failures))
	if err == nil {
		put(l.lag, prometheus.GaugeValue, s.Lag.Seconds())
		put(l.refused, prometheus.GaugeValue, float64(s.Refused))
	}
}
