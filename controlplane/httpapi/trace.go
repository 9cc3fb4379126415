package httpapi

import (
	"context"
	"fmt"
	"os"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	"go.opentelemetry.io/otel/sdk/trace"
)

// TracerFromEnvironment returns a tracer configured by OpenTelemetry's environment variables, or nil if they don't ask
// for one. Traces are exported if OTEL_TRACES_EXPORTER is otlp, or if it is not set but OTEL_EXPORTER_OTLP_ENDPOINT (or
// …_TRACES_ENDPOINT) is. Endpoint, protocol, headers, certificates, sampling, batches, OTEL_SERVICE_NAME and
// OTEL_RESOURCE_ATTRIBUTES have their usual meaning. The caller must shut the provider down, which sends the remaining
// traces.
func TracerFromEnvironment(ctx context.Context, version string) (*trace.TracerProvider, error) {
	exporter := os.Getenv("OTEL_TRACES_EXPORTER")
	endpoint := os.Getenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") + os.Getenv("OTEL_EXPORTER_OTLP_ENDPOINT")
	switch {
	case strings.EqualFold(os.Getenv("OTEL_SDK_DISABLED"), "true"), exporter == "none", exporter == "" && endpoint == "":
		return nil, nil
	case exporter != "" && exporter != "otlp":
		return nil, fmt.Errorf("httpapi: OTEL_TRACES_EXPORTER is %q; otlp and none are known", exporter)
	}
	protocol := os.Getenv("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL")
	if protocol == "" {
		protocol = os.Getenv("OTEL_EXPORTER_OTLP_PROTOCOL")
	}
	var spans trace.SpanExporter
	var err error
	switch protocol {
	case "grpc":
		spans, err = otlptracegrpc.New(ctx)
	case "", "http/protobuf":
		spans, err = otlptracehttp.New(ctx)
	default:
		return nil, fmt.Errorf("httpapi: OTEL_EXPORTER_OTLP_PROTOCOL is %q; http/protobuf and grpc are known", protocol)
	}
	if err != nil {
		return nil, fmt.Errorf("httpapi: exporting traces: %w", err)
	}
	about, err := resource.New(ctx, resource.WithTelemetrySDK(), resource.WithHost(),
		resource.WithAttributes(attribute.String("service.name", "gonfalon"), attribute.String("service.version", version)),
		resource.WithFromEnv()) // last, so that the environment wins
	if err != nil {
		return nil, fmt.Errorf("httpapi: what traces are about: %w", err)
	}
	return trace.NewTracerProvider(trace.WithBatcher(spans), trace.WithResource(about)), nil
}
