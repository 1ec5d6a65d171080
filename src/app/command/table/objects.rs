//! Objects: what they are made of, what is read of them, and what the most usual keys do to them.

use crate::app::App;
use crate::app::command::{Command, Group, Place, Row, only, row};

pub(super) const OBJECTS: &[Row] = {
    use Command::*;
    use Group::*;
    use Place::Table;
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
            App::has_description,
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
            row(
                Silence,
                "silence",
                &["s"],
                Place::Alerts,
                Act,
                "silence",
                "Silence the alert for a while: :silence 30m LABEL=VALUE … REASON",
            ),
            App::has_alert,
        ),
        only(
            row(
                ExtendSilence,
                "extend-silence",
                &["e"],
                Place::Alerts,
                Act,
                "another end",
                "Give the silence under the cursor, or those of the alert, another end: :extend-silence 1h from now",
            ),
            App::has_silence,
        ),
        only(
            row(
                EndSilence,
                "end-silence",
                &["ctrl-d"],
                Place::Alerts,
                Act,
                "end",
                "End the silence under the cursor, or those of the alert",
            ),
            App::has_silence,
        ),
        only(
            row(
                CopySource,
                "copy-source",
                &["o"],
                Place::Alerts,
                Look,
                "",
                "Copy the address at which Prometheus shows the alert's expression",
            ),
            App::has_alert,
        ),
        only(
            row(Logs, "logs", &["l"], Table, Look, "logs", "Read the log of the pod or container"),
            App::has_pod,
        ),
        only(
            row(
                Scale,
                "scale",
                &["s"],
                Table,
                Act,
                "scale",
                "Change the number of replicas, or :scale N",
            ),
            App::has_scale,
        ),
        only(
            row(
                RollBack,
                "roll-back",
                &["H"],
                Table,
                Act,
                "roll back",
                "Rollout history, on the newest older revision that served: enter plans the roll-back; or :roll-back REVISION",
            ),
            App::has_rollout,
        ),
        only(
            row(
                Restart,
                "restart",
                &["r"],
                Table,
                Act,
                "restart",
                "Make new pods, one after the other",
            ),
            App::has_rollout,
        ),
        only(
            row(
                Shell,
                "shell",
                &["s"],
                Place::Pods,
                Act,
                "shell",
                "A shell in the container, at this terminal; ctrl-] leaves it",
            ),
            App::has_target,
        ),
        only(
            row(
                Attach,
                "attach",
                &["a"],
                Place::Pods,
                Act,
                "",
                "This terminal at the container's own program; ctrl-] leaves it",
            ),
            App::has_target,
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
                Explain,
                "explain",
                &["X"],
                Table,
                Look,
                "explain",
                "Why it is so: from the symptom to the cause, what changed before, what could not be seen",
            ),
            App::has_subject,
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
    ]
};
