//! Persistent volumes and the claims on them.

use serde::Deserialize;

use super::fields::{Amount, List, Maybe, Text};
use super::meta::Item;
use super::strings::Strings;
use crate::model::{Body, clean, storage};

pub type Claim<'a> = Item<'a, ClaimSpec<'a>, ClaimStatus<'a>>;
pub type Volume<'a> = Item<'a, VolumeSpec<'a>, VolumeStatus<'a>>;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Capacity {
    pub storage: Amount,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Resources {
    pub requests: Maybe<Capacity>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ClaimSpec<'a> {
    #[serde(borrow)]
    pub volume_name: Text<'a>,
    pub storage_class_name: Text<'a>,
    pub access_modes: List<Text<'a>>,
    pub resources: Maybe<Resources>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ClaimStatus<'a> {
    #[serde(borrow)]
    pub phase: Text<'a>,
    pub capacity: Maybe<Capacity>,
    pub access_modes: List<Text<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct VolumeSpec<'a> {
    pub capacity: Maybe<Capacity>,
    #[serde(borrow)]
    pub access_modes: List<Text<'a>>,
    pub persistent_volume_reclaim_policy: Text<'a>,
    pub storage_class_name: Text<'a>,
    pub claim_ref: Maybe<ClaimRef<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ClaimRef<'a> {
    #[serde(borrow)]
    pub namespace: Text<'a>,
    pub name: Text<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct VolumeStatus<'a> {
    #[serde(borrow)]
    pub phase: Text<'a>,
    pub reason: Text<'a>,
}

pub fn claim(raw: &Claim<'_>, strings: &mut Strings) -> Body {
    let (spec, status) = (&*raw.spec, &*raw.status);
    let bound = status.capacity.storage.0;
    Body::Claim(Box::new(storage::Claim {
        phase: status.phase.clean(),
        volume: spec.volume_name.clean(),
        capacity: if bound.get().is_some() {
            bound
        } else {
            spec.resources.requests.storage.0
        },
        modes: modes(if status.access_modes.is_empty() {
            &spec.access_modes
        } else {
            &status.access_modes
        }),
        class: strings.get(spec.storage_class_name.or(&raw.metadata.annotations.storage_class)),
    }))
}

pub fn volume(raw: &Volume<'_>, strings: &mut Strings) -> Body {
    let (spec, status) = (&*raw.spec, &*raw.status);
    let claim = &spec.claim_ref;
    Body::Volume(Box::new(storage::Volume {
        phase: status.phase.clean(),
        capacity: spec.capacity.storage.0,
        modes: modes(&spec.access_modes),
        reclaim: spec.persistent_volume_reclaim_policy.clean(),
        claim: match &*claim.name {
            "" => Box::default(),
            name => clean(&format!("{}/{name}", &*claim.namespace)).into(),
        },
        class: strings.get(spec.storage_class_name.or(&raw.metadata.annotations.storage_class)),
        reason: status.reason.clean(),
    }))
}

/// `RWO,ROX`, as kubectl abbreviates.
fn modes(modes: &[Text<'_>]) -> Box<str> {
    let short = modes.iter().map(|m| match &**m {
        "ReadWriteOnce" => "RWO",
        "ReadOnlyMany" => "ROX",
        "ReadWriteMany" => "RWX",
        "ReadWriteOncePod" => "RWOP",
        other => other,
    });
    clean(&short.collect::<Vec<_>>().join(",")).into()
}
