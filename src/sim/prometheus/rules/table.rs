//! The platform's alerting rules: its `infrastructure/monitoring/prometheus/alerts.yml`.

/// Rules that are evaluated together.
#[derive(Debug)]
pub struct Group {
    pub name: &'static str,
    pub rules: &'static [Rule],
}

/// One alerting rule.
#[derive(Debug)]
pub struct Rule {
    pub name: &'static str,
    pub expr: &'static str,
    /// How long the expression has to hold before the alert fires, in seconds.
    pub hold: i64,
    /// `critical` pages, `warning` writes to the channel, `none` goes nowhere.
    pub severity: &'static str,
    pub team: &'static str,
    /// Templates: `{{ $labels.pod }}`, `{{ $value | humanizePercentage }}`.
    pub summary: &'static str,
    pub description: &'static str,
    /// Page of the team's runbooks.
    pub runbook: &'static str,
}

/// Where the runbooks are.
pub const RUNBOOKS: &str = "https://docs.solia-invest.com/runbooks/";

pub static GROUPS: &[Group] = &[
    Group {
        name: "application",
        rules: APPLICATION,
    },
    Group {
        name: "kubernetes",
        rules: KUBERNETES,
    },
    Group {
        name: "backing-services",
        rules: BACKING,
    },
    Group { name: "meta", rules: META },
];

const APPLICATION: &[Rule] = &[
    Rule {
        name: "HighErrorRate",
        expr: r#"sum by (namespace, service) (rate(http_request_duration_seconds_count{status_code=~"5.."}[5m])) / sum by (namespace, service) (rate(http_request_duration_seconds_count[5m])) > 0.05"#,
        hold: 60,
        severity: "critical",
        team: "backend",
        summary: "{{ $labels.service }} answers {{ $value | humanizePercentage }} of its requests with errors",
        description: "More than 5 % of the requests to {{ $labels.service }} failed over the last 5 minutes.",
        runbook: "high-error-rate",
    },
    Rule {
        name: "ElevatedErrorRate",
        expr: r#"sum by (namespace, service) (rate(http_request_duration_seconds_count{status_code=~"5.."}[5m])) / sum by (namespace, service) (rate(http_request_duration_seconds_count[5m])) > 0.01"#,
        hold: 120,
        severity: "warning",
        team: "backend",
        summary: "{{ $labels.service }} answers {{ $value | humanizePercentage }} of its requests with errors",
        description: "More than 1 % of the requests to {{ $labels.service }} failed over the last 5 minutes.",
        runbook: "high-error-rate",
    },
    Rule {
        name: "HighLatency",
        expr: "histogram_quantile(0.95, sum by (namespace, service, le) (rate(http_request_duration_seconds_bucket[5m]))) > 1",
        hold: 120,
        severity: "warning",
        team: "backend",
        summary: "{{ $labels.service }} takes {{ $value | humanizeDuration }} (95th percentile)",
        description: "The 95th percentile of the latency of {{ $labels.service }} is above 1 s.",
        runbook: "high-latency",
    },
];

const KUBERNETES: &[Rule] = &[
    Rule {
        name: "PodCrashLooping",
        expr: r#"max by (namespace, pod, container) (max_over_time(kube_pod_container_status_waiting_reason{reason="CrashLoopBackOff"}[5m])) >= 1"#,
        hold: 120,
        severity: "warning",
        team: "platform",
        summary: "Pod {{ $labels.namespace }}/{{ $labels.pod }} is crash looping",
        description: "Container {{ $labels.container }} of {{ $labels.namespace }}/{{ $labels.pod }} is restarted again and again.",
        runbook: "pod-crash-looping",
    },
    Rule {
        name: "PodNotReady",
        expr: r#"max by (namespace, pod) (kube_pod_status_ready{condition="false"}) == 1 unless on (namespace, pod) max by (namespace, pod) (kube_pod_status_phase{phase=~"Succeeded|Failed"}) == 1"#,
        hold: 600,
        severity: "warning",
        team: "platform",
        summary: "Pod {{ $labels.namespace }}/{{ $labels.pod }} is not ready",
        description: "{{ $labels.namespace }}/{{ $labels.pod }} has not been ready for 10 minutes.",
        runbook: "pod-not-ready",
    },
    Rule {
        name: "ContainerOOMKilled",
        expr: r#"max by (namespace, pod, container) (increase(kube_pod_container_status_restarts_total[30m])) > 0.5 and on (namespace, pod, container) kube_pod_container_status_last_terminated_reason{reason="OOMKilled"} == 1"#,
        hold: 0,
        severity: "warning",
        team: "platform",
        summary: "{{ $labels.container }} of {{ $labels.namespace }}/{{ $labels.pod }} was killed for its memory",
        description: "The kernel killed {{ $labels.container }} within the last half hour because it went over its memory limit.",
        runbook: "high-memory",
    },
    Rule {
        name: "ContainerMemoryHigh",
        expr: r#"max by (namespace, pod, container) (container_memory_working_set_bytes{container!=""}) / max by (namespace, pod, container) (kube_pod_container_resource_limits{resource="memory"}) > 0.9"#,
        hold: 120,
        severity: "warning",
        team: "platform",
        summary: "{{ $labels.namespace }}/{{ $labels.pod }} uses {{ $value | humanizePercentage }} of its memory limit",
        description: "{{ $labels.container }} is close to being killed for its memory.",
        runbook: "high-memory",
    },
    Rule {
        name: "ImagePullFailing",
        expr: r#"max by (namespace, pod, container) (max_over_time(kube_pod_container_status_waiting_reason{reason=~"ErrImagePull|ImagePullBackOff"}[2m])) >= 1"#,
        hold: 120,
        severity: "warning",
        team: "platform",
        summary: "The image of {{ $labels.namespace }}/{{ $labels.pod }} cannot be pulled",
        description: "The registry does not give the image of container {{ $labels.container }}.",
        runbook: "image-pull",
    },
    Rule {
        name: "DeploymentReplicasMismatch",
        expr: "kube_deployment_spec_replicas > kube_deployment_status_replicas_available",
        hold: 300,
        severity: "warning",
        team: "platform",
        summary: "Deployment {{ $labels.namespace }}/{{ $labels.deployment }} has fewer replicas than it should",
        description: "{{ $labels.deployment }} has not had its {{ $value }} replicas for 5 minutes.",
        runbook: "deployment-replicas",
    },
    Rule {
        name: "AutoscalerAtItsLimit",
        expr: "kube_horizontalpodautoscaler_status_current_replicas >= kube_horizontalpodautoscaler_spec_max_replicas",
        hold: 900,
        severity: "warning",
        team: "platform",
        summary: "{{ $labels.namespace }}/{{ $labels.horizontalpodautoscaler }} cannot scale further",
        description: "It has been at its maximum of {{ $value }} replicas for 15 minutes.",
        runbook: "autoscaler-limit",
    },
    Rule {
        name: "NodeNotReady",
        expr: r#"kube_node_status_condition{condition="Ready",status="true"} == 0"#,
        hold: 120,
        severity: "critical",
        team: "platform",
        summary: "Node {{ $labels.node }} is not ready",
        description: "{{ $labels.node }} has not been ready for 2 minutes; its pods will be evicted.",
        runbook: "node-not-ready",
    },
];

const BACKING: &[Rule] = &[
    Rule {
        name: "DatabaseConnectionsHigh",
        expr: "sum by (server) (pg_stat_activity_count) / (max by (server) (pg_settings_max_connections) - max by (server) (pg_settings_superuser_reserved_connections)) > 0.8",
        hold: 60,
        severity: "warning",
        team: "backend",
        summary: "{{ $value | humanizePercentage }} of the database's connections are in use",
        description: "{{ $labels.server }} is running out of connections.",
        runbook: "database-connections",
    },
    Rule {
        name: "DatabasePoolExhausted",
        expr: "max by (namespace, pod) (pg_pool_waiting_connections) > 5",
        hold: 60,
        severity: "critical",
        team: "backend",
        summary: "{{ $value }} requests of {{ $labels.namespace }}/{{ $labels.pod }} wait for a database connection",
        description: "All connections of the pool of {{ $labels.pod }} are in use.",
        runbook: "database-connections",
    },
    Rule {
        name: "CacheHitRatioLow",
        expr: "sum by (instance) (rate(redis_keyspace_hits_total[5m])) / (sum by (instance) (rate(redis_keyspace_hits_total[5m])) + sum by (instance) (rate(redis_keyspace_misses_total[5m]))) < 0.8",
        hold: 600,
        severity: "warning",
        team: "backend",
        summary: "Only {{ $value | humanizePercentage }} of the look-ups hit the cache",
        description: "The database has to carry what the cache does not.",
        runbook: "cache-hit-ratio",
    },
];

const META: &[Rule] = &[
    Rule {
        name: "ScrapeDown",
        expr: "up == 0",
        hold: 180,
        severity: "warning",
        team: "platform",
        summary: "{{ $labels.job }} at {{ $labels.instance }} cannot be scraped",
        description: "Prometheus has had no answer from {{ $labels.instance }} for 3 minutes: what it measures is not known.",
        runbook: "scrape-down",
    },
    Rule {
        name: "Watchdog",
        expr: "vector(1)",
        hold: 0,
        severity: "none",
        team: "platform",
        summary: "Alerting works",
        description: "This alert always fires: where it is missing, alerts do not arrive.",
        runbook: "watchdog",
    },
];
