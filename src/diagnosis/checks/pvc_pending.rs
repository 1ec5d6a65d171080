//! A claim gets no volume, or has lost the one it had.

use crate::diagnosis::fault::Fault;
use crate::diagnosis::group::{event_evidence, open};
use crate::diagnosis::sight::Sight;
use crate::model::storage::Claim;
use crate::model::{Body, Confidence, Event, Evidence, EvidenceKind, Finding, Known, Lead, Object, Severity, Subject, shorten};

/// A volume may take so long to come (seconds).
const SLOW: i64 = 60;

pub(super) fn check(sight: &Sight<'_>) -> Vec<Finding> {
    let suspects = sight.suspects(Known::PersistentVolumeClaim).into_iter();
    let found = suspects.filter_map(|object| match &object.body {
        Body::Claim(claim) if !object.meta.deleting.is_known() => match &*claim.phase {
            "Lost" => Some(lost(sight, object, claim)),
            "Pending" => pending(sight, object, claim),
            _ => None,
        },
        _ => None,
    });
    found.collect()
}

fn lost(sight: &Sight<'_>, object: &Object, claim: &Claim) -> Finding {
    let volume = if claim.volume.is_empty() {
        String::new()
    } else {
        format!(" · {}", claim.volume)
    };
    let told = sight.events(object).into_iter().find(|e| &*e.reason == "ClaimLost");
    let title = format!("has lost its volume{volume}");
    let text = format!("the claim's phase is Lost: volume {} is not there", claim.volume);
    let evidence = Evidence::new(EvidenceKind::Condition, text, told.map(|e| e.first).unwrap_or_default());
    finish(sight, object, Severity::Critical, title)
        .since(told.map(|e| e.first).unwrap_or_default())
        .evidence([evidence.lead(open(Known::PersistentVolumeClaim, object))])
        .evidence(told.map(|event| about(object, event)))
        .evidence(used_by(&sight.claiming(object)))
}

fn pending(sight: &Sight<'_>, object: &Object, claim: &Claim) -> Option<Finding> {
    if object.meta.created.age(sight.now) <= SLOW {
        return None;
    }
    let events = sight.events(object);
    let users = sight.claiming(object);
    let told = events.first().copied();
    let failed = matches!(told.map(|e| &*e.reason), Some("ProvisioningFailed" | "FailedBinding"));
    if !failed && (users.is_empty() || waits_for_its_pod(sight, told, &users)) {
        return None;
    }
    let why = told.map_or_else(String::new, |event| {
        let said = event.message.trim().replace("storageclass.storage.k8s.io", "storage class");
        format!(" · {}", shorten(&said, 120))
    });
    let class = match &*claim.class {
        "" => "no storage class".to_owned(),
        class => format!("storage class {class}"),
    };
    let asked = claim.capacity.memory();
    let asked = if asked.is_empty() { String::new() } else { format!("{asked} of ") };
    let text = format!("the claim's phase is Pending; it asks for {asked}{class}");
    let evidence = Evidence::new(EvidenceKind::Condition, text, object.meta.created);
    Some(
        finish(sight, object, Severity::Warning, format!("gets no volume{why}"))
            .since(object.meta.created)
            .confidence(if failed { Confidence::High } else { Confidence::Medium })
            .evidence(told.map(|event| about(object, event)))
            .evidence([evidence.lead(open(Known::PersistentVolumeClaim, object))])
            .evidence(used_by(&users)),
    )
}

/// Whether the volume is to be made where its pod will run, and no node has been found for the pod for other reasons:
/// then the pod's trouble is the cause.
fn waits_for_its_pod(sight: &Sight<'_>, told: Option<&Event>, users: &[&Object]) -> bool {
    if !matches!(told.map(|e| &*e.reason), Some("WaitForFirstConsumer" | "WaitForPodScheduled")) {
        return false;
    }
    let speaks_of_volumes = |message: &str| message.contains("volume") || message.contains("PersistentVolume");
    users.iter().all(|user| {
        let unplaced = user.body.pod().is_some_and(|pod| pod.node.is_empty());
        let refused = sight
            .faults()
            .iter()
            .find(|f| f.object.meta.uid == user.meta.uid && f.fault == Fault::Unschedulable);
        let by_volume =
            refused.is_some_and(|f| speaks_of_volumes(&f.pod.message) || f.events.iter().any(|e| speaks_of_volumes(&e.message)));
        unplaced && !by_volume
    })
}

fn finish(sight: &Sight<'_>, object: &Object, severity: Severity, title: String) -> Finding {
    let pods = sight.claiming(object).into_iter().map(|pod| pod.meta.uid);
    Finding::new(severity, Subject::of(Known::PersistentVolumeClaim, object), title).members(pods)
}

fn about(object: &Object, event: &Event) -> Evidence {
    event_evidence(event, Lead::Events(object.reference(&Known::PersistentVolumeClaim.into())))
}

/// Who waits for it, or has it.
pub(super) fn used_by(users: &[&Object]) -> Option<Evidence> {
    let first = users.first()?;
    let more = match users.len() {
        1 => String::new(),
        n => format!(" and {} more", n - 1),
    };
    let text = format!("used by pod {}{more}", first.meta.name);
    Some(Evidence::new(EvidenceKind::Condition, text, first.meta.created).lead(open(Known::Pod, first)))
}
