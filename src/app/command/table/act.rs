//! What changes something, and what holds something open.

use crate::app::App;
use crate::app::command::{Command, Group, Place, Row, only, row};

pub(super) const ACT: &[Row] = {
    use Command::*;
    use Group::*;
    use Place::{Anywhere, Table};
    &[
        only(
            row(
                SetImage,
                "image",
                &["i"],
                Table,
                Act,
                "",
                "Set the image of a container, or :image CONTAINER=IMAGE",
            ),
            App::has_rollout,
        ),
        only(
            row(
                Edit,
                "edit",
                &["e"],
                Table,
                Act,
                "",
                "Edit the object in $EDITOR (KUBE_EDITOR, EDITOR): what you change is shown as a plan, secrets stay hidden",
            ),
            App::has_object,
        ),
        only(
            row(
                SetResources,
                "resources",
                &[],
                Table,
                Act,
                "",
                "What containers ask for and may use: :resources [CONTAINER] memory=REQUEST:LIMIT cpu=…",
            ),
            App::has_rollout,
        ),
        only(
            row(
                Bounds,
                "hpa-bounds",
                &[],
                Table,
                Act,
                "",
                "The least and the most replicas that the autoscaler makes, or a new autoscaler: :hpa MIN MAX",
            ),
            App::has_bounds,
        ),
        only(
            row(
                PauseRollout,
                "pause",
                &[],
                Table,
                Act,
                "",
                "Hold a deployment's rollout: changes wait",
            ),
            App::has_deployment,
        ),
        only(
            row(ResumeRollout, "resume", &[], Table, Act, "", "Let a deployment's rollout go on"),
            App::has_deployment,
        ),
        only(
            row(Trigger, "trigger", &[], Table, Act, "", "Run a cron job's job now"),
            App::has_cron_job,
        ),
        only(
            row(SuspendCron, "suspend-cron", &[], Table, Act, "", "Let a cron job make no more jobs"),
            App::has_cron_job,
        ),
        only(
            row(ResumeCron, "resume-cron", &[], Table, Act, "", "Let a cron job make jobs again"),
            App::has_cron_job,
        ),
        only(
            row(
                Delete,
                "delete",
                &["ctrl-d"],
                Table,
                Act,
                "",
                "Delete the object, or the marked ones",
            ),
            App::has_target,
        ),
        only(
            row(
                Cordon,
                "cordon",
                &["c"],
                Place::Nodes,
                Act,
                "cordon",
                "Let no new pods come to the node",
            ),
            App::has_node,
        ),
        only(
            row(
                Uncordon,
                "uncordon",
                &["u"],
                Place::Nodes,
                Act,
                "uncordon",
                "Let new pods come to the node again",
            ),
            App::has_node,
        ),
        only(
            row(
                Forward,
                "forward",
                &["F"],
                Table,
                Act,
                "forward",
                "A port of this machine that leads to the pod, workload or service, or :forward 8080:http",
            ),
            App::leads_to_pods,
        ),
        row(
            Forwards,
            "forwards",
            &["f"],
            Table,
            Look,
            "",
            "Port-forwards: where they lead, and what went through",
        ),
        only(
            row(
                StopForward,
                "stop-forward",
                &["ctrl-d"],
                Place::Forwards,
                Act,
                "end it",
                "End the forward, or forget one of the last time",
            ),
            App::has_row,
        ),
        only(
            row(
                ForwardAgain,
                "forward-again",
                &["r"],
                Place::Forwards,
                Act,
                "open anew",
                "Open the forward anew, or one of the last time",
            ),
            App::has_row,
        ),
        only(
            row(
                ProbeForward,
                "probe-forward",
                &["p"],
                Place::Forwards,
                Look,
                "probe",
                "Look now whether the pod takes connections",
            ),
            App::has_row,
        ),
        only(
            row(
                Debug,
                "debug",
                &[],
                Place::Pods,
                Act,
                "",
                "A container with tools in the pod, at this terminal: :debug IMAGE",
            ),
            App::has_target,
        ),
        only(
            row(
                CopyOut,
                "copy-out",
                &[],
                Place::Pods,
                Act,
                "",
                "Copy a file or directory out of the container: :copy-out REMOTE [LOCAL]",
            ),
            App::has_target,
        ),
        only(
            row(
                CopyIn,
                "copy-in",
                &[],
                Place::Pods,
                Act,
                "",
                "Copy a file or directory into the container: :copy-in LOCAL REMOTE",
            ),
            App::has_target,
        ),
        only(
            row(
                Drain,
                "drain",
                &["r"],
                Place::Nodes,
                Act,
                "drain",
                "Empty the node: cordon it, and evict its pods as their budgets allow, or :drain FLAGS",
            ),
            App::has_node,
        ),
        only(
            row(
                Evict,
                "evict",
                &[],
                Table,
                Act,
                "",
                "Ask for the pod to go, or the marked ones, as their budgets allow",
            ),
            App::has_exactly_pods,
        ),
        row(
            Progress,
            "progress",
            &[],
            Anywhere,
            Act,
            "",
            "How far a drain or a change of several objects is, one by one",
        ),
        row(Undo, "undo", &["u"], Table, Act, "", "Take back what you changed here last"),
        row(
            Unlock,
            "unlock",
            &["U"],
            Anywhere,
            Act,
            "",
            "Unlock a guarded environment, or extend it: :unlock REASON",
        ),
        row(Lock, "lock", &[], Anywhere, Act, "", "Lock a guarded environment again"),
        row(
            Audit,
            "audit",
            &[],
            Anywhere,
            Act,
            "",
            "What was changed from this machine, by whom, and what became of it",
        ),
        row(
            CopyLine,
            "copy-line",
            &[],
            Anywhere,
            Act,
            "",
            "Copy the kubectl line that was shown last",
        ),
    ]
};
