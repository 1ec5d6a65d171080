//! Rows: copied, filtered, marked, sorted.

use crate::app::App;
use crate::app::command::{Command, Group, Place, Row, always, only, row};

pub(super) const ROWS: &[Row] = {
    use Command::*;
    use Group::*;
    use Place::{Anywhere, Table};
    &[
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
    ]
};
