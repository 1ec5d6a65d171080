//! Plain data: what the cluster holds, what is asked of it, what was seen of it.
//!
//! Knows nothing of the terminal, the network or the Kubernetes client. Derives, small pure functions
//! and the rules that every room shares (how an object's health reads, what an exit code means).

mod alert;
mod cells;
mod change;
mod demand;
mod event;
mod fact;
mod finding;
mod health;
mod ids;
mod insights;
mod kind;
mod log;
mod matcher;
mod object;
mod pod;
mod pod_stream;
mod probe;
mod problem;
mod quantity;
mod query;
mod right;
mod template;
mod text;
mod time;
mod unit;
mod usage;
mod window;
mod workload;

pub mod cluster;
mod moment;
pub mod network;
pub mod schedule;
mod selector;
mod series;
pub mod storage;

pub use alert::{Alert, AlertLabels, AlertState, AlertsFrom, AlertsKnown, AlertsTold, DownTarget, FailingRule, SilenceTold, is_watchdog};
pub use cells::{Cell, CellKind, Cells, Columns, ServerColumn};
pub use change::{Change, ChangeKind, Write, WrittenPart};
pub use cluster::Node;
pub use demand::Demand;
pub use event::Event;
pub use fact::{Document, Fact, FeedFact, FeedKey, FeedTrouble, Link, Seen, Server, UsageKey};
pub use finding::{Confidence, Evidence, EvidenceKind, Evidenced, Finding, Folded, Lead, Severity, Subject, TailKey};
pub use health::{Health, health};
pub use ids::{EnvId, Namespaces, Scope, Uid, UidHasher, UidMap};
pub use insights::{CloudPlace, InsightsFact, InsightsKey, InsightsTable, LogGroup, Scanned};
pub use kind::{GroupResource, KNOWN, Kind, Known, KnownInfo, ServedKind};
pub use log::{GroupKey, LogFact, LogFrom, LogKey, LogLine, LogNote, NoteKind, PodKey, Stream, Streams};
pub use matcher::{How, Matcher};
pub use moment::parse_moment;
pub use object::{Body, Labels, Meta, Object, ObjectRef, Owner};
pub use pod::{Container, Exit, Phase, Pod, Probes, Qos, Restart, Role, State, signal_name};
pub use pod_stream::PodStream;
pub use probe::{Blame, Certificate, ProbePlace, ProbeState, Probed, Reach, Silence, Timings, Unmet, Vantage};
pub use problem::{Problem, ProblemKind};
pub use quantity::Quantity;
pub use query::{LogQuery, Pick};
pub use right::{Right, Verdict};
pub use selector::Selector;
pub use series::{MOST_SERIES, Names, Series, SeriesAnswer, SeriesFact, SeriesKey};
pub use storage::VolumeUsage;
pub use template::{Bounds, Part, Template, short_images};
pub use text::{clean, clean_lines, fits, shorten};
pub use time::{Time, parse_duration, short_age};
pub use unit::Unit;
pub use usage::{Usage, UsageSample};
pub use window::{Ask, Next, Place, Sought, WindowFact};
pub use workload::{Condition, ConditionStatus, CronJob, Job, Workload, condition};
