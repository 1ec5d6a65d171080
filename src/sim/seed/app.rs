//! Solia's own programs: backend, frontend and worker, with their releases.

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::Environment;
use super::builder::{Seeder, days, hours};
use super::change_cause;
use super::template::{Container, Template};
use super::workload::{Deploy, Release};

/// The registry's room for the images.
const REGISTRY: &str = "ghcr.io/solia-invest";

/// How many of each run.
pub(super) struct Sizes {
    pub backend: usize,
    pub frontend: usize,
    pub worker: usize,
}

pub(super) fn sizes(environment: Environment) -> Sizes {
    let (backend, frontend, worker) = match environment {
        Environment::Production => (5, 3, 3),
        Environment::Staging => (2, 2, 1),
        Environment::Development => (1, 1, 1),
    };
    Sizes { backend, frontend, worker }
}

/// The releases that are remembered, oldest first: version, how long ago.
fn history(environment: Environment) -> Vec<(&'static str, SignedDuration)> {
    match environment {
        Environment::Production => vec![
            ("v1.7.6", days(47, 380)),
            ("v1.7.7", days(33, 95)),
            ("v1.7.8", days(26, 210)),
            ("v1.8.0", days(12, 165)),
            ("v1.8.1", days(9, 320)),
            ("v1.8.2", days(3, 130)),
        ],
        Environment::Staging => vec![
            ("main-5d0c1fa", days(6, 40)),
            ("main-a91be27", days(4, 320)),
            ("main-33f80d4", days(3, 300)),
            ("main-e7702bc", hours(29)),
            ("main-4f7d2a9", hours(7)),
        ],
        Environment::Development => vec![
            ("develop-0be4c7d", days(5, 75)),
            ("develop-91c2f5e", days(2, 410)),
            ("develop-c86a3b0", hours(9)),
        ],
    }
}

/// The image of one of the programs at a version.
pub(super) fn image(program: &str, version: &str) -> String {
    format!("{REGISTRY}/{program}:{version}")
}

/// The version that runs.
pub(super) fn version(environment: Environment) -> &'static str {
    history(environment).last().map_or("v1.8.2", |(version, _)| version)
}

fn labels(app: &str, tier: &str) -> Value {
    json!({"app": app, "tier": tier})
}

fn scraped(port: &str) -> Value {
    json!({"prometheus.io/path": "/metrics", "prometheus.io/port": port, "prometheus.io/scrape": "true"})
}

fn level(environment: Environment) -> &'static str {
    match environment {
        Environment::Development => "debug",
        Environment::Staging => "info",
        Environment::Production => "warn",
    }
}

fn backend(environment: Environment, version: &str) -> Template {
    let container = Container::new("backend", &image("backend", version))
        .port("http", 4000)
        .env("NODE_ENV", "production")
        .env("PORT", "4000")
        .env("POOL_MAX", "20")
        .env("NODE_OPTIONS", "--max-old-space-size=384")
        .secret("DATABASE_URL", "backend-secrets")
        .secret("REDIS_URL", "backend-secrets")
        .secret("JWT_SECRET", "backend-secrets")
        .config("backend-config")
        .requests("250m", "512Mi")
        .limits("1", "512Mi")
        .probes("/health", "/health", "http")
        .unprivileged()
        .mount("tmp", "/tmp", false);
    Template::new(labels("backend", "api"), vec![container])
        .annotations(scraped("4000"))
        .account("backend")
        .spread("app", "backend")
        .with("volumes", json!([{"name": "tmp", "emptyDir": {"sizeLimit": "64Mi"}}]))
        .with("imagePullSecrets", json!([{"name": "ghcr"}]))
        .env_hint(environment)
}

fn frontend(environment: Environment, version: &str) -> Template {
    let container = Container::new("frontend", &image("frontend", version))
        .port("http", 3000)
        .env("NODE_ENV", "production")
        .env("PORT", "3000")
        .env("NEXT_PUBLIC_API_URL", &format!("https://{}/api", environment.host()))
        .config("frontend-config")
        .requests("450m", "768Mi")
        .limits("1", "1Gi")
        .probes("/api/health", "/api/health", "http")
        .unprivileged()
        .mount("cache", "/app/.next/cache", false);
    Template::new(labels("frontend", "web"), vec![container])
        .annotations(scraped("3000"))
        .account("frontend")
        .spread("app", "frontend")
        .with("volumes", json!([{"name": "cache", "emptyDir": {}}]))
        .with("imagePullSecrets", json!([{"name": "ghcr"}]))
        .env_hint(environment)
}

fn worker(environment: Environment, version: &str) -> Template {
    let container = Container::new("worker", &image("backend", version))
        .args(&["node", "dist/worker.js", "--queues=orders,mail,statements"])
        .port("metrics", 9464)
        .env("NODE_ENV", "production")
        .env("POOL_MAX", "5")
        .secret("DATABASE_URL", "backend-secrets")
        .secret("REDIS_URL", "backend-secrets")
        .config("backend-config")
        .requests("800m", "1Gi")
        .limits("1", "1Gi")
        .unprivileged();
    Template::new(labels("worker", "jobs"), vec![container])
        .annotations(scraped("9464"))
        .account("backend")
        .spread("app", "worker")
        .with("imagePullSecrets", json!([{"name": "ghcr"}]))
        .env_hint(environment)
}

impl Template {
    /// The log level, as each environment has it.
    fn env_hint(mut self, environment: Environment) -> Self {
        self.extend_first("env", json!({"name": "LOG_LEVEL", "value": level(environment)}));
        self
    }
}

/// A program: label, tier, how many, newest revision, its template, seconds after the first one's release.
type Program = (&'static str, &'static str, usize, usize, fn(Environment, &str) -> Template, i64);

impl Seeder<'_> {
    /// Puts the deployments of the platform itself, and the job that migrated its database last.
    pub fn apps(&mut self) {
        let environment = self.environment;
        let sizes = sizes(environment);
        let revision = match environment {
            Environment::Production => 41,
            Environment::Staging => 312,
            Environment::Development => 97,
        };
        let born = self.ago(days(214, 95));
        // The programs are rolled out one after the other.
        let programs: [Program; 3] = [
            ("backend", "api", sizes.backend, revision, backend, 0),
            ("frontend", "web", sizes.frontend, revision - 3, frontend, 75),
            ("worker", "jobs", sizes.worker, revision - 20, worker, 130),
        ];
        for (app, tier, replicas, revision, template, later) in programs {
            let releases = history(environment).into_iter().map(|(version, ago)| Release {
                at: self.ago(ago) + SignedDuration::from_secs(later),
                template: template(environment, version),
                cause: Some(change_cause(version)),
            });
            let releases = releases.collect();
            self.deployment(&Deploy {
                namespace: "default",
                name: &format!("{app}-deployment"),
                labels: labels(app, tier),
                selector: json!({"app": app}),
                replicas,
                created: born,
                revision,
                releases,
                fell: None,
            });
        }
    }
}
