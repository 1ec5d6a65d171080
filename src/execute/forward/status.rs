//! What a forward is doing, counted where it happens and read without waiting.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use crate::action::forward::{ForwardId, ForwardSeen, ForwardSpec, ForwardState, Reached};
use crate::model::{Problem, Time};

/// What all tasks of one forward write into.
#[derive(Debug)]
pub(super) struct Shared {
    pub id: ForwardId,
    pub spec: Arc<ForwardSpec>,
    pub tally: Tally,
    since: Time,
    told: Mutex<Told>,
    /// Rung when anything but a number changes.
    bell: watch::Sender<u64>,
}

/// What is counted.
#[derive(Debug, Default)]
pub(super) struct Tally {
    open: AtomicU32,
    total: AtomicU64,
    received: AtomicU64,
    sent: AtomicU64,
}

/// What changes seldom.
#[derive(Debug)]
struct Told {
    state: ForwardState,
    ports: Vec<Reached>,
    pod: Option<Arc<str>>,
    moves: u32,
    note: Option<Arc<str>>,
    last_error: Option<(Time, Problem)>,
}

impl Tally {
    pub fn received(&self, bytes: usize) {
        self.received.fetch_add(bytes as u64, Relaxed);
    }

    pub fn sent(&self, bytes: usize) {
        self.sent.fetch_add(bytes as u64, Relaxed);
    }

    /// Counts a connection as open, for as long as what is returned lives.
    pub fn opened(&self) -> impl Drop + '_ {
        struct Open<'a>(&'a AtomicU32);
        impl Drop for Open<'_> {
            fn drop(&mut self) {
                self.0.fetch_sub(1, Relaxed);
            }
        }
        self.open.fetch_add(1, Relaxed);
        self.total.fetch_add(1, Relaxed);
        Open(&self.open)
    }
}

impl Shared {
    pub fn new(id: ForwardId, spec: ForwardSpec, bell: watch::Sender<u64>) -> Self {
        Self {
            id,
            spec: Arc::new(spec),
            tally: Tally::default(),
            since: now(),
            told: Mutex::new(Told {
                state: ForwardState::Starting,
                ports: Vec::new(),
                pod: None,
                moves: 0,
                note: None,
                last_error: None,
            }),
            bell,
        }
    }

    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ring(&self) {
        self.bell.send_modify(|rung| *rung += 1);
    }

    /// These addresses are listened on.
    pub fn listens(&self, ports: Vec<Reached>) {
        self.told().ports = ports;
        self.ring();
    }

    /// A pod is there to lead to; `ports` are the numbers in it, one for each that was asked for.
    pub fn leads_to(&self, pod: &str, ports: &[u16], note: Option<String>) {
        {
            let mut told = self.told();
            let same = told.pod.as_deref() == Some(pod);
            let note = note.map(Arc::from);
            // Each port listens on each address, in this order.
            let each = told.ports.len().checked_div(ports.len()).unwrap_or_default().max(1);
            let reached = |at: usize| ports.get(at / each).copied();
            let known = told.ports.iter().enumerate().all(|(at, port)| port.remote == reached(at));
            if same && known && told.state == ForwardState::Listening && told.note == note {
                return;
            }
            if !same {
                told.moves += u32::from(told.pod.is_some());
                told.pod = Some(pod.into());
            }
            for (at, port) in told.ports.iter_mut().enumerate() {
                port.remote = reached(at);
            }
            told.note = note;
            told.state = ForwardState::Listening;
        }
        self.ring();
    }

    /// There is nothing to lead to.
    pub fn waits(&self, why: Problem) {
        {
            let mut told = self.told();
            let since = match &told.state {
                ForwardState::Waiting { why: before, .. } if *before == why => return,
                ForwardState::Waiting { since, .. } => *since,
                _ => now(),
            };
            told.state = ForwardState::Waiting { why, since };
        }
        self.ring();
    }

    /// It is over.
    pub fn failed(&self, problem: Problem) {
        {
            let mut told = self.told();
            told.ports.clear();
            told.state = ForwardState::Failed(problem);
        }
        self.ring();
    }

    /// A connection ended badly.
    pub fn erred(&self, problem: Problem) {
        self.told().last_error = Some((now(), problem));
        self.ring();
    }

    /// A copy of what is known.
    pub fn seen(&self) -> ForwardSeen {
        let told = self.told();
        ForwardSeen {
            id: self.id,
            spec: Arc::clone(&self.spec),
            state: told.state.clone(),
            ports: told.ports.clone(),
            pod: told.pod.clone(),
            moves: told.moves,
            note: told.note.clone(),
            open: self.tally.open.load(Relaxed),
            total: self.tally.total.load(Relaxed),
            received: self.tally.received.load(Relaxed),
            sent: self.tally.sent.load(Relaxed),
            last_error: told.last_error.clone(),
            since: self.since,
        }
    }
}

/// The clock of this machine.
pub(super) fn now() -> Time {
    Time(jiff::Timestamp::now().as_second())
}
