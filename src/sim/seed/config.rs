//! Namespaces, service accounts, config maps and secrets. What looks like a secret here is made up.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::builder::{Seeder, days};
use super::names::digits;

const NAMESPACES: [&str; 5] = ["default", "kube-node-lease", "kube-public", "kube-system", "monitoring"];

const ACCOUNTS: [(&str, &str, Option<&str>); 13] = [
    ("default", "backend", Some("solia-backend")),
    ("default", "frontend", None),
    ("kube-system", "aws-node", None),
    ("kube-system", "kube-proxy", None),
    ("kube-system", "coredns", None),
    ("kube-system", "metrics-server", None),
    ("kube-system", "aws-load-balancer-controller", Some("alb-controller")),
    ("kube-system", "ebs-csi", Some("ebs-csi")),
    ("kube-system", "cluster-autoscaler", Some("cluster-autoscaler")),
    ("kube-system", "external-secrets", Some("external-secrets")),
    ("kube-system", "fluent-bit", Some("fluent-bit")),
    ("monitoring", "prometheus", None),
    ("monitoring", "grafana", None),
];

impl Seeder<'_> {
    /// Puts namespaces with what every namespace has.
    pub fn namespaces(&mut self) {
        let created = self.ago(days(214, 30));
        let authority = format!(
            "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n",
            STANDARD.encode(digits("authority", 300))
        );
        for name in NAMESPACES {
            self.put(
                "namespaces",
                created,
                json!({
                    "metadata": {"name": name, "labels": {"kubernetes.io/metadata.name": name}},
                    "spec": {"finalizers": ["kubernetes"]}, "status": {"phase": "Active"},
                }),
            );
            self.put(
                "serviceaccounts",
                created,
                json!({"metadata": {"name": "default", "namespace": name}}),
            );
            self.config_map(name, "kube-root-ca.crt", created, json!({"ca.crt": authority}));
        }
        for (namespace, name, role) in ACCOUNTS {
            let mut meta = json!({"name": name, "namespace": namespace});
            if let Some(role) = role {
                meta["annotations"] =
                    json!({"eks.amazonaws.com/role-arn": format!("arn:aws:iam::123456789012:role/{role}-{}", self.environment.short())});
            }
            self.put("serviceaccounts", created, json!({"metadata": meta}));
        }
    }

    fn config_map(&mut self, namespace: &str, name: &str, created: Timestamp, data: Value) {
        self.put(
            "configmaps",
            created,
            json!({"metadata": {"name": name, "namespace": namespace}, "data": data}),
        );
    }

    fn secret(&mut self, namespace: &str, name: &str, kind: &str, created: Timestamp, data: &[(&str, String)]) {
        let data: Map<String, Value> = data.iter().map(|(k, v)| ((*k).to_owned(), json!(STANDARD.encode(v)))).collect();
        self.put(
            "secrets",
            created,
            json!({"metadata": {"name": name, "namespace": namespace}, "type": kind, "data": data}),
        );
    }

    /// Puts what the programs are configured by.
    pub fn configuration(&mut self) {
        let created = self.ago(days(96, 12));
        let short = self.environment.short();
        let host = self.environment.host();
        self.config_map(
            "default",
            "backend-config",
            created,
            json!({
                "CORS_ORIGIN": format!("https://{host}"), "FEATURE_INSTANT_TRANSFERS": "true", "FEATURE_NEW_STATEMENTS": "false",
                "KYC_PROVIDER_URL": "https://kyc.example.com/v2", "MARKET_DATA_URL": "https://quotes.example.com/stream",
                "RATE_LIMIT_PER_MINUTE": "120", "SESSION_TTL": "3600",
            }),
        );
        self.config_map(
            "default",
            "frontend-config",
            created,
            json!({"NEXT_PUBLIC_ENV": self.environment.name(), "NEXT_TELEMETRY_DISABLED": "1", "IMAGE_CDN": format!("https://cdn.{host}")}),
        );
        self.config_map(
            "kube-system",
            "coredns",
            created,
            json!({"Corefile": ".:53 {\n    errors\n    health {\n        lameduck 5s\n    }\n    ready\n    kubernetes cluster.local in-addr.arpa ip6.arpa {\n      pods insecure\n      fallthrough in-addr.arpa ip6.arpa\n    }\n    prometheus :9153\n    forward . /etc/resolv.conf\n    cache 30\n    loop\n    reload\n    loadbalance\n}\n"}),
        );
        self.config_map(
            "monitoring",
            "prometheus-config",
            created,
            json!({"prometheus.yml": format!("global:\n  scrape_interval: 15s\n  evaluation_interval: 15s\n  external_labels:\n    cluster: solia-{short}\nrule_files:\n  - /etc/prometheus/alerts.yml\n")}),
        );
        self.config_map(
            "kube-system",
            "fluent-bit",
            created,
            json!({"fluent-bit.conf": format!("[SERVICE]\n    Flush 5\n    Log_Level info\n[OUTPUT]\n    Name cloudwatch_logs\n    Match *\n    region eu-west-3\n    log_group_name /aws/containerinsights/solia-{short}/application\n")}),
        );
        let password = digits(&format!("{short}/password"), 20);
        self.secret(
            "default",
            "backend-secrets",
            "Opaque",
            created,
            &[
                (
                    "DATABASE_URL",
                    format!("postgres://solia_app:not-real-{password}@postgres:5432/solia?sslmode=require"),
                ),
                ("JWT_SECRET", format!("not-real-{}", digits(&format!("{short}/jwt"), 32))),
                (
                    "REDIS_URL",
                    format!("rediss://:not-real-{}@redis:6379/0", digits(&format!("{short}/redis"), 16)),
                ),
                ("STRIPE_KEY", format!("sk_test_notreal{}", digits(&format!("{short}/stripe"), 16))),
            ],
        );
        self.secret(
            "default",
            "ghcr",
            "kubernetes.io/dockerconfigjson",
            created,
            &[(
                ".dockerconfigjson",
                json!({"auths": {"ghcr.io": {"username": "solia-bot", "auth": STANDARD.encode("solia-bot:not-real")}}}).to_string(),
            )],
        );
        self.secret(
            "monitoring",
            "grafana-admin",
            "Opaque",
            created,
            &[
                ("admin-user", "admin".to_owned()),
                ("admin-password", format!("not-real-{}", digits(short, 12))),
            ],
        );
    }
}
