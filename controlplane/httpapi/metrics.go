package httpapi

import (
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/gonfalon-flags/gonfalon/controlplane"
)

// metrics holds the metrics that /metrics shows besides those of the Go runtime and the process.
type metrics struct {
	requests    *prometheus.CounterVec
	seconds     *prometheus.HistogramVec
	writes      *prometheus.HistogramVec
	evaluations *prometheus.CounterVec
	single      prometheus.Counter
	bulk        prometheus.Counter
}

func newMetrics(a *API) *metrics {
	m := &metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "gonfalon_http_requests_total", Help: "Requests, by route and status.",
		}, []string{"method", "route", "status"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "gonfalon_http_request_seconds", Help: "How long requests took, except streams.",
			Buckets: []float64{.0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, 1, 5},
		}, []string{"method", "route"}),
		writes: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "gonfalon_write_seconds", Help: "How long changes took, from the request until this replica had applied them and answered.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10},
		}, []string{"action"}),
		evaluations: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "gonfalon_evaluations_total", Help: "Decisions made by the control plane itself, by source.",
		}, []string{"source"}),
	}
	m.single, m.bulk = m.evaluations.WithLabelValues("ofrep"), m.evaluations.WithLabelValues("ofrep_bulk")
	info := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "gonfalon_build_info", Help: "Always 1; the label is the version.", ConstLabels: prometheus.Labels{"version": a.config.Version},
	})
	info.Set(1)
	for _, c := range []prometheus.Collector{m.requests, m.seconds, m.writes, m.evaluations, info, &status{a},
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{})} {
		_ = a.registry.Register(c) // the caller's registry may have the runtime's metrics already
	}
	return m
}

// observer returns the function that measures a route's requests. It looks up everything that it can once.
func (m *metrics) observer(r *route) func(status int, took time.Duration) {
	requests := m.requests.MustCurryWith(prometheus.Labels{"method": r.method, "route": r.path})
	var usual prometheus.Counter
	seconds := m.seconds.WithLabelValues(r.method, r.path)
	var writes prometheus.Observer
	if r.action != "" {
		writes = m.writes.WithLabelValues(r.action)
	} else {
		usual = requests.WithLabelValues("200")
	}
	return func(status int, took time.Duration) {
		if status == 200 && usual != nil {
			usual.Inc()
		} else {
			requests.WithLabelValues(strconv.Itoa(status)).Inc()
		}
		if !r.endless {
			seconds.Observe(took.Seconds())
		}
		if writes != nil && status < 300 {
			writes.Observe(took.Seconds())
		}
	}
}

// status exposes the service's status as metrics, which it reads on each scrape.
type status struct{ api *API }

func gauge(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("gonfalon_"+name, help, labels, nil)
}

var (
	synced         = gauge("synced", "1 while this replica follows the store's changes.")
	lagSeconds     = gauge("store_lag_seconds", "How long the store has not answered this replica; 0 while it does.")
	degraded       = gauge("degraded", "1 while something doesn't work, although requests are served; /readyz says what.", "kind")
	storeRevision  = gauge("store_revision", "The store's revision up to which this replica has followed.")
	storeUsed      = gauge("store_used_bytes", "How full the store is.")
	storeQuota     = gauge("store_quota_bytes", "How full the store may get; 0 means that it has no quota.")
	openStreams    = gauge("streams", "Open streams of all kinds.")
	webhookLeader  = gauge("webhook_leader", "1 on the replica that delivers webhooks.")
	watchers       = gauge("environment_streams", "Streams that watch an environment.", "environment")
	hostCount      = gauge("environment_hosts", "Hosts of an environment, of all replicas, by whether they serve its newest revision.", "environment", "current")
	revision       = gauge("environment_revision", "An environment's revision on this replica.", "environment")
	flagCount      = gauge("environment_flags", "Flags of an environment.", "environment")
	segmentCount   = gauge("environment_segments", "Segments of an environment.", "environment")
	unreadableNow  = gauge("unreadable_records", "Flags and segments of an environment that this build can't read.", "environment")
	snapshotBytes  = gauge("snapshot_bytes", "Size of an environment's snapshot; 0 if nobody has asked for the newest one yet.", "environment")
	snapshotAge    = gauge("snapshot_age_seconds", "Time since the newest change of an environment was applied.", "environment")
	allStatusDescs = []*prometheus.Desc{synced, lagSeconds, degraded, storeRevision, storeUsed, storeQuota, openStreams, webhookLeader, watchers, hostCount, revision, flagCount, segmentCount, unreadableNow, snapshotBytes, snapshotAge}
)

func (s *status) Describe(out chan<- *prometheus.Desc) {
	for _, d := range allStatusDescs {
		out <- d
	}
}

func (s *status) Collect(out chan<- prometheus.Metric) {
	show := func(d *prometheus.Desc, v float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	now := s.api.service.Status()
	show(synced, oneIf(now.Synced))
	show(lagSeconds, now.Lag.Seconds())
	kinds := map[string]bool{}
	for _, d := range now.Degraded {
		kinds[d.Kind] = true
	}
	for _, kind := range controlplane.Degradations {
		show(degraded, oneIf(kinds[kind]), kind)
	}
	show(storeRevision, float64(now.StoreRevision))
	show(storeUsed, float64(now.Store.Used))
	show(storeQuota, float64(now.Store.Quota))
	show(openStreams, float64(s.api.hosts.count()+s.api.pages.count()+s.api.follows.count()))
	show(webhookLeader, oneIf(now.WebhookLeader))
	for _, e := range now.Environments {
		s.environment(show, e)
	}
}

func (s *status) environment(show func(*prometheus.Desc, float64, ...string), e controlplane.EnvironmentStatus) {
	show(watchers, float64(e.Streams), e.Key)
	show(hostCount, float64(e.Hosts.Current), e.Key, "true")
	show(hostCount, float64(e.Hosts.Total-e.Hosts.Current), e.Key, "false")
	show(revision, float64(e.Revision), e.Key)
	show(flagCount, float64(e.Flags), e.Key)
	show(segmentCount, float64(e.Segments), e.Key)
	show(unreadableNow, float64(len(e.Unreadable)), e.Key)
	show(snapshotBytes, float64(e.SnapshotBytes), e.Key)
	show(snapshotAge, e.SnapshotAge.Seconds(), e.Key)
}

func oneIf(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
