//! What watches the platform: Prometheus, Alertmanager, Grafana and their exporters.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::Environment;
use super::builder::{Seeder, days};
use super::storage::claim_template;
use super::template::{Container, Template};

fn label(name: &str) -> Value {
    json!({"app.kubernetes.io/name": name})
}

/// The zone of Prometheus' volume, which it cannot leave.
const ZONE: &str = "eu-west-3b";

impl Seeder<'_> {
    /// Puts the daemon that measures the nodes.
    pub fn monitoring_daemons(&mut self, births: &[Timestamp]) {
        let created = self.ago(days(163, 25));
        let exporter = Container::new("node-exporter", "quay.io/prometheus/node-exporter:v1.10.2")
            .args(&["--path.procfs=/host/proc", "--path.sysfs=/host/sys", "--path.rootfs=/host/root"])
            .port("metrics", 9100)
            .requests("50m", "64Mi")
            .limits("", "128Mi");
        let template = Template::new(label("node-exporter"), vec![exporter])
            .with("hostNetwork", json!(true))
            .with("hostPID", json!(true))
            .with("tolerations", json!([{"operator": "Exists"}]));
        self.daemon_set("monitoring", "node-exporter", created, label("node-exporter"), &template, births);
    }

    /// Puts Prometheus itself: the biggest pod comes first, as it fits on few nodes.
    pub fn prometheus(&mut self) {
        let created = self.ago(days(11, 300));
        let (cpu, memory, limit, size) = match self.environment {
            Environment::Production => ("1500m", "3Gi", "4Gi", "100Gi"),
            Environment::Staging => ("500m", "1Gi", "2Gi", "50Gi"),
            Environment::Development => ("200m", "512Mi", "1Gi", "20Gi"),
        };
        let prometheus = Container::new("prometheus", "quay.io/prometheus/prometheus:v3.7.3")
            .args(&[
                "--config.file=/etc/prometheus/prometheus.yml",
                "--storage.tsdb.path=/prometheus",
                "--storage.tsdb.retention.time=15d",
                "--web.enable-lifecycle",
            ])
            .port("web", 9090)
            .requests(cpu, memory)
            .limits("", limit)
            .probes("/-/ready", "/-/healthy", "web")
            .mount("data", "/prometheus", false)
            .mount("config", "/etc/prometheus", true);
        let template = Template::new(label("prometheus"), vec![prometheus])
            .account("prometheus")
            .with("terminationGracePeriodSeconds", json!(300))
            .with(
                "volumes",
                json!([{"name": "config", "configMap": {"name": "prometheus-config", "defaultMode": 420}}]),
            );
        self.volume("monitoring", "prometheus", "data", size, ZONE, self.ago(days(163, 20)));
        self.stateful_set("monitoring", "prometheus", created, &template, claim_template("data", size), ZONE);
    }

    /// Puts the rest.
    pub fn monitoring(&mut self) {
        let created = self.ago(days(163, 19));
        let rolled = self.ago(days(11, 310));
        self.volume("monitoring", "alertmanager", "data", "2Gi", "eu-west-3a", created);
        let alertmanager = Container::new("alertmanager", "quay.io/prometheus/alertmanager:v0.29.0")
            .args(&["--config.file=/etc/alertmanager/alertmanager.yml", "--storage.path=/alertmanager"])
            .port("web", 9093)
            .requests("100m", "128Mi")
            .limits("", "256Mi")
            .probes("/-/ready", "/-/healthy", "web")
            .mount("data", "/alertmanager", false);
        let template = Template::new(label("alertmanager"), vec![alertmanager]);
        self.stateful_set(
            "monitoring",
            "alertmanager",
            rolled,
            &template,
            claim_template("data", "2Gi"),
            "eu-west-3a",
        );
        let grafana = Container::new("grafana", "docker.io/grafana/grafana:12.3.0")
            .port("http", 3000)
            .env("GF_SERVER_ROOT_URL", "https://grafana.solia-invest.com")
            .requests("250m", "512Mi")
            .limits("", "768Mi")
            .probes("/api/health", "/api/health", "http");
        self.simple(
            "monitoring",
            "grafana",
            label("grafana"),
            1,
            rolled,
            Template::new(label("grafana"), vec![grafana]).account("grafana"),
        );
        for (name, image, port) in [
            (
                "kube-state-metrics",
                "registry.k8s.io/kube-state-metrics/kube-state-metrics:v2.17.0",
                8080,
            ),
            ("postgres-exporter", "quay.io/prometheuscommunity/postgres-exporter:v0.18.1", 9187),
            ("redis-exporter", "docker.io/oliver006/redis_exporter:v1.79.0", 9121),
        ] {
            let container = Container::new(name, image)
                .port("metrics", port)
                .requests("50m", "64Mi")
                .limits("", "192Mi")
                .unprivileged();
            self.simple(
                "monitoring",
                name,
                label(name),
                1,
                rolled,
                Template::new(label(name), vec![container]),
            );
        }
        for (name, ports, headless) in [
            ("prometheus", [("web", 9090, "web", "TCP")], true),
            ("alertmanager", [("web", 9093, "web", "TCP")], true),
            ("grafana", [("http", 80, "http", "TCP")], false),
            ("kube-state-metrics", [("metrics", 8080, "metrics", "TCP")], false),
            ("node-exporter", [("metrics", 9100, "metrics", "TCP")], false),
            ("postgres-exporter", [("metrics", 9187, "metrics", "TCP")], false),
            ("redis-exporter", [("metrics", 9121, "metrics", "TCP")], false),
        ] {
            self.service("monitoring", name, created, ("app.kubernetes.io/name", name), &ports, headless);
        }
    }
}
