//! The desk of a face: what was asked, what is still open, what nobody knew, and which faults stand.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::{Fault, Request, Route, Subject};

/// How many different unknown routes are counted; more are one row.
const MOST_UNKNOWN: usize = 200;

/// Names a fault, to lift it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FaultId(usize);

/// What a face was asked, and how it misbehaves.
#[derive(Debug)]
pub struct Desk {
    most: usize,
    requests: Mutex<Recorded>,
    open: Mutex<BTreeMap<u64, Request>>,
    faults: Mutex<Faults>,
    unknown: Mutex<BTreeMap<String, u64>>,
    /// Told of each request and each end of one.
    seen: (Mutex<u64>, Condvar),
}

#[derive(Debug, Default)]
struct Recorded {
    last: VecDeque<Request>,
    count: u64,
}

#[derive(Debug, Default)]
struct Faults {
    next: usize,
    standing: Vec<(FaultId, Route, Fault)>,
}

/// A request that is being answered; dropped when its answer ends or its client leaves.
#[derive(Debug)]
pub struct Opened {
    desk: Arc<Desk>,
    number: u64,
}

impl Drop for Opened {
    fn drop(&mut self) {
        lock(&self.desk.open).remove(&self.number);
        self.desk.ring();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Desk {
    /// A desk that remembers the last `most` requests.
    pub fn new(most: usize) -> Arc<Self> {
        Arc::new(Self {
            most,
            requests: Mutex::default(),
            open: Mutex::default(),
            faults: Mutex::default(),
            unknown: Mutex::default(),
            seen: Default::default(),
        })
    }

    /// Notes a request, which is open until the result is dropped.
    pub(super) fn open_one(self: &Arc<Self>, request: Request) -> Opened {
        let number = {
            let mut requests = lock(&self.requests);
            requests.count += 1;
            requests.last.push_back(request.clone());
            if requests.last.len() > self.most {
                requests.last.pop_front();
            }
            requests.count
        };
        lock(&self.open).insert(number, request);
        self.ring();
        Opened {
            desk: Arc::clone(self),
            number,
        }
    }

    fn ring(&self) {
        *lock(&self.seen.0) += 1;
        self.seen.1.notify_all();
    }

    /// The last requests, in order.
    pub fn requests(&self) -> Vec<Request> {
        lock(&self.requests).last.iter().cloned().collect()
    }

    /// How many of the remembered requests are such.
    pub fn count(&self, such: impl Fn(&Request) -> bool) -> usize {
        lock(&self.requests).last.iter().filter(|r| such(r)).count()
    }

    /// How many requests there ever were.
    pub fn total(&self) -> u64 {
        lock(&self.requests).count
    }

    /// The requests that are being answered now: watches, followed logs, sessions, and requests that hang.
    pub fn open(&self) -> Vec<Request> {
        lock(&self.open).values().cloned().collect()
    }

    /// Counts a request that the face does not know, by its route (`GET /apis/nobody.io/v1/things`).
    pub fn unknown_route(&self, route: String) {
        let mut unknown = lock(&self.unknown);
        let known = unknown.contains_key(&route) || unknown.len() < MOST_UNKNOWN;
        *unknown.entry(if known { route } else { "(others)".to_owned() }).or_default() += 1;
    }

    /// The routes that were asked for and are not known, with how often.
    pub fn unknown(&self) -> Vec<(String, u64)> {
        lock(&self.unknown).iter().map(|(route, n)| (route.clone(), *n)).collect()
    }

    /// From now on, requests of this route fail so. Several faults may stand on one request.
    pub fn fault(&self, route: Route, fault: Fault) -> FaultId {
        let mut faults = lock(&self.faults);
        let id = FaultId(faults.next);
        faults.next += 1;
        faults.standing.push((id, route, fault));
        id
    }

    /// Ends a fault. Requests that hang already go on hanging.
    pub fn lift(&self, fault: FaultId) {
        lock(&self.faults).standing.retain(|(id, ..)| *id != fault);
    }

    /// Ends all faults.
    pub fn lift_all(&self) {
        lock(&self.faults).standing.clear();
    }

    /// Whether any fault stands.
    pub fn is_faulty(&self) -> bool {
        !lock(&self.faults).standing.is_empty()
    }

    /// The faults on this request; those that are limited in number are counted down.
    pub(super) fn take_faults(&self, request: &Request, subject: &Subject) -> Vec<Fault> {
        let mut faults = lock(&self.faults);
        faults
            .standing
            .iter_mut()
            .filter_map(|(_, route, fault)| route.take(request, subject).then(|| fault.clone()))
            .collect()
    }

    /// Whether a fault forbids such a request (403): access reviews have to say the same.
    pub fn forbids(&self, request: &Request, subject: &Subject) -> bool {
        lock(&self.faults)
            .standing
            .iter()
            .any(|(_, route, fault)| matches!(fault, Fault::Status(403, _)) && route.fits(request, subject))
    }

    /// The code with which a fault refuses such a request now; it is not counted. For answers that go on for long.
    pub fn refuses(&self, request: &Request, subject: &Subject) -> Option<u16> {
        let faults = lock(&self.faults);
        let standing = faults.standing.iter().filter(|(_, route, _)| route.fits(request, subject));
        standing.filter_map(|(.., fault)| fault.code()).next()
    }

    /// Waits until `such` holds; it is asked again at each request and each end of one. Whether it came to hold in
    /// time. Blocks its thread.
    pub fn wait_for(&self, patience: Duration, such: impl Fn(&Self) -> bool) -> bool {
        let deadline = Instant::now() + patience;
        loop {
            let before = *lock(&self.seen.0);
            if such(self) {
                return true;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            let wait = self.seen.1.wait_timeout_while(lock(&self.seen.0), left, |now| *now == before);
            if wait.unwrap_or_else(PoisonError::into_inner).1.timed_out() {
                return false;
            }
        }
    }
}
