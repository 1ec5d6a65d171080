//! What a line of the audit costs, beside what the disk alone takes. Run it with `cargo bench --bench audit`.
//!
//! `memory` writes where there is no disk (`/dev/shm`): what is left is the work itself. `disk` writes below `QD_BENCH_DIRECTORY`, else in the
//! directory for temporary files, and `sync_alone` only appends as many bytes there and waits for the disk.

#![allow(clippy::disallowed_methods, clippy::unwrap_used)]

use std::fs::File;
use std::io::Write as _;
use std::path::PathBuf;

use divan::Bencher;
use quarterdeck::ledger::audit::{Actor, Audit, AuditKind, Deed};

fn main() {
    divan::main();
}

/// Lines that are there before.
const BEFORE: [usize; 2] = [0, 10_000];

fn disk() -> PathBuf {
    std::env::var_os("QD_BENCH_DIRECTORY").map_or_else(std::env::temp_dir, PathBuf::from)
}

fn deed() -> Deed {
    Deed {
        environment: "production".into(),
        context: "arn:aws:eks:eu-west-3:123456789012:cluster/solia-prod".into(),
        identity: "anna@oncall".into(),
        action: "scale".into(),
        command: "kubectl -n default scale deployment/backend-deployment --replicas=5".into(),
        reason: "deployment/backend-deployment: 3 of 5 pods crash".into(),
        plan: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".into(),
        confirmation: "token".into(),
        ..Deed::default()
    }
}

struct Desk {
    audit: Audit,
    _directory: tempfile::TempDir,
}

fn desk(place: PathBuf, before: usize) -> Desk {
    let directory = tempfile::tempdir_in(place).unwrap();
    let audit = Audit::new(directory.path().join("audit"), None, Actor::of_process());
    let first = audit.append(AuditKind::Intended, deed(), jiff::Timestamp::now());
    first.unwrap();
    // The rest is one line again and again: only its length matters to who reads the last one.
    let file = std::fs::read_dir(directory.path().join("audit"))
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let file = file
        .into_iter()
        .find(|path| path.extension().is_some_and(|e| e == "jsonl"))
        .unwrap();
    let line = std::fs::read(&file).unwrap();
    let mut file = File::options().append(true).open(file).unwrap();
    file.write_all(&line.repeat(before)).unwrap();
    Desk {
        audit,
        _directory: directory,
    }
}

#[divan::bench(args = BEFORE, sample_count = 200, sample_size = 1)]
fn memory(bencher: Bencher<'_, '_>, before: usize) {
    let desk = desk(PathBuf::from("/dev/shm"), before);
    bencher.bench_local(|| desk.audit.append(AuditKind::Outcome, deed(), jiff::Timestamp::now()).unwrap());
}

#[divan::bench(args = BEFORE, sample_count = 200, sample_size = 1)]
fn on_disk(bencher: Bencher<'_, '_>, before: usize) {
    let desk = desk(disk(), before);
    bencher.bench_local(|| desk.audit.append(AuditKind::Outcome, deed(), jiff::Timestamp::now()).unwrap());
}

#[divan::bench(sample_count = 200, sample_size = 1)]
fn sync_alone(bencher: Bencher<'_, '_>) {
    let directory = tempfile::tempdir_in(disk()).unwrap();
    let mut file = File::create(directory.path().join("lines")).unwrap();
    let line = serde_json::to_vec(&deed()).unwrap();
    bencher.bench_local(|| {
        file.write_all(&line).unwrap();
        file.sync_data().unwrap();
    });
}
