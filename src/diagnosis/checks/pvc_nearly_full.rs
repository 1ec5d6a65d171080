//! A volume is nearly full: what writes to it will soon fail.

use std::collections::BTreeMap;

use super::pvc_pending::used_by;
use crate::diagnosis::group::open;
use crate::diagnosis::sight::Sight;
use crate::model::{Body, Evidence, EvidenceKind, Finding, Known, Object, Severity, Subject, VolumeUsage};

/// From so much on it is told, and from so much on it is urgent (percent).
const HIGH: u32 = 85;
const URGENT: u32 = 95;

/// Figures older than this say nothing of now (seconds).
const STALE: i64 = 900;

pub(super) fn check(sight: &Sight<'_>) -> Vec<Finding> {
    let Some(Ok(volumes)) = &sight.seen.volumes else {
        return Vec::new();
    };
    // Each node that mounts a claim tells of it.
    let mut fullest: BTreeMap<(&str, &str), (Fill, &VolumeUsage)> = BTreeMap::new();
    for usage in volumes.iter().filter(|usage| usage.at.age(sight.now) <= STALE) {
        let Some(fill) = Fill::of(usage).filter(|fill| fill.percent >= HIGH) else {
            continue;
        };
        let known = fullest.entry((&usage.namespace, &usage.claim)).or_insert((fill, usage));
        if fill.percent > known.0.percent {
            *known = (fill, usage);
        }
    }
    let found = fullest.into_iter().filter_map(|((namespace, name), (fill, usage))| {
        let object = sight.named(Known::PersistentVolumeClaim, namespace, name)?;
        let known = matches!(object.body, Body::Claim(_)) && !object.meta.deleting.is_known();
        known.then(|| finding(sight, object, fill, usage))
    });
    found.collect()
}

/// How full a volume is, of bytes or of files.
#[derive(Clone, Copy)]
struct Fill {
    percent: u32,
    inodes: bool,
}

impl Fill {
    /// Whichever is scarcer. Rounded down: 95 % is not reached at 94.6.
    fn of(usage: &VolumeUsage) -> Option<Self> {
        let (used, all) = (usage.used.get(), usage.capacity.get());
        let bytes = used.zip(all).filter(|(_, all)| *all > 0).and_then(|(used, all)| {
            let percent = u32::try_from(i128::from(used) * 100 / i128::from(all)).ok()?;
            Some(Self { percent, inodes: false })
        });
        let inodes = usage.inodes.map(|percent| Self { percent, inodes: true });
        match (bytes, inodes) {
            (Some(bytes), Some(inodes)) if inodes.percent > bytes.percent => Some(inodes),
            (bytes, inodes) => bytes.or(inodes),
        }
    }
}

fn finding(sight: &Sight<'_>, object: &Object, fill: Fill, usage: &VolumeUsage) -> Finding {
    let severity = if fill.percent >= URGENT {
        Severity::Critical
    } else {
        Severity::Warning
    };
    let bytes = format!("{} of {} used", usage.used.memory(), usage.capacity.memory());
    let title = if fill.inodes {
        format!("{} % of its inodes are used: room for few more files", fill.percent)
    } else {
        format!("is {} % full · {bytes}", fill.percent)
    };
    let inodes = usage
        .inodes
        .map_or_else(String::new, |percent| format!(", {percent} % of the inodes"));
    let text = format!("the kubelet says: {bytes}{inodes}");
    let subject = Subject::of(Known::PersistentVolumeClaim, object);
    Finding::new(severity, subject, title)
        .evidence([Evidence::new(EvidenceKind::Metric, text, usage.at).lead(open(Known::PersistentVolumeClaim, object))])
        .evidence(used_by(&sight.claiming(object)))
}
