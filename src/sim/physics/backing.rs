//! What the exporters of the database, the cache and the load balancer tell.

use jiff::Timestamp;

use super::lane::Lane;
use super::model::{Model, STEP};
use super::noise::wave;
use super::series::{Series, labels};

/// Counters that go on while the world does.
#[derive(Debug, Default)]
pub struct Backing {
    lane: Lane,
    commits: f64,
    rollbacks: f64,
    read: f64,
    hit: f64,
    requests: f64,
    well: f64,
    by_target: f64,
    by_balancer: f64,
}

impl Backing {
    /// Writes a sample.
    pub fn write(&mut self, series: &mut Series, model: &Model, at: Timestamp) {
        self.lane.rewind();
        let site = model.site.short();
        self.database(series, model, site, at);
        cache(&mut self.lane, series, model, site, at);
        self.balancer(series, model, site, at);
        for job in ["prometheus", "kube-state-metrics", "alertmanager"] {
            let instance = format!("{job}:{}", if job == "kube-state-metrics" { 8080 } else { 9090 });
            self.lane
                .put(series, at, Some(1.0), || labels("up", &[("job", job), ("instance", &instance)]));
        }
    }

    fn database(&mut self, series: &mut Series, model: &Model, site: &str, at: Timestamp) {
        let db = &model.postgres;
        self.commits += db.queries * STEP;
        self.rollbacks += (db.queries * 0.001 + db.refused * 0.1) * STEP;
        self.hit += db.queries * 38.0 * STEP;
        self.read += db.queries * 0.4 * STEP;
        let server = format!("solia-{site}-db:5432");
        let own = [("job", "postgres"), ("instance", "postgres-exporter:9187"), ("server", &*server)];
        let lane = &mut self.lane;
        for (name, value) in [
            ("up", 1.0),
            ("pg_up", 1.0),
            ("pg_settings_max_connections", db.max),
            ("pg_settings_superuser_reserved_connections", 3.0),
            (
                "pg_replication_lag",
                (0.02 + 0.015 * wave(model.seed ^ 0x1a6, at, 600)).abs() * db.slowness.max(1.0),
            ),
        ] {
            lane.put(series, at, Some(value), || labels(name, &own));
        }
        let in_database = [&own[..], &[("datname", "solia")]].concat();
        for (state, value) in [
            ("active", (db.active * 0.8).round() + 1.0),
            ("idle in transaction", (db.active * 0.2).round()),
            ("idle", db.idle.round() + 4.0),
        ] {
            lane.put(series, at, Some(value), || {
                labels("pg_stat_activity_count", &[&in_database[..], &[("state", state)]].concat())
            });
        }
        let longest = 0.05 * db.slowness.max(1.0).powi(6);
        lane.put(series, at, Some(longest), || {
            labels(
                "pg_stat_activity_max_tx_duration",
                &[&in_database[..], &[("state", "active")]].concat(),
            )
        });
        for (name, value) in [
            ("pg_stat_database_numbackends", db.connections().round()),
            ("pg_stat_database_xact_commit", self.commits.floor()),
            ("pg_stat_database_xact_rollback", self.rollbacks.floor()),
            ("pg_stat_database_blks_hit", self.hit.floor()),
            ("pg_stat_database_blks_read", self.read.floor()),
            ("pg_stat_database_deadlocks", 0.0),
        ] {
            lane.put(series, at, Some(value), || labels(name, &in_database));
        }
    }

    fn balancer(&mut self, series: &mut Series, model: &Model, site: &str, at: Timestamp) {
        let front = &model.front;
        let requests = front.requests * STEP;
        let failed = requests * front.errors;
        // Without any target the load balancer itself says 503.
        let nobody = front.errors >= 0.999;
        self.requests += requests;
        self.well += requests - failed;
        if nobody {
            self.by_balancer += failed;
        } else {
            self.by_target += failed;
        }
        let name = format!("app/solia-{site}/50dc6c495c0c9188");
        let own = [("job", "cloudwatch"), ("instance", "yace:5000"), ("dimension_LoadBalancer", &*name)];
        for (metric, value) in [
            ("aws_applicationelb_request_count_sum", self.requests.floor()),
            ("aws_applicationelb_httpcode_target_2_xx_count_sum", self.well.floor()),
            ("aws_applicationelb_httpcode_target_5_xx_count_sum", self.by_target.floor()),
            ("aws_applicationelb_httpcode_elb_5_xx_count_sum", self.by_balancer.floor()),
            ("aws_applicationelb_target_response_time_average", front.latency * 1.18),
        ] {
            self.lane.put(series, at, Some(value), || labels(metric, &own));
        }
    }
}

fn cache(lane: &mut Lane, series: &mut Series, model: &Model, site: &str, at: Timestamp) {
    let cache = &model.cache;
    let address = format!("redis://solia-{site}-cache:6379");
    let own = [("job", "redis"), ("instance", &*address)];
    for (name, value) in [
        ("up", 1.0),
        ("redis_up", 1.0),
        ("redis_keyspace_hits_total", cache.hits),
        ("redis_keyspace_misses_total", cache.misses),
        ("redis_commands_processed_total", cache.commands),
        ("redis_memory_used_bytes", cache.memory),
        ("redis_memory_max_bytes", 3_221_225_472.0),
        ("redis_evicted_keys_total", cache.evicted),
        ("redis_connected_clients", cache.clients),
        ("redis_rejected_connections_total", 0.0),
    ] {
        lane.put(series, at, Some(value), || labels(name, &own));
    }
}
