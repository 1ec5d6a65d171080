//! Which program a container runs, and thereby what it writes.

use jiff::SignedDuration;

use super::Second;
use super::jobs::Job;
use super::programs::{self, Chatter};
use super::weather::Cursor;
use super::{backend, frontend, worker};
use crate::sim::world::{Ending, Run};

/// A program.
#[derive(Clone, Copy, Debug)]
pub(super) enum Program {
    Backend,
    Frontend,
    Worker,
    Job(Job),
    /// One that is described by a table.
    Other(&'static Chatter),
    /// One that nobody knows: it writes only what it was told to say.
    Silent,
}

/// The tag of a run's image.
pub(super) fn version(run: &Run) -> &str {
    run.image.rsplit_once(':').map_or("latest", |(_, tag)| tag)
}

/// The last part of an image's name.
fn repository(image: &str) -> &str {
    let name = image.rsplit('/').next().unwrap_or(image);
    name.split([':', '@']).next().unwrap_or(name)
}

impl Program {
    pub fn of(_container: &str, run: &Run) -> Self {
        match repository(&run.image) {
            "backend" if run.place.app == "worker" => Self::Worker,
            "backend" => Job::of(&run.place.app).map_or(Self::Backend, Self::Job),
            "frontend" => Self::Frontend,
            other => programs::named(other).map_or(Self::Silent, Self::Other),
        }
    }

    /// How long a kubelet keeps its lines.
    pub fn kept(self) -> SignedDuration {
        match self {
            Self::Backend => SignedDuration::from_hours(3),
            Self::Frontend | Self::Worker => SignedDuration::from_hours(12),
            Self::Job(_) => SignedDuration::from_hours(24),
            Self::Other(chatter) if !chatter.is_quiet() => SignedDuration::from_hours(24 * 3),
            Self::Other(_) | Self::Silent => SignedDuration::from_hours(24 * 365),
        }
    }

    /// Whether it writes nothing but its first and last words.
    pub fn is_quiet(self) -> bool {
        match self {
            Self::Silent => true,
            Self::Other(chatter) => chatter.is_quiet(),
            _ => false,
        }
    }

    /// How long it takes to start.
    pub fn start_up(self) -> SignedDuration {
        SignedDuration::from_secs(if matches!(self, Self::Job(_)) { 1 } else { 5 })
    }

    /// What it writes while it starts: times after the start.
    pub fn banner(self, run: &Run) -> Vec<(SignedDuration, String)> {
        let lines = match self {
            Self::Backend => backend::banner(run),
            Self::Frontend => frontend::banner(run),
            Self::Worker => worker::banner(run),
            Self::Job(job) => job.banner(run),
            Self::Other(chatter) => chatter.banner(run),
            Self::Silent => Vec::new(),
        };
        lines
            .into_iter()
            .map(|(ms, text)| (SignedDuration::from_millis(ms), text))
            .collect()
    }

    pub fn second(self, second: &mut Second<'_>, cursor: &mut Cursor<'_>) {
        match self {
            Self::Backend => backend::second(second, &cursor.at(second.at)),
            Self::Frontend => frontend::second(second, &cursor.at(second.at)),
            Self::Worker => worker::second(second),
            Self::Job(job) => job.second(second),
            Self::Other(chatter) => chatter.second(second),
            Self::Silent => {}
        }
    }

    /// Its last words, where it had time for some: it was asked to stop, or was done.
    pub fn goodbye(self, run: &Run, ending: &Ending) -> Vec<String> {
        if !matches!(ending.code, 0 | 143) {
            return Vec::new();
        }
        match self {
            Self::Backend | Self::Worker => backend::goodbye(run, ending.at),
            Self::Job(job) if ending.code == 0 => vec![job.done(run, ending.at)],
            Self::Other(chatter) => chatter
                .goodbye
                .map(|text| chatter.fill_at(run, ending.at, text))
                .into_iter()
                .collect(),
            _ => Vec::new(),
        }
    }
}
