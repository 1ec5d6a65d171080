//! Verbs that open something that lasts until it is closed.

use super::super::super::{Attach, Copy, CopyPath, Debug, Exec, LocalPort, Port, PortForward, Verb, Word};
use super::super::Fault;
use super::super::flags::{Args, CONTAINER, Flag, QUIET, STDIN, TTY, given, switch, value};
use super::super::target::{checked, pair, pair_or};
use super::super::words::Spanned;
use crate::model::Known;

pub const EXEC: &[Flag] = &[CONTAINER, STDIN, TTY, QUIET];

pub fn exec(args: &Args) -> Result<Verb, Fault> {
    let example = "exec web -- ls";
    let Some(object) = args.words.first() else {
        return Err(args.missing("a pod, and a command", example));
    };
    if let Some(word) = args.words.get(1) {
        let fault = Fault::new(word.span.clone(), format!("`{}` stands before the `--`", word.word.said()));
        return Err(fault.hint(format!("the command follows a `--`, as in kubectl {example}")));
    }
    let command = command(args);
    if command.is_empty() {
        return Err(args.missing("a command behind a `--`", example));
    }
    Ok(Verb::Exec(Exec {
        object: pair_or(object, Known::Pod)?,
        container: args.word("container"),
        stdin: args.on("stdin")?,
        tty: args.on("tty")?,
        quiet: args.on("quiet")?,
        command,
    }))
}

fn command(args: &Args) -> Vec<Word> {
    args.command.iter().flatten().map(|word| word.word.clone()).collect()
}

pub const ATTACH: &[Flag] = &[CONTAINER, STDIN, TTY, QUIET];

pub fn attach(args: &Args) -> Result<Verb, Fault> {
    let Some(object) = args.words.first() else {
        return Err(args.missing("a pod", "attach web -it"));
    };
    args.no_more(1, "one pod at a time")?;
    Ok(Verb::Attach(Attach {
        object: pair_or(object, Known::Pod)?,
        container: args.word("container"),
        stdin: args.on("stdin")?,
        tty: args.on("tty")?,
        quiet: args.on("quiet")?,
    }))
}

pub const CP: &[Flag] = &[CONTAINER, switch("no-preserve"), value("retries")];

pub fn cp(args: &Args) -> Result<Verb, Fault> {
    let [from, to, ..] = args.words.as_slice() else {
        return Err(args.missing("a path to copy from and one to copy to", "cp web:/tmp/a ./a"));
    };
    args.no_more(2, "one path to copy from and one to copy to")?;
    let paths = (path(from)?, path(to)?);
    let (from, to) = match paths {
        (CopyPath::Local(_), CopyPath::Local(_)) => {
            return Err(Fault::new(from.span.start..to.span.end, "neither of the paths is in a pod")
                .hint("one in a pod is pod:path, or namespace/pod:path"));
        }
        (CopyPath::Pod { .. }, CopyPath::Pod { .. }) => {
            return Err(Fault::new(from.span.start..to.span.end, "both paths are in pods").hint("copy to this machine first"));
        }
        paths => paths,
    };
    Ok(Verb::Cp(Copy {
        from,
        to,
        container: args.word("container"),
        no_preserve: args.on("no-preserve")?,
        retries: args.given("retries", "--retries=10")?,
    }))
}

/// `pod:path`, `namespace/pod:path`, or a path of this machine.
fn path(spanned: &Spanned) -> Result<CopyPath, Fault> {
    let fault = |message: String| Fault::new(spanned.span.clone(), message).hint("pod:path, namespace/pod:path, or a path of this machine");
    let said = spanned.word.said();
    let Some((pod, path)) = spanned.word.split_once(':') else {
        return match spanned.word.is_empty() {
            true => Err(fault("a path cannot be empty".to_owned())),
            false => Ok(CopyPath::Local(spanned.word.clone())),
        };
    };
    // As kubectl has it: what begins like a path is one, whatever follows.
    if pod.start().starts_with(['/', '.']) {
        return Ok(CopyPath::Local(spanned.word.clone()));
    }
    let (namespace, pod) = match pod.split_once('/') {
        Some((namespace, pod)) => (Some(namespace), pod),
        None => (None, pod),
    };
    if pod.is_empty() || path.is_empty() || pod.contains('/') || namespace.as_ref().is_some_and(Word::is_empty) {
        return Err(fault(format!("`{said}` is no path in a pod")));
    }
    checked(&pod, &spanned.span, "name of a pod")?;
    namespace
        .iter()
        .try_for_each(|namespace| checked(namespace, &spanned.span, "namespace"))?;
    Ok(CopyPath::Pod { namespace, pod, path })
}

pub const DEBUG: &[Flag] = &[
    CONTAINER,
    STDIN,
    TTY,
    QUIET,
    value("image"),
    value("target"),
    value("copy-to"),
    switch("share-processes"),
    switch("same-node"),
    value("profile"),
    value("set-image"),
    value("env"),
];

pub fn debug(args: &Args) -> Result<Verb, Fault> {
    let example = "debug -it web --image=busybox --target=web";
    let Some(object) = args.words.first() else {
        return Err(args.missing("a pod or a node", example));
    };
    args.no_more(1, "one pod or node at a time; a command follows a `--`")?;
    let pairs = |flag: &'static str| {
        let read = |spanned: &Spanned| {
            let pairs = spanned
                .word
                .split(',')
                .into_iter()
                .map(|pair| pair.split_once('=').filter(|(name, _)| !name.is_empty()));
            pairs.collect::<Option<Vec<_>>>().ok_or_else(|| {
                let message = format!("`--{flag}` cannot be `{}`", spanned.word.said());
                Fault::new(spanned.span.clone(), message).hint(format!("as in --{flag}=name=value"))
            })
        };
        args.each(flag).map(read).collect::<Result<Vec<_>, _>>().map(|lists| lists.concat())
    };
    Ok(Verb::Debug(Debug {
        object: pair_or(object, Known::Pod)?,
        image: args.word("image"),
        container: args.word("container"),
        target: args.word("target"),
        copy_to: args.word("copy-to"),
        share_processes: args.on_or("share-processes", true)?,
        same_node: args.on("same-node")?,
        profile: args.word("profile"),
        set_image: pairs("set-image")?,
        env: pairs("env")?,
        stdin: args.on("stdin")?,
        tty: args.on("tty")?,
        quiet: args.on("quiet")?,
        command: command(args),
    }))
}

pub const PORT_FORWARD: &[Flag] = &[value("address")];

pub fn port_forward(args: &Args) -> Result<Verb, Fault> {
    let example = "port-forward service/web 8080:80";
    let [object, ports @ ..] = args.words.as_slice() else {
        return Err(args.missing("a pod, and ports", example));
    };
    if ports.is_empty() {
        return Err(args.missing("ports", example));
    }
    let object = match object.word.contains('/') {
        true => pair(object)?,
        false => pair_or(object, Known::Pod)?,
    };
    Ok(Verb::PortForward(PortForward {
        object,
        ports: ports.iter().map(port).collect::<Result<_, _>>()?,
        address: args.list("address"),
    }))
}

/// `8080:80`, `:80`, `80`; the remote one may be a name.
fn port(spanned: &Spanned) -> Result<Port, Fault> {
    let hint = "a port here and one there, as in 8080:80; or 80, or :80 for any that is free here";
    let fault = || Fault::new(spanned.span.clone(), format!("`{}` is no pair of ports", spanned.word.said())).hint(hint);
    let (local, remote) = match spanned.word.split_once(':') {
        None => (LocalPort::Same, spanned.word.clone()),
        Some((local, remote)) if local.is_empty() => (LocalPort::Any, remote),
        Some((local, remote)) => {
            let span = spanned.span.clone();
            let local = given(&Spanned::new(local, span), "a port", "8080:80").map_err(|_| fault())?;
            (LocalPort::Number(local), remote)
        }
    };
    // A name has a letter in it; a number fits a port.
    let fits = match remote.plain() {
        Some(text) if text.bytes().all(|b| b.is_ascii_digit()) => text.parse::<u16>().is_ok_and(|port| port > 0),
        Some(text) => text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') && text.bytes().any(|b| b.is_ascii_alphabetic()),
        None => !remote.contains(':'),
    };
    match fits && local != LocalPort::Number(super::super::super::Given::Value(0)) {
        true => Ok(Port { local, remote }),
        false => Err(fault()),
    }
}
