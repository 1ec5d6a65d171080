//! One line of the audit: who wanted what where, and what became of it. CloudEvents 1.0 in JSON
//! (<https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md>).

use serde::{Deserialize, Serialize};

/// What sort of thing was done. The word of each is the end of the event's type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AuditKind {
    /// A change is about to be sent. Its outcome follows, in a line of its own.
    #[serde(rename = "dev.quarterdeck.action.intended")]
    Intended,
    /// What became of an intent.
    #[serde(rename = "dev.quarterdeck.action.outcome")]
    Outcome,
    /// A plan that was not carried out: cancelled, refused or failed before anything was sent.
    #[serde(rename = "dev.quarterdeck.action.dropped")]
    Dropped,
    /// Logs were printed with the secrets in them.
    #[serde(rename = "dev.quarterdeck.logs.unredacted")]
    Unredacted,
}

/// How a change ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AuditOutcome {
    Succeeded,
    Failed,
    /// It was sent, and nobody knows what became of it.
    Unknown,
    /// The user said no.
    Cancelled,
    /// A rule, a right or the guard said no.
    Refused,
}

/// Who did it, and from where: the same in all lines of one run of the program.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    pub host: String,
    /// The account on this machine.
    pub user: String,
    /// One run of the program: its process id and a random part.
    pub session: String,
}

/// What was done. All text in it has passed the redaction.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Deed {
    #[serde(skip_serializing_if = "String::is_empty")]
    pub environment: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub context: String,
    /// Whom the cluster takes the user for.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub identity: String,
    /// The verb: `scale`, `rollout undo`.
    pub action: String,
    /// The line that does the same by hand.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub command: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// SHA-256 of what was shown before it was confirmed.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub plan: String,
    /// How it was confirmed: `key`, `token`, `full`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub confirmation: String,
    /// Of an outcome: the id of its intent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub intent: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<AuditOutcome>,
    /// What the server said of it, in a sentence.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub said: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<u64>,
    /// The `Audit-Id` of the server's answer, by which its own audit knows the request.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub audit_id: String,
    /// Lines that cannot be read back are kept as they are.
    #[serde(flatten)]
    pub other: serde_json::Map<String, serde_json::Value>,
}

/// A line as it stands in the file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AuditEvent {
    pub specversion: String,
    /// Unique among all lines.
    pub id: String,
    /// `//HOST/USER/SESSION`
    pub source: String,
    #[serde(rename = "type")]
    pub kind: AuditKind,
    /// RFC 3339, in UTC.
    pub time: jiff::Timestamp,
    /// SHA-256 (hexadecimal) of the bytes of the line before; zeros in the very first.
    pub prev: String,
    /// Where a line was first written to the place of refuge: what its `prev` was there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refugeprev: Option<String>,
    pub data: Deed,
}

impl AuditEvent {
    /// The account of this machine, out of the source.
    pub fn user(&self) -> &str {
        self.source.trim_start_matches('/').split('/').nth(1).unwrap_or("?")
    }

    /// The process that wrote it.
    pub fn pid(&self) -> Option<u32> {
        let session = self.source.trim_start_matches('/').split('/').nth(2)?;
        session.split_once('-')?.0.parse().ok()
    }

    /// The run of the program that wrote it.
    pub fn session(&self) -> &str {
        self.source.trim_start_matches('/').split('/').nth(2).unwrap_or_default()
    }

    /// The machine.
    pub fn host(&self) -> &str {
        self.source.trim_start_matches('/').split('/').next().unwrap_or("?")
    }
}

impl Actor {
    /// The user of this process, in a run of its own.
    pub fn of_process() -> Self {
        let variable = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
        let user = variable("USER").or_else(|| variable("LOGNAME")).unwrap_or_else(|| "?".to_owned());
        let plain = |text: String| text.replace(['/', '\n'], "_");
        Self {
            host: plain(rustix::system::uname().nodename().to_string_lossy().into_owned()),
            user: plain(user),
            session: format!("{}-{:08x}", std::process::id(), fastrand::u32(..)),
        }
    }

    pub(super) fn source(&self) -> String {
        format!("//{}/{}/{}", self.host, self.user, self.session)
    }
}
