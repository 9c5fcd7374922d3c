package server

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"
)

// tracing makes spans, or none. Spans hold routes, statements with their
// placeholders and counts; never values, which could be health data.
type tracing struct {
	trace.TracerProvider
	stop func(context.Context) error
}

// newTracing exports to endpoint over OTLP/HTTP; without one nothing is made.
// The other OTEL_ variables are read by the SDK, as their specification says.
func newTracing(ctx context.Context, endpoint string) (tracing, error) {
	if endpoint == "" {
		return tracing{noop.NewTracerProvider(), func(context.Context) error { return nil }}, nil
	}
	// The signal's own path, as the OTLP exporter specification appends it.
	exporter, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(strings.TrimSuffix(endpoint, "/")+"/v1/traces"))
	if err != nil {
		return tracing{}, fmt.Errorf("preparing to send traces: %w", err)
	}
	// What OTEL_RESOURCE_ATTRIBUTES and OTEL_SERVICE_NAME say wins.
	described, err := resource.New(ctx, resource.WithAttributes(attribute.String("service.name", "cascade")),
		resource.WithTelemetrySDK(), resource.WithFromEnv())
	if err != nil {
		return tracing{}, fmt.Errorf("describing this process for traces: %w", err)
	}
	p := sdktrace.NewTracerProvider(sdktrace.WithBatcher(exporter), sdktrace.WithResource(described))
	return tracing{p, p.Shutdown}, nil
}

// traced starts each request's span under the caller's, when traceparent names
// one (W3C Trace Context), and gives the log and the records its trace id.
func traced(t tracing) middleware {
	tracer := t.Tracer("github.com/voxanne/cascade/server")
	w3c := propagation.TraceContext{}
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			ctx := w3c.Extract(r.Context(), propagation.HeaderCarrier(r.Header))
			ctx, span := tracer.Start(ctx, methodWord(r.Method), trace.WithSpanKind(trace.SpanKindServer))
			defer span.End()
			x := exchangeOf(ctx)
			if id := span.SpanContext().TraceID(); id.IsValid() {
				x.traceID = id.String()
			}
			next.ServeHTTP(w, r.WithContext(ctx))
			if !span.IsRecording() {
				return
			}
			span.SetName(methodWord(r.Method) + " " + x.route)
			span.SetAttributes(attribute.String("http.request.method", methodWord(r.Method)),
				attribute.String("http.route", x.route), attribute.String("cascade.request_id", x.id))
			if rec, ok := w.(*recorder); ok {
				span.SetAttributes(attribute.Int("http.response.status_code", rec.status))
				if rec.status >= http.StatusInternalServerError {
					span.SetStatus(codes.Error, "")
				}
			}
		})
	}
}
