//! Silences: who does not want to hear what, until when, and why.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::super::prometheus::promql::Labels;
use super::matcher::Matcher;

/// How long an expired silence is remembered.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(120);

/// One silence.
#[derive(Clone, Debug, PartialEq)]
pub struct Silence {
    /// A uuid.
    pub id: String,
    pub matchers: Vec<Matcher>,
    pub starts: Timestamp,
    pub ends: Timestamp,
    pub by: String,
    pub comment: String,
    pub updated: Timestamp,
}

/// Where a silence stands in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    Active,
    Pending,
    Expired,
}

impl Standing {
    pub fn word(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Pending => "pending",
            Self::Expired => "expired",
        }
    }
}

impl Silence {
    pub fn standing(&self, now: Timestamp) -> Standing {
        match () {
            () if now < self.starts => Standing::Pending,
            () if now >= self.ends => Standing::Expired,
            () => Standing::Active,
        }
    }

    /// Whether it silences these labels, when it is active.
    pub fn covers(&self, labels: &Labels) -> bool {
        self.matchers.iter().all(|matcher| matcher.fits_labels(labels))
    }
}

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Wish {
    /// The silence that it changes.
    pub id: Option<String>,
    pub matchers: Vec<Matcher>,
    pub starts: Timestamp,
    pub ends: Timestamp,
    pub by: String,
    pub comment: String,
}

/// Why a silence is not made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("silence not found")]
    Unknown,
    #[error("Failed to create silence: {0}")]
    Time(&'static str),
    #[error("silence invalid: at least one matcher must not match the empty string")]
    MatchesAll,
}

/// All silences.
#[derive(Debug, Default)]
pub struct Silences {
    all: BTreeMap<String, Silence>,
    made: u64,
    /// Which server it is: no two give the same id.
    server: u64,
}

impl Silences {
    /// Those of the server of this number: none yet.
    pub fn of(server: u64) -> Self {
        Self { server, ..Self::default() }
    }

    /// All that are remembered: active, then pending, then expired, each by its end.
    pub fn all(&mut self, now: Timestamp) -> Vec<Silence> {
        self.all.retain(|_, silence| now.duration_since(silence.ends) < REMEMBERED);
        let mut all: Vec<Silence> = self.all.values().cloned().collect();
        all.sort_by_key(|s| (s.standing(now), s.ends, s.starts, s.id.clone()));
        all
    }

    pub fn get(&self, id: &str) -> Option<&Silence> {
        self.all.get(id)
    }

    /// The ids of the active silences that cover these labels.
    pub fn on(&self, labels: &Labels, now: Timestamp) -> Vec<String> {
        let active = self
            .all
            .values()
            .filter(|s| s.standing(now) == Standing::Active && s.covers(labels));
        active.map(|s| s.id.clone()).collect()
    }

    /// Makes or changes a silence; its id, which is another one when more than its end changes.
    pub fn set(&mut self, wish: Wish, now: Timestamp) -> Result<String, Refusal> {
        if wish.starts >= wish.ends {
            return Err(Refusal::Time("start time must be before end time"));
        }
        if wish.ends <= now {
            return Err(Refusal::Time("end time can't be in the past"));
        }
        if wish.matchers.iter().all(|matcher| matcher.fits("")) {
            return Err(Refusal::MatchesAll);
        }
        if let Some(id) = &wish.id {
            let before = self.all.get_mut(id).ok_or(Refusal::Unknown)?;
            let active = before.standing(now) == Standing::Active;
            let same_start = before.starts == wish.starts || (active && wish.starts <= now);
            if active && before.matchers == wish.matchers && same_start && before.comment == wish.comment && before.by == wish.by {
                before.ends = wish.ends;
                before.updated = now;
                return Ok(id.clone());
            }
            expire(before, now);
        }
        self.made += 1;
        let id = uuid(self.made + (self.server << 40), now);
        let silence = Silence {
            id: id.clone(),
            matchers: wish.matchers,
            // One that is to begin in the past begins now.
            starts: wish.starts.max(now),
            ends: wish.ends,
            by: wish.by,
            comment: wish.comment,
            updated: now,
        };
        self.all.insert(id.clone(), silence);
        Ok(id)
    }

    /// Ends a silence. One that has ended stays as it is.
    pub fn expire(&mut self, id: &str, now: Timestamp) -> Result<(), Refusal> {
        expire(self.all.get_mut(id).ok_or(Refusal::Unknown)?, now);
        Ok(())
    }
}

fn expire(silence: &mut Silence, now: Timestamp) {
    match silence.standing(now) {
        Standing::Expired => return,
        Standing::Pending => (silence.starts, silence.ends) = (now, now),
        Standing::Active => silence.ends = now,
    }
    silence.updated = now;
}

/// The uuid of the silence of this number: no chance is needed, only that it is another each time.
fn uuid(number: u64, now: Timestamp) -> String {
    let mut chance = fastrand::Rng::with_seed(number ^ now.as_millisecond().unsigned_abs().rotate_left(20));
    let (a, b) = (chance.u64(..), chance.u64(..));
    format!(
        "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
        a >> 32,
        (a >> 16) & 0xffff,
        a & 0xfff,
        0x8000 | (b >> 50),
        b & 0xffff_ffff_ffff
    )
}

/// Whether a text can be the id of a silence.
pub fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.chars().enumerate().all(|(i, c)| match i {
            8 | 13 | 18 | 23 => c == '-',
            _ => c.is_ascii_hexdigit(),
        })
}
