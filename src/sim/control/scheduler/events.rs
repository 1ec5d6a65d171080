//! Events of the scheduler, in the shape of the newer events API, which it has spoken for years: a time in
//! microseconds and an action; what repeats becomes a series.

use serde_json::json;

use crate::sim::store::{Key, Stored, micros};
use crate::sim::world::{Tone, World};

/// Tells an event about a pod: reason and action, then the message.
pub fn tell(world: &mut World, pod: &Stored, tone: Tone, (reason, action): (&str, &str), message: String) {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in pod.uid.bytes().chain(reason.bytes()).chain(message.bytes()) {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    let name = format!("{}.{hash:016x}", pod.key.name);
    let key = Key::new("events", &pod.key.namespace, &name);
    let now = micros(world.now());
    if world.store.find(&key).is_some() {
        world.update(&key, |event| {
            let count = event["series"]["count"].as_u64().unwrap_or(1) + 1;
            event["series"] = json!({"count": count, "lastObservedTime": now});
        });
        return;
    }
    let tone = if tone == Tone::Normal { "Normal" } else { "Warning" };
    world.put(
        "events",
        json!({
            "metadata": {"namespace": &*pod.key.namespace, "name": name},
            "involvedObject": {"kind": "Pod", "apiVersion": "v1", "name": &*pod.key.name, "namespace": &*pod.key.namespace,
                "uid": &*pod.uid, "resourceVersion": pod.rv.to_string()},
            "reason": reason, "action": action, "message": message, "type": tone, "source": {}, "eventTime": now,
            "firstTimestamp": null, "lastTimestamp": null,
            "reportingComponent": "default-scheduler", "reportingInstance": "default-scheduler-0",
        }),
    );
}
