//! Verbs for objects of any kind.

use super::super::super::{Apply, Cascade, Delete, Edit, Evict, Given, Manifest, Marks, Patch, PatchKind, Verb};
use super::super::Fault;
use super::super::flags::{ALL, ALL_NAMESPACES, Args, DRY_RUN, FIELDS, Flag, SELECTOR, TIMEOUT, switch, value};
use super::super::target::{Bare, one, pair_or, target};
use super::{dry_run, targets_and_changes};
use crate::model::Known;

pub const MARKS: &[Flag] = &[ALL_NAMESPACES, SELECTOR, FIELDS, ALL, switch("overwrite"), switch("list"), DRY_RUN];

pub fn label(args: &Args) -> Result<Verb, Fault> {
    marks(args, "label pod web tier=front").map(Verb::Label)
}

pub fn annotate(args: &Args) -> Result<Verb, Fault> {
    marks(args, "annotate pod web note='seen at 3'").map(Verb::Annotate)
}

fn marks(args: &Args, example: &str) -> Result<Marks, Fault> {
    let (objects, pairs) = targets_and_changes(args)?;
    let list = args.on("list")?;
    let bare = if list { Bare::All } else { Bare::Refused };
    let target = target(args, objects, bare, example)?;
    if list != pairs.is_empty() {
        return match args.last("list").filter(|_| list) {
            Some(flag) => {
                Err(Fault::new(flag.span.clone(), "`--list` shows, and changes nothing").hint("leave out `--list`, or the changes"))
            }
            None => Err(args.missing("a change", example)),
        };
    }
    Ok(Marks {
        target,
        pairs,
        overwrite: args.on("overwrite")?,
        dry_run: dry_run(args)?,
    })
}

pub const DELETE: &[Flag] = &[
    ALL_NAMESPACES,
    SELECTOR,
    FIELDS,
    ALL,
    value("grace-period"),
    switch("now"),
    switch("force"),
    CASCADE,
    switch("wait"),
    TIMEOUT,
    switch("ignore-not-found"),
    DRY_RUN,
];

/// The plugin `evict-pod`.
pub const EVICT: &[Flag] = &[value("grace-period"), DRY_RUN];

pub fn evict(args: &Args) -> Result<Verb, Fault> {
    const EXAMPLE: &str = "evict-pod web-1";
    if args.words.is_empty() {
        return Err(args.missing("to know which pod", EXAMPLE));
    }
    let name = |spanned: &super::Spanned| {
        let pod = pair_or(spanned, Known::Pod)?;
        match pod.kind.is(Known::Pod) || pod.kind.singular().is_open() {
            true => Ok(pod.name),
            false => {
                let fault = Fault::new(spanned.span.clone(), format!("`{}` is no pod", spanned.word.said()));
                Err(fault.hint(format!("as in kubectl {EXAMPLE}")))
            }
        }
    };
    Ok(Verb::Evict(Evict {
        pods: args.words.iter().map(name).collect::<Result<_, _>>()?,
        grace_period: args.given("grace-period", "--grace-period=30, in seconds")?,
        dry_run: dry_run(args)?,
    }))
}

const CASCADE: Flag = Flag {
    long: "cascade",
    short: None,
    takes: super::super::flags::Takes::Maybe("background"),
};

pub fn delete(args: &Args) -> Result<Verb, Fault> {
    let target = target(args, &args.words, Bare::Refused, "delete pod web")?;
    let grace_period = args.given("grace-period", "--grace-period=30, in seconds")?;
    let grace_period = match (args.on("now")?, grace_period) {
        (true, Some(_)) => {
            let span = args.last("now").map_or(args.end..args.end, |flag| flag.span.clone());
            return Err(Fault::new(span, "`--now` and `--grace-period` exclude each other").hint("`--now` is --grace-period=1"));
        }
        (true, None) => Some(Given::Value(1)),
        (false, given) => given,
    };
    // The words of old: true and false.
    let cascades = [
        ("background", Cascade::Background),
        ("foreground", Cascade::Foreground),
        ("orphan", Cascade::Orphan),
        ("true", Cascade::Background),
        ("false", Cascade::Orphan),
    ];
    Ok(Verb::Delete(Delete {
        target,
        grace_period,
        force: args.on("force")?,
        cascade: args.choice("cascade", &cascades)?,
        wait: args.on_or("wait", true)?,
        timeout: args.given("timeout", "--timeout=1m")?,
        ignore_not_found: args.on("ignore-not-found")?,
        dry_run: dry_run(args)?,
    }))
}

pub const APPLY: &[Flag] = &[
    value("filename").short('f'),
    value("kustomize").short('k'),
    switch("server-side"),
    switch("force-conflicts"),
    DRY_RUN,
];

pub fn apply(args: &Args) -> Result<Verb, Fault> {
    let example = "apply -f web.yaml";
    args.no_more(0, &format!("a file is given with `-f`, as in kubectl {example}"))?;
    let mut given = args
        .each("filename")
        .map(|file| (file, false))
        .chain(args.each("kustomize").map(|file| (file, true)));
    let Some((file, is_directory)) = given.next() else {
        return Err(args.missing("a file", example));
    };
    if let Some((second, _)) = given.next() {
        return Err(Fault::new(second.span.clone(), "one file at a time").hint("give each its own line"));
    }
    if !is_directory && file.word.contains(',') {
        return Err(Fault::new(file.span.clone(), "one file at a time").hint("give each its own line"));
    }
    Ok(Verb::Apply(Apply {
        manifest: match is_directory {
            true => Manifest::Kustomize(file.word.clone()),
            false => Manifest::File(file.word.clone()),
        },
        server_side: args.on("server-side")?,
        force_conflicts: args.on("force-conflicts")?,
        dry_run: dry_run(args)?,
    }))
}

pub const EDIT: &[Flag] = &[value("subresource")];

pub fn edit(args: &Args) -> Result<Verb, Fault> {
    Ok(Verb::Edit(Edit {
        object: one(args, "edit deployment/web")?,
        subresource: args.word("subresource"),
    }))
}

pub const PATCH: &[Flag] = &[value("patch").short('p'), value("type"), value("subresource"), DRY_RUN];

pub fn patch(args: &Args) -> Result<Verb, Fault> {
    let example = r#"patch deployment/web -p '{"spec":{"paused":true}}'"#;
    let kinds = [
        ("strategic", PatchKind::Strategic),
        ("merge", PatchKind::Merge),
        ("json", PatchKind::Json),
    ];
    Ok(Verb::Patch(Patch {
        object: one(args, example)?,
        kind: args.choice("type", &kinds)?.unwrap_or_default(),
        patch: args.word("patch").ok_or_else(|| args.missing("a patch", example))?,
        subresource: args.word("subresource"),
        dry_run: dry_run(args)?,
    }))
}
