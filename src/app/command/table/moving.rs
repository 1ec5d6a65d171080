//! Moving about, and reading texts.

use crate::app::App;
use crate::app::command::{Command, Group, Place, Row, only, row};

pub(super) const MOVING: &[Row] = {
    use Command::*;
    use Group::*;
    use Place::{Anywhere, Reading, Text as TextPlace};
    &[
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
        only(
            row(
                Open,
                "follow-lead",
                &["enter"],
                Place::Explain,
                Look,
                "follow",
                "Where the line leads: the object, its events, the log; a command is copied",
            ),
            App::has_lead,
        ),
        only(
            row(
                Explain,
                "explain-this",
                &["X"],
                Reading,
                Look,
                "",
                "Explain what is read (in an explanation: what the line leads to)",
            ),
            App::has_subject,
        ),
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
    ]
};
