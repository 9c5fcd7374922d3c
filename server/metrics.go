package server

import (
	"net/http"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// metrics are what operators watch. They are counted by route, kind and reason,
// never by org, person or text, so that they say nothing about anyone.
type metrics struct {
	recordingMetrics

	registry *prometheus.Registry
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	inFlight prometheus.Gauge
	refused  *prometheus.CounterVec
	alarms   *prometheus.CounterVec
	degraded prometheus.Gauge
	up       *prometheus.GaugeVec
	cost     prometheus.Counter
	webhooks *prometheus.CounterVec
}

// newMetrics makes them on a registry of their own.
func newMetrics(pool *pgxpool.Pool) *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "cascade_http_requests_total", Help: "Requests answered.",
		}, []string{"route", "method", "status"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "cascade_http_request_seconds", Help: "Time to the end of the answer.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10},
		}, []string{"route"}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "cascade_http_requests_in_flight", Help: "Requests and streams being served.",
		}),
		refused: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "cascade_refused_total", Help: "Requests refused before any decision, by reason.",
		}, []string{"reason"}),
		alarms: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "cascade_policy_alarms_total", Help: "Policy answers that were no answers, by reason. Page someone.",
		}, []string{"reason"}),
		degraded: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "cascade_limits_degraded", Help: "1 while Redis is away and limits hold in process.",
		}),
		up: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "cascade_up", Help: "1 while the part answers: postgres, audit, jwks.",
		}, []string{"part"}),
		cost: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "cascade_cost_points_total", Help: "Cost points of the operations that were let through.",
		}),
	}
	m.webhooks = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "cascade_webhooks_total", Help: "Messages of providers, by what became of them.",
	}, []string{"provider", "type", "result"})
	m.recordingMetrics = newRecordingMetrics(m.registry)
	m.registry.MustRegister(m.webhooks, m.requests, m.seconds, m.inFlight, m.refused, m.alarms, m.degraded, m.up, m.cost,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	gauge := func(name, help string, value func(*pgxpool.Stat) float64) {
		m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help},
			func() float64 { return value(pool.Stat()) }))
	}
	gauge("cascade_pool_connections", "Connections to Postgres.", func(s *pgxpool.Stat) float64 { return float64(s.TotalConns()) })
	gauge("cascade_pool_in_use", "Connections at work.", func(s *pgxpool.Stat) float64 { return float64(s.AcquiredConns()) })
	gauge("cascade_pool_waits", "Statements that had to wait for a connection, so far.", func(s *pgxpool.Stat) float64 { return float64(s.EmptyAcquireCount()) })
	return m
}

func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{Registry: m.registry})
}

func (m *metrics) observe(method string, x *exchange, status int, took time.Duration) {
	m.requests.WithLabelValues(x.route, methodWord(method), strconv.Itoa(status)).Inc()
	m.seconds.WithLabelValues(x.route).Observe(took.Seconds())
	if x.reason != "" {
		m.refused.WithLabelValues(x.reason).Inc()
	}
}

// part says whether something that the server stands on answers.
func (m *metrics) part(name string, err error) {
	value := 1.0
	if err != nil {
		value = 0
	}
	m.up.WithLabelValues(name).Set(value)
}
