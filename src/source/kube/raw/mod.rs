//! Objects as the API writes them, with only the fields that are used, turned into [`crate::model`].
//!
//! The parser skips the rest without keeping it. All versions that servers from 1.20 to 1.36 may
//! prefer are read by the same structures; what differs is looked at field by field.

mod event;
mod fields;
mod fingerprint;
mod hpa;
mod job;
mod managed;
mod meta;
mod network;
mod node;
mod pod;
mod pod_status;
mod policy;
mod storage;
mod strings;
mod template;
mod workload;

use serde::Deserialize;

pub use fields::{Amount, List, Maybe, Text, When};
pub use managed::{Managed, ManagedFields};
pub use meta::RawMeta;
pub use strings::Strings;

use crate::model::{Body, Known, Object};
use meta::HasMeta;

/// One object, read.
#[derive(Debug)]
pub struct Decoded {
    pub object: Object,
    /// `metadata.resourceVersion`: where a watch resumes. Opaque.
    pub version: Box<str>,
}

/// Reads an object of a known kind. `None` for the kinds that are read as table rows.
///
/// # Errors
/// When the bytes are not such an object.
pub fn decode(known: Known, bytes: &[u8], strings: &mut Strings) -> Option<Result<Decoded, serde_json::Error>> {
    Some(match known {
        Known::Pod => read::<pod::Raw>(bytes, strings, pod::body),
        Known::Deployment => read::<workload::Deployment>(bytes, strings, workload::deployment),
        Known::ReplicaSet => read::<workload::ReplicaSet>(bytes, strings, workload::replica_set),
        Known::StatefulSet => read::<workload::StatefulSet>(bytes, strings, workload::stateful_set),
        Known::DaemonSet => read::<workload::DaemonSet>(bytes, strings, workload::daemon_set),
        Known::Job => read::<job::Job>(bytes, strings, job::job),
        Known::CronJob => read::<job::CronJob>(bytes, strings, job::cron_job),
        Known::Service => read::<network::Service>(bytes, strings, network::service),
        Known::EndpointSlice => read::<network::EndpointSlice>(bytes, strings, network::endpoint_slice),
        Known::Ingress => read::<network::Ingress>(bytes, strings, network::ingress),
        Known::NetworkPolicy => read::<network::NetworkPolicy>(bytes, strings, network::network_policy),
        Known::PersistentVolumeClaim => read::<storage::Claim>(bytes, strings, storage::claim),
        Known::PersistentVolume => read::<storage::Volume>(bytes, strings, storage::volume),
        Known::Node => read::<node::Node>(bytes, strings, node::node),
        Known::Namespace => read::<node::Namespace>(bytes, strings, node::namespace),
        Known::HorizontalPodAutoscaler => read::<hpa::Raw>(bytes, strings, hpa::body),
        Known::PodDisruptionBudget => read::<policy::Budget>(bytes, strings, policy::budget),
        Known::ServiceAccount => read::<policy::Account>(bytes, strings, policy::account),
        Known::Event => read::<event::Raw>(bytes, strings, event::body),
        Known::ConfigMap | Known::Secret => return None,
    })
}

fn read<'a, R: Deserialize<'a> + HasMeta<'a>>(
    bytes: &'a [u8],
    strings: &mut Strings,
    body: impl FnOnce(&R, &mut Strings) -> Body,
) -> Result<Decoded, serde_json::Error> {
    let raw: R = serde_json::from_slice(bytes)?;
    let meta = raw.meta().read(strings);
    // A row that cannot be named cannot be selected, opened or told from the next.
    if meta.name.is_empty() {
        return Err(serde::de::Error::custom("an object without a name"));
    }
    let body = body(&raw, strings);
    Ok(Decoded {
        version: (*raw.meta().resource_version).into(),
        object: Object { meta, body },
    })
}

#[cfg(test)]
mod tests;
