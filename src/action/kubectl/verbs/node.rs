//! Verbs for nodes.

use super::super::super::{Drain, Effect, Nodes, Taint, TaintChange, Verb, Word};
use super::super::Fault;
use super::super::flags::{ALL, Args, DRY_RUN, Flag, SELECTOR, TIMEOUT, switch, value};
use super::super::target::nodes;
use super::super::words::Spanned;
use super::dry_run;

pub const CORDON: &[Flag] = &[SELECTOR, DRY_RUN];

pub fn cordon(args: &Args) -> Result<Verb, Fault> {
    Ok(Verb::Cordon {
        nodes: nodes(args, &args.words, "cordon worker-1")?,
        dry_run: dry_run(args)?,
    })
}

pub fn uncordon(args: &Args) -> Result<Verb, Fault> {
    Ok(Verb::Uncordon {
        nodes: nodes(args, &args.words, "uncordon worker-1")?,
        dry_run: dry_run(args)?,
    })
}

pub const DRAIN: &[Flag] = &[
    SELECTOR,
    DRY_RUN,
    switch("force"),
    switch("ignore-daemonsets"),
    switch("delete-emptydir-data"),
    switch("disable-eviction"),
    value("grace-period"),
    TIMEOUT,
    value("pod-selector"),
];

pub fn drain(args: &Args) -> Result<Verb, Fault> {
    Ok(Verb::Drain(Drain {
        nodes: nodes(args, &args.words, "drain worker-1 --ignore-daemonsets")?,
        force: args.on("force")?,
        ignore_daemonsets: args.on("ignore-daemonsets")?,
        delete_emptydir_data: args.on("delete-emptydir-data")?,
        disable_eviction: args.on("disable-eviction")?,
        grace_period: args.given("grace-period", "--grace-period=30, in seconds")?,
        timeout: args.given("timeout", "--timeout=5m")?,
        pod_selector: args.word("pod-selector"),
        dry_run: dry_run(args)?,
    }))
}

pub const TAINT: &[Flag] = &[SELECTOR, ALL, switch("overwrite"), DRY_RUN];

const TAINT_EXAMPLE: &str = "taint nodes worker-1 dedicated=web:NoSchedule";

/// `taint node NAME… TAINT…`: names end where the first taint stands.
pub fn taint(args: &Args) -> Result<Verb, Fault> {
    let Some((kind, rest)) = args.words.split_first() else {
        return Err(args.missing("a node, and a taint", TAINT_EXAMPLE));
    };
    if !matches!(kind.word.plain(), Some("node" | "nodes" | "no")) {
        return Err(Fault::new(
            kind.span.clone(),
            format!("`{}` cannot be tainted: only nodes can", kind.word.said()),
        )
        .hint(format!("as in kubectl {TAINT_EXAMPLE}")));
    }
    let is_taint = |word: &Word| word.contains(':') || word.contains('=') || word.end().ends_with('-');
    let at = rest.iter().position(|spanned| is_taint(&spanned.word)).unwrap_or(rest.len());
    let (names, taints) = rest.split_at(at);
    let nodes: Nodes = nodes(args, names, TAINT_EXAMPLE)?;
    if taints.is_empty() {
        return Err(args.missing("a taint", TAINT_EXAMPLE));
    }
    Ok(Verb::Taint(Taint {
        nodes,
        taints: taints.iter().map(change).collect::<Result<_, _>>()?,
        overwrite: args.on("overwrite")?,
        dry_run: dry_run(args)?,
    }))
}

/// `key=value:effect`, `key:effect`, and with a `-` behind it `key:effect-`, `key-`.
fn change(spanned: &Spanned) -> Result<TaintChange, Fault> {
    let fault = || {
        let hint =
            "key=value:effect, key:effect, or with a `-` behind it to take it away; effects are NoSchedule, PreferNoSchedule, NoExecute";
        Fault::new(spanned.span.clone(), format!("`{}` is no taint", spanned.word.said())).hint(hint)
    };
    let effect = |word: &Word| match word.plain() {
        Some("NoSchedule") => Ok(Effect::NoSchedule),
        Some("PreferNoSchedule") => Ok(Effect::PreferNoSchedule),
        Some("NoExecute") => Ok(Effect::NoExecute),
        _ => Err(fault()),
    };
    let without_value = |key: Word| key.split_once('=').map_or(key, |(key, _)| key);
    let change = match spanned.word.strip_suffix("-") {
        Some(word) => match word.split_once(':') {
            Some((key, rest)) => TaintChange::Remove {
                key: without_value(key),
                effect: Some(effect(&rest)?),
            },
            None => TaintChange::Remove {
                key: without_value(word),
                effect: None,
            },
        },
        None => {
            let (key, rest) = spanned.word.split_once(':').ok_or_else(fault)?;
            let (key, value) = key.split_once('=').map_or((key, None), |(key, value)| (key, Some(value)));
            TaintChange::Add {
                key,
                value: value.filter(|value| !value.is_empty()),
                effect: effect(&rest)?,
            }
        }
    };
    match &change {
        TaintChange::Add { key, .. } | TaintChange::Remove { key, .. } if key.is_empty() => Err(fault()),
        _ => Ok(change),
    }
}
