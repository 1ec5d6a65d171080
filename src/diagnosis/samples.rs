//! Objects and findings to test with.

use crate::model::{Finding, Known, Severity, Subject, Time, Uid};

/// A finding about an object of this identity.
pub fn finding(id: &'static str, uid: u128, since: Time) -> Finding {
    let subject = Subject {
        kind: Known::Pod.into(),
        namespace: "solia".into(),
        name: format!("object-{uid}").into(),
        uid: Uid(uid),
    };
    let mut finding = Finding::new(Severity::Warning, subject, "is not well").since(since);
    finding.id = id;
    finding
}
