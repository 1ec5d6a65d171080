//! A service selects nothing: no pod has its labels, and none will. Often one letter is other than it should be.

use crate::diagnosis::PATIENCE;
use crate::diagnosis::group::open;
use crate::diagnosis::sight::Sight;
use crate::diagnosis::traffic::{Backing, Unserved, labels, workloads};
use crate::model::network::Service;
use crate::model::{Confidence, Evidence, EvidenceKind, Finding, Known, Labels, Object, Severity, Subject};

/// Two values are alike from here on, of 1: a slip of the keyboard, a number more.
const ALIKE: f64 = 0.6;

pub(super) fn check(sight: &Sight<'_>) -> Vec<Finding> {
    let unserved = sight.unserved().iter();
    let found = unserved.filter_map(|unserved| {
        let Unserved { object, service, backing } = unserved;
        match backing {
            Backing::Nothing if object.meta.created.age(sight.now) > PATIENCE => Some(mismatch(sight, object, service)),
            Backing::Idle(known, maker) if object.meta.created.age(sight.now) > PATIENCE => Some(idle(object, *known, maker)),
            _ => None,
        }
    });
    found.collect()
}

fn idle(object: &Object, known: Known, maker: &Object) -> Finding {
    let what = format!("{} {}", known.info().name.to_lowercase(), maker.meta.name);
    let why = if known == Known::DaemonSet {
        "which no node is to run"
    } else {
        "which is scaled to 0"
    };
    let evidence = Evidence::new(EvidenceKind::Condition, format!("{what} is to have 0 pods"), maker.meta.created);
    Finding::new(
        Severity::Info,
        Subject::of(Known::Service, object),
        format!("selects {what}, {why}"),
    )
    .evidence([evidence.lead(open(known, maker))])
}

fn mismatch(sight: &Sight<'_>, object: &Object, service: &Service) -> Finding {
    let near = nearest(sight, object, service);
    let title = match &near {
        Some(near) => format!("selects {}; {}", near.wanted, near.words()),
        None => format!("selects {}; no pod has these labels", said(&service.selector)),
    };
    let text = format!(
        "its selector is {}; no pod in {} has these labels",
        said(&service.selector),
        object.meta.namespace
    );
    let own = Evidence::new(EvidenceKind::Condition, text, object.meta.created).lead(open(Known::Service, object));
    let other = near.map(|near| {
        let text = format!("the pods of {} {} have {}", near.kind(), near.maker.meta.name, said(near.labels));
        Evidence::new(EvidenceKind::Condition, text, near.maker.meta.created).lead(open(near.known, near.maker))
    });
    Finding::new(Severity::Warning, Subject::of(Known::Service, object), title)
        .confidence(Confidence::Medium)
        .evidence([own])
        .evidence(other)
}

/// `app=backend,tier=web`, without what controllers add.
fn said(labels: &Labels) -> String {
    let own = labels
        .iter()
        .filter(|(key, _)| !matches!(*key, "pod-template-hash" | "controller-revision-hash"));
    own.map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(",")
}

/// The workload that was probably meant.
struct Near<'a> {
    known: Known,
    maker: &'a Object,
    labels: &'a Labels,
    /// The first pair that it does not have, `app=backend2`, and the key of it.
    wanted: String,
    key: String,
}

impl Near<'_> {
    fn kind(&self) -> String {
        self.known.info().name.to_lowercase()
    }

    fn words(&self) -> String {
        let name = &self.maker.meta.name;
        match self.labels.get(&self.key) {
            Some(value) => format!("{} {name} has {}={value}", self.kind(), self.key),
            None => format!("{} {name} has no label {}", self.kind(), self.key),
        }
    }
}

fn nearest<'a>(sight: &Sight<'a>, object: &Object, service: &Service) -> Option<Near<'a>> {
    let mut best: Option<(f64, Near<'a>)> = None;
    for (known, maker, w) in workloads(sight, &object.meta.namespace) {
        let (labels, _) = labels(sight, known, maker, w);
        let other = |(key, value): &(&str, &str)| labels.get(key) != Some(*value);
        let Some((key, value)) = service.selector.iter().find(other) else {
            continue;
        };
        let same = service.selector.iter().filter(|pair| !other(pair)).count();
        let differ = service.selector.iter().filter(|pair| other(pair)).count();
        let alike = labels.get(key).map_or(0.0, |have| strsim::normalized_levenshtein(have, value));
        // One pair in common says that they belong together; else only a slip in the one that differs does.
        if same == 0 && (differ > 1 || alike < ALIKE) {
            continue;
        }
        let score = same as f64 - differ as f64 + alike;
        if best.as_ref().is_none_or(|(other, _)| score > *other) {
            let near = Near {
                known,
                maker,
                labels,
                wanted: format!("{key}={value}"),
                key: key.to_owned(),
            };
            best = Some((score, near));
        }
    }
    best.map(|(_, near)| near)
}
