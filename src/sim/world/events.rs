//! Events, as the recorders of a cluster write them: the same thing again is the same event with a higher count.

use serde_json::json;

use super::World;
use crate::sim::store::{Key, Stored, seconds};

/// Whether an event is a matter of course.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    Normal,
    Warning,
}

/// What an event says.
#[derive(Clone, Debug)]
pub struct Note<'a> {
    pub tone: Tone,
    pub reason: &'a str,
    pub message: String,
    /// `kubelet`, `deployment-controller`, `default-scheduler` …
    pub component: &'a str,
    /// The node whose kubelet says it.
    pub host: Option<&'a str>,
    /// `spec.containers{backend}`, where it is about a part of the object.
    pub field: Option<String>,
}

impl World {
    /// Tells an event about an object of this kind (`Pod`, `apps/v1`).
    pub fn event(&mut self, about: &Stored, kind: &str, api_version: &str, note: &Note<'_>) {
        let namespace = if about.key.namespace.is_empty() {
            "default"
        } else {
            &*about.key.namespace
        };
        let same = self.name_of_event(about, note);
        let key = Key::new("events", namespace, &same);
        let now = seconds(self.now);
        if self.store.find(&key).is_some() {
            self.update(&key, |event| {
                let count = event["count"].as_u64().unwrap_or(1) + 1;
                event["count"] = json!(count);
                event["lastTimestamp"] = json!(now);
                event["message"] = json!(note.message);
            });
            return;
        }
        let mut source = json!({"component": note.component});
        if let Some(host) = note.host {
            source["host"] = json!(host);
        }
        let mut involved = json!({
            "kind": kind, "apiVersion": api_version, "name": &*about.key.name, "uid": &*about.uid, "resourceVersion": about.rv.to_string(),
        });
        if !about.key.namespace.is_empty() {
            involved["namespace"] = json!(&*about.key.namespace);
        }
        if let Some(field) = &note.field {
            involved["fieldPath"] = json!(field);
        }
        let tone = if note.tone == Tone::Normal { "Normal" } else { "Warning" };
        let event = json!({
            "metadata": {"namespace": namespace, "name": same},
            "involvedObject": involved, "reason": note.reason, "message": note.message, "source": source, "type": tone,
            "firstTimestamp": now, "lastTimestamp": now, "count": 1, "eventTime": null,
            "reportingComponent": note.component, "reportingInstance": note.host.unwrap_or_default(),
        });
        self.put("events", event);
    }

    /// The name that the same event would have: object, reason, part and component decide.
    fn name_of_event(&self, about: &Stored, note: &Note<'_>) -> String {
        let mut hash = 0xcbf2_9ce4_8422_2325_u64;
        // Numbers in what a kubelet says (a back-off that grows) do not make it another event; other words do. In
        // what controllers say, numbers are sizes and names.
        let words = note.message.chars().filter(|c| note.host.is_none() || !c.is_ascii_digit());
        for byte in format!(
            "{}{}{}{:?}{}",
            about.uid,
            note.reason,
            note.component,
            note.field,
            words.collect::<String>()
        )
        .bytes()
        {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        format!("{}.{hash:016x}", about.key.name)
    }
}
