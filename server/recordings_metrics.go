package server

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/voxanne/cascade/server/recording"
)

// recordingMetrics are what operators watch of recordings: totals of the
// platform. A clinic's own figures are its rows, and recordingMetrics of GraphQL.
type recordingMetrics struct {
	tries   *prometheus.CounterVec
	bytes   prometheus.Counter
	seconds *prometheus.HistogramVec
	waiting prometheus.Gauge
	late    prometheus.Gauge
	below   prometheus.Gauge
	orphans *prometheus.CounterVec
	failed  prometheus.Counter
}

func newRecordingMetrics(registry *prometheus.Registry) recordingMetrics {
	gauge := func(name, help string) prometheus.Gauge {
		return prometheus.NewGauge(prometheus.GaugeOpts{Name: name, Help: help})
	}
	m := recordingMetrics{
		tries: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "cascade_recordings_total", Help: "Tries to bring a recording in, by what became of them and the class of failure.",
		}, []string{"result", "class"}),
		bytes: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "cascade_recording_bytes_total", Help: "Bytes of recordings that were stored.",
		}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "cascade_recording_seconds", Help: "Time to fetch and to store one recording.",
			Buckets: []float64{.1, .5, 1, 5, 10, 30, 60, 300, 900},
		}, []string{"phase"}),
		waiting: gauge("cascade_recordings_waiting", "Recordings that are due and not yet brought in."),
		late:    gauge("cascade_recordings_late_seconds", "How long the oldest of them has been due."),
		below:   gauge("cascade_recordings_clinics_below_target", "Clinics in which fewer than 95 of 100 tries of the last hour succeeded."),
		orphans: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "cascade_recording_objects_total", Help: "Objects of the store that sweeps met: seen, orphan, deleted, erased.",
		}, []string{"what"}),
		failed: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "cascade_recording_sweeps_failed_total", Help: "Sweeps of the store in which a clinic failed.",
		}),
	}
	registry.MustRegister(m.tries, m.bytes, m.seconds, m.waiting, m.late, m.below, m.orphans, m.failed)
	return m
}

// recorded counts one try.
func (m recordingMetrics) recorded(o recording.Observation) {
	m.tries.WithLabelValues(string(o.Result), string(o.Class)).Inc()
	if o.Result == recording.Stored {
		m.bytes.Add(float64(o.Bytes))
	}
	for phase, took := range map[string]time.Duration{"download": o.Download, "upload": o.Upload} {
		if took > 0 {
			m.seconds.WithLabelValues(phase).Observe(took.Seconds())
		}
	}
}

// swept counts what a sweep came to.
func (m recordingMetrics) swept(s recording.Swept, err error) {
	for what, n := range map[string]int{"seen": s.Objects, "orphan": s.Orphans, "deleted": s.Deleted, "erased": s.Erased} {
		m.orphans.WithLabelValues(what).Add(float64(n))
	}
	if err != nil {
		m.failed.Inc()
	}
}

// fares shows the platform's figures.
func (m recordingMetrics) fares(h recording.Health) {
	m.waiting.Set(float64(h.Waiting))
	m.late.Set(float64(h.LateSeconds))
	m.below.Set(float64(h.BelowTarget))
}
