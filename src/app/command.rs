//! Everything a user can do on the screen, in one table: name, keys, help text, where it works.
//!
//! Dispatch, footer, help, palette, the configuration's `[keys]` and the README all read [`COMMANDS`].
//! To add one: a variant, a row in `table`, and an arm in `app::update` (or in the pane that it belongs to).

mod table;

use super::App;
use super::view::View;

pub use table::COMMANDS;

/// A thing to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Command {
    Palette,
    Filter,
    Help,
    Open,
    Back,
    BackOrQuit,
    Quit,
    Cancel,
    Describe,
    Yaml,
    Logs,
    PreviousLogs,
    ObjectEvents,
    /// Why it is so.
    Explain,
    Owner,
    Up,
    Down,
    PageUp,
    PageDown,
    Top,
    Bottom,
    Left,
    Right,
    Faults,
    Wide,
    Mark,
    MarkAll,
    Unmark,
    AllNamespaces,
    /// The n-th favourite namespace, 1–9.
    Favourite(u8),
    SortName,
    SortNamespace,
    SortStatus,
    SortAge,
    SortRestarts,
    SortCpu,
    SortMemory,
    SortTime,
    SortLeft,
    SortRight,
    SortReverse,
    Copy,
    Save,
    Search,
    SearchNext,
    SearchPrevious,
    Wrap,
    ManagedFields,
    Follow,
    Timestamps,
    LogMark,
    /// Show only the log lines that match.
    LogFilter,
    /// More or fewer lines around each match.
    LogContext,
    NextError,
    PreviousError,
    /// To where the lines begin to come faster or slower.
    NextRate,
    PreviousRate,
    /// Show all lines of the trace or request of the line under the cursor.
    FollowId,
    /// What the lines of a log say, counted.
    Templates,
    /// The bars of lines over time.
    Bars,
    /// Structured lines as they came.
    RawLines,
    /// Read further back from the server.
    FurtherBack,
    SelectLines,
    /// Choose the fields of structured lines that are shown.
    PickFields,
    Container,
    /// The runbook that helps with what is selected.
    Runbook,
    /// The runbook that is walked.
    Walk,
    /// On with a walk of an earlier time.
    ResumeWalk,
    /// The n-th answer of a step, 1–9.
    StepAnswer(u8),
    StepBack,
    StepSkip,
    StepNote,
    StepTick,
    StepAgain,
    /// Keeps what is looked at with the walk.
    StepKeep,
    /// All steps of the runbook.
    Outline,
    /// Whom to call.
    Contacts,
    /// A question to Logs Insights.
    Insights,
    /// Word the question anew.
    EditQuestion,
    AskAgain,
    /// Panels of the Prometheus for what is selected.
    Metrics,
    /// The same for the whole environment.
    AllMetrics,
    /// A question of one's own to the Prometheus.
    PromQl,
    /// Draw the day before behind.
    Yesterday,
    ZoomIn,
    ZoomOut,
    /// The address of the Grafana dashboard that shows the same.
    Dashboard,
    /// How far back the log starts; the digit of the key.
    Since(u8),
    /// A digit of the number that a red line of the overview has.
    Red(u8),
    NextPane,
    Split,
    ClosePane,
    Zoom,
    Wider,
    Narrower,
    LastView,
    HistoryBack,
    HistoryForward,
    Findings,
    Evidence,
    /// How many replicas; the number is asked for.
    Scale,
    /// A shell in a container, at this terminal.
    Shell,
    /// This terminal at the program of a container.
    Attach,
    SetImage,
    /// The object as a text in the user's editor.
    Edit,
    /// What containers ask for and may use; asked for.
    SetResources,
    /// How many replicas an autoscaler may make; asked for.
    Bounds,
    Restart,
    /// The rollout history: back to a revision that served.
    RollBack,
    PauseRollout,
    ResumeRollout,
    Delete,
    Cordon,
    Uncordon,
    Drain,
    Evict,
    Progress,
    /// A cron job's job, now.
    Trigger,
    SuspendCron,
    ResumeCron,
    /// A container with tools in a pod, at this terminal.
    Debug,
    /// Files out of a container.
    CopyOut,
    /// Files into a container.
    CopyIn,
    /// A port of this machine that leads to what is selected.
    Forward,
    /// All port-forwards.
    Forwards,
    StopForward,
    ForwardAgain,
    ProbeForward,
    /// Take back what was done here last.
    Undo,
    Lock,
    Unlock,
    /// What was done, by whom, and what became of it.
    Audit,
    /// The kubectl line that was shown last.
    CopyLine,
    Environments,
    /// The health probes of all environments.
    Health,
    /// All environments on one screen, the worst first.
    Overview,
    /// One workload as it is in every environment.
    Compare,
    NextEnvironment,
    Login,
    Reconnect,
    Repaint,
    Suspend,
    /// The alerts of the environment.
    Alerts,
    /// The silences of its Alertmanagers.
    Silences,
    /// Alerts are not told for a while.
    Silence,
    ExtendSilence,
    EndSilence,
    /// Where its Prometheus shows an alert's expression.
    CopySource,
    /// A moment in the log.
    GoToTime,
    /// Others look on, or do so no longer.
    Share,
    Guide,
}

/// Where a command works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Anywhere,
    Table,
    /// A table of nodes: its keys win over those of tables.
    Nodes,
    /// A table of pods, or of the containers of one: likewise.
    Pods,
    /// The table of forwards: likewise.
    Forwards,
    /// The tables of alerts and of silences: likewise.
    Alerts,
    /// YAML, describe and help.
    Text,
    Log,
    Explain,
    /// A question to Logs Insights.
    Insights,
    /// All environments.
    Overview,
    /// Panels of a Prometheus.
    Metrics,
    /// A runbook that is walked: its keys win.
    Book,
    /// Text, log and explanation.
    Reading,
}

impl Place {
    /// Whether a command of this place works in a view.
    pub fn covers(self, view: &View) -> bool {
        match (self, view) {
            (Self::Nodes, View::Table(table)) => return table.shows(crate::model::Known::Node),
            (Self::Pods, View::Table(table)) => return table.shows_pods(),
            (Self::Alerts, View::Table(table)) => {
                use crate::ui::panes::table::RowSource::{Alerts, Silences};
                return matches!(table.source, Alerts | Silences);
            }
            (Self::Forwards, View::Table(table)) => return table.source == crate::ui::panes::table::RowSource::Forwards,
            _ => {}
        }
        matches!(
            (self, view),
            (Self::Anywhere, _)
                | (Self::Table, View::Table(_))
                | (Self::Text | Self::Reading, View::Text(_))
                | (Self::Log | Self::Reading, View::Log(_))
                | (Self::Reading, View::Page(_))
                | (Self::Insights, View::Insights(_))
                | (Self::Overview, View::Overview(_))
                | (Self::Book, View::Book(_))
                | (Self::Explain | Self::Reading, View::Explain(_))
                | (Self::Metrics, View::Metrics(_))
        )
    }

    /// Whether its keys win over those of the wider places.
    pub fn is_narrow(self) -> bool {
        matches!(self, Self::Nodes | Self::Pods | Self::Forwards | Self::Alerts | Self::Book)
    }

    /// Whether one key may stand for commands of both places: it may, if no view has both.
    pub fn overlaps(self, other: Self) -> bool {
        use Place::{Anywhere, Explain, Log, Reading, Text};
        // The narrower wins, on purpose: k9s has other keys on nodes.
        if self.is_narrow() || other.is_narrow() {
            return self == other;
        }
        matches!(
            (self, other),
            (Anywhere, _) | (_, Anywhere) | (Reading, Text | Log | Explain | Reading) | (Text | Log | Explain, Reading)
        ) || self == other
    }
}

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    pub command: Command,
    /// What the palette and the configuration call it.
    pub name: &'static str,
    /// One line of help.
    pub doc: &'static str,
    /// Default keys, as written in the configuration.
    pub keys: &'static [&'static str],
    pub place: Place,
    pub group: Group,
    /// One word in the footer; empty: not shown there.
    pub hint: &'static str,
    /// Whether it means something now.
    pub available: fn(&App) -> bool,
}

/// The sections of the help.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    General,
    Move,
    Look,
    Narrow,
    Sort,
    Text,
    Log,
    Walk,
    Panes,
    Environment,
    Act,
}

impl Group {
    /// The section's title.
    pub fn title(self) -> &'static str {
        match self {
            Self::General => "General",
            Self::Move => "Move",
            Self::Look => "Look closer",
            Self::Narrow => "Narrow down",
            Self::Sort => "Sort",
            Self::Text => "YAML and describe",
            Self::Log => "Logs",
            Self::Walk => "Runbook",
            Self::Panes => "Panes and history",
            Self::Environment => "Environment",
            Self::Act => "Change something (a plan is shown first)",
        }
    }
}

const fn row(
    command: Command,
    name: &'static str,
    keys: &'static [&'static str],
    place: Place,
    group: Group,
    hint: &'static str,
    doc: &'static str,
) -> Row {
    Row {
        command,
        name,
        doc,
        keys,
        place,
        group,
        hint,
        available: always,
    }
}

const fn only(mut row: Row, available: fn(&App) -> bool) -> Row {
    row.available = available;
    row
}

fn always(_: &App) -> bool {
    true
}

/// The row of a command. A command may have several (the same act in different places): the first.
pub fn row_of(command: Command) -> Option<&'static Row> {
    COMMANDS.iter().find(|row| row.command == command)
}

/// The command of this name.
pub fn by_name(name: &str) -> Option<&'static Row> {
    COMMANDS.iter().find(|row| row.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_row_has_a_name_of_its_own_and_a_sentence() {
        let mut names = HashSet::new();
        for row in COMMANDS {
            assert!(names.insert(row.name), "{} stands twice", row.name);
            assert!(
                !row.doc.is_empty() && !row.doc.ends_with('.'),
                "{}: a sentence without a full stop",
                row.name
            );
            assert!(
                row.name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'),
                "{}",
                row.name
            );
        }
    }

    #[test]
    fn no_key_means_two_things_in_one_view() {
        for (i, a) in COMMANDS.iter().enumerate() {
            for b in &COMMANDS[i + 1..] {
                for key in a.keys {
                    assert!(
                        !(a.place.overlaps(b.place) && b.keys.contains(key)),
                        "{key} is {} and {}",
                        a.name,
                        b.name
                    );
                }
            }
        }
    }
}
