//! Everything a user can do on the screen, in one table: name, keys, help text, where it works.
//!
//! Dispatch, footer, help, palette, the configuration's `[keys]` and the README all read [`COMMANDS`].
//! To add one: a variant, a row here, and an arm in `app::update` (or in the pane that it belongs to).

use super::App;
use super::view::View;

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
    Container,
    /// How far back the log starts; the digit of the key.
    Since(u8),
    NextPane,
    Split,
    ClosePane,
    Zoom,
    Wider,
    Narrower,
    LastView,
    HistoryBack,
    HistoryForward,
    Environments,
    NextEnvironment,
    Login,
    Reconnect,
    Repaint,
    Suspend,
}

/// Where a command works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Anywhere,
    Table,
    /// YAML, describe and help.
    Text,
    Log,
    /// Text and log.
    Reading,
}

impl Place {
    /// Whether a command of this place works in a view.
    pub fn covers(self, view: &View) -> bool {
        matches!(
            (self, view),
            (Self::Anywhere, _)
                | (Self::Table, View::Table(_))
                | (Self::Text | Self::Reading, View::Text(_))
                | (Self::Log | Self::Reading, View::Log(_))
        )
    }

    /// Whether one key may stand for commands of both places: it may, if no view has both.
    pub fn overlaps(self, other: Self) -> bool {
        use Place::{Anywhere, Log, Reading, Text};
        matches!(
            (self, other),
            (Anywhere, _) | (_, Anywhere) | (Reading, Text | Log | Reading) | (Text | Log, Reading)
        ) || self == other
    }
}

/// One row of the table.
#[derive(Debug)]
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
    Panes,
    Environment,
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
            Self::Panes => "Panes and history",
            Self::Environment => "Environment",
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

/// All commands. The order is the order of the help and, by `hint`, of the footer.
pub const COMMANDS: &[Row] = {
    use Command::*;
    use Group::*;
    use Place::{Anywhere, Reading, Table, Text as TextPlace};
    &[
        only(
            row(
                Open,
                "open",
                &["enter"],
                Table,
                Look,
                "open",
                "Walk down: workload → pods → containers → logs, node → pods, service → pods, kind → objects",
            ),
            App::has_row,
        ),
        only(
            row(
                Describe,
                "describe",
                &["d"],
                Table,
                Look,
                "describe",
                "Describe the object: its state in words, conditions, events",
            ),
            App::has_object,
        ),
        only(
            row(
                Yaml,
                "yaml",
                &["y"],
                Table,
                Look,
                "yaml",
                "Show the object as YAML (secret values masked)",
            ),
            App::has_object,
        ),
        only(
            row(Logs, "logs", &["l"], Table, Look, "logs", "Read the log of the pod or container"),
            App::has_pod,
        ),
        only(
            row(
                PreviousLogs,
                "previous-logs",
                &["p"],
                Table,
                Look,
                "previous",
                "Read the log of the run before the last restart",
            ),
            App::has_pod,
        ),
        only(
            row(
                ObjectEvents,
                "object-events",
                &["E"],
                Table,
                Look,
                "events",
                "Events of this object",
            ),
            App::has_object,
        ),
        only(
            row(
                Owner,
                "owner",
                &["J"],
                Table,
                Look,
                "owner",
                "Jump up to the owner: pod → replica set → deployment",
            ),
            App::has_owner,
        ),
        row(
            Copy,
            "copy",
            &["c"],
            Anywhere,
            Look,
            "",
            "Copy the name (table), the line or the whole text to the clipboard of this terminal (OSC 52)",
        ),
        row(Save, "save", &["ctrl-s"], Anywhere, Look, "", "Save what the pane shows to a file"),
        row(
            Filter,
            "filter",
            &["/"],
            Table,
            Narrow,
            "filter",
            "Filter rows: words, ^regex.*$, !not, -l label=value, status:x, restarts>3, age<2h",
        ),
        only(
            row(
                Faults,
                "faults",
                &["ctrl-z"],
                Table,
                Narrow,
                "",
                "Only what is not as it should be (events: only warnings)",
            ),
            always,
        ),
        row(Wide, "wide", &["ctrl-w"], Table, Narrow, "", "More columns"),
        row(AllNamespaces, "all-namespaces", &["0"], Table, Narrow, "", "All namespaces"),
        row(
            Favourite(1),
            "favourite-1",
            &["1"],
            Table,
            Narrow,
            "",
            "First favourite (or last used) namespace",
        ),
        row(Favourite(2), "favourite-2", &["2"], Table, Narrow, "", "Second favourite namespace"),
        row(Favourite(3), "favourite-3", &["3"], Table, Narrow, "", "Third favourite namespace"),
        row(Favourite(4), "favourite-4", &["4"], Table, Narrow, "", "Fourth favourite namespace"),
        row(Favourite(5), "favourite-5", &["5"], Table, Narrow, "", "Fifth favourite namespace"),
        row(Favourite(6), "favourite-6", &["6"], Table, Narrow, "", "Sixth favourite namespace"),
        row(
            Favourite(7),
            "favourite-7",
            &["7"],
            Table,
            Narrow,
            "",
            "Seventh favourite namespace",
        ),
        row(Favourite(8), "favourite-8", &["8"], Table, Narrow, "", "Eighth favourite namespace"),
        row(Favourite(9), "favourite-9", &["9"], Table, Narrow, "", "Ninth favourite namespace"),
        only(
            row(Mark, "mark", &["space"], Table, Narrow, "", "Mark the row and go to the next"),
            App::has_row,
        ),
        row(
            MarkAll,
            "mark-all",
            &["ctrl-a"],
            Table,
            Narrow,
            "",
            "Mark every row that the filter shows",
        ),
        row(Unmark, "unmark", &["ctrl-u"], Table, Narrow, "", "Clear all marks"),
        row(SortName, "sort-name", &["N"], Table, Sort, "", "Sort by name"),
        row(SortNamespace, "sort-namespace", &["P"], Table, Sort, "", "Sort by namespace"),
        row(SortStatus, "sort-status", &["S"], Table, Sort, "", "Sort by status"),
        row(SortAge, "sort-age", &["A"], Table, Sort, "", "Sort by age"),
        row(SortRestarts, "sort-restarts", &["R"], Table, Sort, "", "Sort by restarts"),
        row(SortCpu, "sort-cpu", &["C"], Table, Sort, "", "Sort by CPU"),
        row(SortMemory, "sort-memory", &["M"], Table, Sort, "", "Sort by memory"),
        row(
            SortTime,
            "sort-time",
            &["T"],
            Table,
            Sort,
            "",
            "Sort by last time (restart, event, schedule)",
        ),
        row(
            SortLeft,
            "sort-left",
            &["shift-left"],
            Table,
            Sort,
            "",
            "Sort by the column to the left",
        ),
        row(
            SortRight,
            "sort-right",
            &["shift-right"],
            Table,
            Sort,
            "",
            "Sort by the column to the right",
        ),
        row(SortReverse, "sort-reverse", &["O"], Table, Sort, "", "Reverse the order"),
        row(Up, "up", &["k", "up"], Anywhere, Move, "", "One up"),
        row(Down, "down", &["j", "down"], Anywhere, Move, "", "One down"),
        row(PageUp, "page-up", &["pageup", "ctrl-b"], Anywhere, Move, "", "A page up"),
        row(PageDown, "page-down", &["pagedown", "ctrl-f"], Anywhere, Move, "", "A page down"),
        row(Top, "top", &["g", "home"], Anywhere, Move, "", "To the first"),
        row(
            Bottom,
            "bottom",
            &["G", "end"],
            Anywhere,
            Move,
            "",
            "To the last (in a log: follow again)",
        ),
        row(Left, "left", &["h", "left"], Anywhere, Move, "", "To the left"),
        row(Right, "right", &["right"], Anywhere, Move, "", "To the right"),
        row(
            Search,
            "search",
            &["/"],
            Reading,
            Text,
            "search",
            "Search; n and N go from match to match",
        ),
        row(SearchNext, "next-match", &["n"], Reading, Text, "next", "Next match"),
        row(SearchPrevious, "previous-match", &["N"], Reading, Text, "", "Match before"),
        row(Wrap, "wrap", &["w"], Reading, Text, "wrap", "Wrap long lines"),
        row(
            ManagedFields,
            "managed-fields",
            &["m"],
            TextPlace,
            Text,
            "",
            "Show or hide managedFields (YAML)",
        ),
        row(
            Follow,
            "follow",
            &["s"],
            Place::Log,
            Log,
            "follow",
            "Follow the end of the log, or stay here",
        ),
        row(
            Timestamps,
            "timestamps",
            &["t"],
            Place::Log,
            Log,
            "time",
            "Show the time of each line",
        ),
        row(
            LogMark,
            "log-mark",
            &["m"],
            Place::Log,
            Log,
            "",
            "Draw a line with the time below the newest log line",
        ),
        row(
            Container,
            "container",
            &["o"],
            Place::Log,
            Log,
            "container",
            "Next container of the pod (or :container NAME)",
        ),
        row(
            PreviousLogs,
            "previous-run",
            &["p"],
            Place::Log,
            Log,
            "previous",
            "The run before the last restart, and back",
        ),
        row(Since(0), "since-tail", &["0"], Place::Log, Log, "", "The last 1000 lines"),
        row(Since(1), "since-start", &["1"], Place::Log, Log, "", "From the start"),
        row(Since(2), "since-1m", &["2"], Place::Log, Log, "", "The last minute"),
        row(Since(3), "since-5m", &["3"], Place::Log, Log, "", "The last 5 minutes"),
        row(Since(4), "since-15m", &["4"], Place::Log, Log, "", "The last 15 minutes"),
        row(Since(5), "since-30m", &["5"], Place::Log, Log, "", "The last 30 minutes"),
        row(Since(6), "since-1h", &["6"], Place::Log, Log, "", "The last hour"),
        row(
            Palette,
            "palette",
            &[":"],
            Anywhere,
            General,
            "command",
            "Go to a kind, namespace or environment, or run any command by name",
        ),
        row(Help, "help", &["?"], Anywhere, General, "help", "The keys of this view"),
        row(
            Back,
            "back",
            &["esc"],
            Anywhere,
            General,
            "",
            "Close what is on top; clear the filter; go back",
        ),
        row(
            BackOrQuit,
            "back-or-quit",
            &["q"],
            Anywhere,
            General,
            "",
            "Go back; at the root leave quarterdeck",
        ),
        row(Quit, "quit", &[], Anywhere, General, "", "Leave quarterdeck"),
        row(
            Cancel,
            "cancel",
            &["ctrl-c"],
            Anywhere,
            General,
            "",
            "Stop what the pane is doing or cancel the dialog; never quits at the first press",
        ),
        row(Repaint, "repaint", &["ctrl-l"], Anywhere, General, "", "Draw the screen again"),
        row(
            Suspend,
            "suspend",
            &[],
            Anywhere,
            General,
            "",
            "Stop the process and return to the shell (fg continues)",
        ),
        row(NextPane, "next-pane", &["tab"], Anywhere, Panes, "", "Go to the other pane"),
        row(Split, "split", &["v"], Anywhere, Panes, "", "Put a second view beside this one"),
        row(ClosePane, "close", &[], Anywhere, Panes, "", "Close this pane"),
        row(Zoom, "zoom", &["z"], Anywhere, Panes, "", "This pane on the whole screen, and back"),
        row(Wider, "wider", &[">", "+"], Anywhere, Panes, "", "Make this pane wider"),
        row(Narrower, "narrower", &["<"], Anywhere, Panes, "", "Make this pane narrower"),
        row(
            LastView,
            "last-view",
            &["-"],
            Anywhere,
            Panes,
            "",
            "The view before this one, and back",
        ),
        row(
            HistoryBack,
            "history-back",
            &["[", "backspace"],
            Anywhere,
            Panes,
            "",
            "Back through the views of this pane",
        ),
        row(
            HistoryForward,
            "history-forward",
            &["]"],
            Anywhere,
            Panes,
            "",
            "Forward through the views of this pane",
        ),
        row(
            Environments,
            "environments",
            &["o"],
            Table,
            Environment,
            "",
            "All environments and how they are",
        ),
        row(
            NextEnvironment,
            "next-environment",
            &["."],
            Table,
            Environment,
            "",
            "The same view in the next connected environment",
        ),
        row(
            Login,
            "login",
            &[],
            Anywhere,
            Environment,
            "",
            "Hand the terminal to the environment's login command, then reconnect",
        ),
        row(
            Reconnect,
            "reconnect",
            &["ctrl-r"],
            Anywhere,
            Environment,
            "",
            "Build the connection anew and list everything again",
        ),
    ]
};

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
