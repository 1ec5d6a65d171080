//! How long five hundred runbooks take, to be read and to be matched: `cargo bench --bench runbook`.

use divan::{Bencher, black_box};
use quarterdeck::model::{Evidence, EvidenceKind, Finding, Known, Severity, Subject, Time, Uid};
use quarterdeck::runbook::library::{BUILT_IN, Library, Place, Trust, Unread};
use quarterdeck::runbook::parse;
use quarterdeck::runbook::suggest::{Situation, suggest};

const PAGES: usize = 500;

fn main() {
    divan::main();
}

/// The pages that are shipped, again and again under other names.
fn pages() -> Vec<(String, &'static str)> {
    (0..PAGES)
        .map(|nth| {
            let (name, text) = BUILT_IN[nth % BUILT_IN.len()];
            (format!("{name}-{nth}"), text)
        })
        .collect()
}

fn findings() -> Vec<Finding> {
    let subject = Subject {
        kind: Known::Deployment.into(),
        namespace: "default".into(),
        name: "backend-deployment".into(),
        uid: Uid(1),
    };
    let evidence = [
        Evidence::new(EvidenceKind::Exit, "container backend ended: exit 1", Time(1)),
        Evidence::new(EvidenceKind::Log, "FATAL: sorry, too many clients already", Time(1)),
    ];
    let mut finding = Finding::new(Severity::Critical, subject, "3 of 5 pods crash · exit 1").evidence(evidence);
    finding.runbook = "pod-crashloop";
    vec![finding; 10]
}

#[divan::bench]
fn read(bencher: Bencher) {
    let pages = pages();
    bencher.bench(|| {
        for (name, text) in &pages {
            black_box(parse(name, text));
        }
    });
}

#[divan::bench]
fn read_and_match(bencher: Bencher) {
    let (pages, findings) = (unread(), findings());
    bencher.bench(|| {
        let mut library = Library::default();
        library.add_all(&pages);
        let situation = Situation {
            findings: &findings,
            ..Situation::default()
        };
        suggest(&library, &situation).len()
    });
}

/// The same as a start finds them.
fn unread() -> Vec<Unread> {
    let page = |(name, text): (String, &'static str)| Unread {
        name,
        text: text.to_owned(),
        origin: Place::BuiltIn,
        trust: Trust::BuiltIn,
    };
    pages().into_iter().map(page).collect()
}

#[divan::bench]
fn match_alone(bencher: Bencher) {
    let findings = findings();
    let mut library = Library::default();
    library.add_all(&unread());
    bencher.bench(|| {
        let situation = Situation {
            findings: &findings,
            ..Situation::default()
        };
        suggest(&library, &situation).len()
    });
}
