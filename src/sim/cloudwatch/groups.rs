//! Groups and streams: which of them there are, and which runs stand behind each.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::fault::Refusal;
use crate::sim::seed::Environment;
use crate::sim::seed::names::hash;
use crate::sim::world::{Run, World};

/// A group of streams.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Group {
    pub name: String,
    pub kind: Kind,
    /// Days after which its records are deleted.
    pub retention: i64,
    /// Streams, by how their names begin, whose records come in later than the others', and by how much.
    pub late: Vec<(String, SignedDuration)>,
}

/// What a group holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// All containers, as Fluent Bit sends them: a stream for each run.
    Everything,
    /// The lines of one program as they are: a stream for each pod.
    App(&'static str),
    /// The lines of all jobs.
    Jobs,
    /// The database.
    Database,
}

/// The labels `app` of the jobs' pods.
const JOBS: [&str; 4] = ["daily-report", "db-backup", "db-migrate", "session-cleanup"];

/// The groups of an environment, by name.
pub(super) fn groups(environment: Environment) -> Vec<Group> {
    let (short, name) = (environment.short(), environment.name());
    let group = |name: String, kind, retention| Group {
        name,
        kind,
        retention,
        late: Vec::new(),
    };
    vec![
        group(format!("/aws/containerinsights/solia-{short}/application"), Kind::Everything, 14),
        group(format!("/aws/rds/instance/solia-{short}/postgresql"), Kind::Database, 7),
        group(format!("/solia/{name}/backend"), Kind::App("backend"), 30),
        group(format!("/solia/{name}/frontend"), Kind::App("frontend"), 30),
        group(format!("/solia/{name}/jobs"), Kind::Jobs, 30),
        group(format!("/solia/{name}/worker"), Kind::App("worker"), 30),
    ]
}

/// The group of this name.
pub(super) fn named(environment: Environment, name: &str) -> Result<Group, Refusal> {
    let mut all = groups(environment).into_iter();
    all.find(|group| group.name == name).ok_or_else(Refusal::no_group)
}

impl Group {
    pub fn arn(&self) -> String {
        format!("arn:aws:logs:eu-west-3:123456789012:log-group:{}", self.name)
    }

    /// How late its records come in: a few seconds, the same for all of a group.
    pub fn delay(&self) -> SignedDuration {
        SignedDuration::from_millis(2_000 + i64::try_from(hash(&self.name) % 3_000).unwrap_or(0))
    }

    /// The time up to which its records have come in.
    pub fn known_until(&self, world: &World) -> Timestamp {
        world.now() - self.delay()
    }

    /// How late the records of one of its streams come in.
    pub fn delay_of(&self, stream: &str) -> SignedDuration {
        let late = self.late.iter().find(|(prefix, _)| stream.starts_with(prefix.as_str()));
        self.delay() + late.map_or(SignedDuration::ZERO, |(_, by)| *by)
    }

    /// The time up to which the records of one of its streams have come in.
    pub fn known_until_of(&self, stream: &str, world: &World) -> Timestamp {
        world.now() - self.delay_of(stream)
    }

    /// The time from which on its records are kept.
    pub fn kept_from(&self, world: &World) -> Timestamp {
        world.now() - SignedDuration::from_hours(24 * self.retention)
    }

    /// Its streams, by name.
    pub fn streams<'a>(&self, world: &'a World) -> BTreeMap<String, Stream<'a>> {
        let mut streams: BTreeMap<String, Stream<'a>> = BTreeMap::new();
        if self.kind == Kind::Database {
            let name = self.name.rsplit('/').nth(1).unwrap_or("solia").to_owned() + ".0";
            streams.insert(name, Stream::default());
            return streams;
        }
        let oldest = self.kept_from(world);
        for (_, container, run) in world.runs.all() {
            if run.ended.as_ref().is_some_and(|end| end.at < oldest) {
                continue;
            }
            let Some(name) = self.stream_of(container, run) else { continue };
            streams.entry(name).or_default().runs.push((container, run));
        }
        for stream in streams.values_mut() {
            // The runs of a world come in no order.
            stream
                .runs
                .sort_by(|(a, x), (b, y)| (x.started, a, &x.id).cmp(&(y.started, b, &y.id)));
        }
        streams
    }

    /// The stream that a run of a container writes to; `None` if it does not write to this group.
    fn stream_of(&self, container: &str, run: &Run) -> Option<String> {
        let place = &run.place;
        let of_app = |app: &str| place.namespace == "default" && place.app == app;
        match self.kind {
            Kind::Everything => {
                let id = run.id.trim_start_matches("containerd://");
                Some(format!("{}_{}_{container}-{id}", place.pod, place.namespace))
            }
            Kind::App(app) => of_app(app).then(|| place.pod.clone()),
            Kind::Jobs => JOBS.iter().any(|job| of_app(job)).then(|| place.pod.clone()),
            Kind::Database => None,
        }
    }
}

/// The runs behind a stream, oldest first; none behind the database's.
#[derive(Clone, Debug, Default)]
pub(super) struct Stream<'a> {
    pub runs: Vec<(&'a Arc<str>, &'a Run)>,
}

impl Stream<'_> {
    /// When it began; the database's has always been there.
    pub fn began(&self) -> Option<Timestamp> {
        self.runs.first().map(|(_, run)| run.started)
    }

    /// Whether it may have a record in this time.
    pub fn spans(&self, from: Timestamp, to: Timestamp) -> bool {
        self.runs.is_empty()
            || self.runs.iter().any(|(_, run)| {
                let ended = run.ended.as_ref().map_or(Timestamp::MAX, |end| end.at);
                run.started < to && ended >= from
            })
    }
}
