//! kubectl's verbs: which flags each has, and what its words mean.

mod node;
mod object;
mod read;
mod session;
mod workload;

use super::super::{DryRun, Pair, Verb};
use super::Fault;
use super::flags::{Args, Flag};
use super::words::Spanned;

/// A verb.
pub struct Row {
    /// One word, or two: `rollout undo`.
    pub name: &'static str,
    pub flags: &'static [Flag],
    /// Whether what follows a `--` is a command.
    pub command: bool,
    pub read: fn(&Args) -> Result<Verb, Fault>,
}

const fn row(name: &'static str, flags: &'static [Flag], read: fn(&Args) -> Result<Verb, Fault>) -> Row {
    Row {
        name,
        flags,
        command: false,
        read,
    }
}

impl Row {
    const fn with_command(self) -> Self {
        Self { command: true, ..self }
    }
}

/// All verbs that are read.
pub const ROWS: [Row; 35] = [
    row("get", read::GET, read::get),
    row("describe", read::DESCRIBE, read::describe),
    row("logs", read::LOGS, read::logs),
    row("events", read::EVENTS, read::events),
    row("top pod", read::TOP_POD, read::top_pod),
    row("top node", read::TOP_NODE, read::top_node),
    row("auth can-i", read::CAN_I, read::can_i),
    row("exec", session::EXEC, session::exec).with_command(),
    row("attach", session::ATTACH, session::attach),
    row("cp", session::CP, session::cp),
    row("debug", session::DEBUG, session::debug).with_command(),
    row("port-forward", session::PORT_FORWARD, session::port_forward),
    row("scale", workload::SCALE, workload::scale),
    row("rollout status", workload::STATUS, workload::status),
    row("rollout history", workload::HISTORY, workload::history),
    row("rollout undo", workload::UNDO, workload::undo),
    row("rollout restart", workload::ROLLOUT, workload::restart),
    row("rollout pause", workload::ROLLOUT, workload::pause),
    row("rollout resume", workload::ROLLOUT, workload::resume),
    row("set image", workload::SET_IMAGE, workload::set_image),
    row("set env", workload::SET_ENV, workload::set_env),
    row("set resources", workload::SET_RESOURCES, workload::set_resources),
    row("autoscale", workload::AUTOSCALE, workload::autoscale),
    row("create job", workload::CREATE_JOB, workload::create_job),
    row("label", object::MARKS, object::label),
    row("annotate", object::MARKS, object::annotate),
    row("delete", object::DELETE, object::delete),
    row("apply", object::APPLY, object::apply),
    row("edit", object::EDIT, object::edit),
    row("patch", object::PATCH, object::patch),
    row("cordon", node::CORDON, node::cordon),
    row("uncordon", node::CORDON, node::uncordon),
    row("drain", node::DRAIN, node::drain),
    row("evict-pod", object::EVICT, object::evict),
    row("taint", node::TAINT, node::taint),
];

/// The verb's second word as its row has it.
pub fn second(word: &str) -> &str {
    match word {
        "pods" | "po" => "pod",
        "nodes" | "no" => "node",
        word => word,
    }
}

fn dry_run(args: &Args) -> Result<DryRun, Fault> {
    let choices = [("none", DryRun::None), ("client", DryRun::Client), ("server", DryRun::Server)];
    args.choice("dry-run", &choices).map(Option::unwrap_or_default)
}

/// `name=value` or `name-`; nothing, where it is neither.
fn change(spanned: &Spanned) -> Result<Option<Pair>, Fault> {
    let word = &spanned.word;
    let found = match (word.split_once('='), word.strip_suffix("-")) {
        (Some((name, value)), _) => Pair::Set { name, value },
        (None, Some(name)) => Pair::Remove { name },
        (None, None) => return Ok(None),
    };
    let (Pair::Set { name, .. } | Pair::Remove { name }) = &found;
    match name.is_empty() {
        true => Err(Fault::new(spanned.span.clone(), format!("`{}` has no name", word.said())).hint("as in name=value, or name-")),
        false => Ok(Some(found)),
    }
}

/// Words up to the first that changes something, and the changes: where the objects end is not marked.
fn targets_and_changes(args: &Args) -> Result<(&[Spanned], Vec<Pair>), Fault> {
    let mut at = args.words.len();
    for (i, word) in args.words.iter().enumerate().skip(1) {
        if change(word)?.is_some() {
            at = i;
            break;
        }
    }
    let (objects, changes) = args.words.split_at(at);
    let read = |spanned: &Spanned| {
        change(spanned)?.ok_or_else(|| {
            let fault = Fault::new(spanned.span.clone(), format!("`{}` changes nothing", spanned.word.said()));
            fault.hint("objects stand first; then name=value, or name- to take one away")
        })
    };
    Ok((objects, changes.iter().map(read).collect::<Result<_, _>>()?))
}
