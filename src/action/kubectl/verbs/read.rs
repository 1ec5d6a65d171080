//! Verbs that read.

use super::super::super::{
    CanI, Containers, Describe, Events, Get, KindName, Logs, LogsOf, Output, Question, Ref, Top, TopOf, TopSort, Verb,
};
use super::super::Fault;
use super::super::flags::{ALL_NAMESPACES, Args, CONTAINER, FIELDS, Flag, OUTPUT, QUIET, SELECTOR, WATCH, switch, value};
use super::super::target::{Bare, checked, one_namespace, pair, pair_or, target};
use crate::model::Known;

pub const GET: &[Flag] = &[
    ALL_NAMESPACES,
    SELECTOR,
    FIELDS,
    OUTPUT,
    WATCH,
    switch("show-labels"),
    value("label-columns").short('L'),
    value("sort-by"),
    switch("no-headers"),
    switch("ignore-not-found"),
];

pub fn get(args: &Args) -> Result<Verb, Fault> {
    Ok(Verb::Get(Get {
        target: target(args, &args.words, Bare::All, "get pods")?,
        output: args.word("output").map(Output::of),
        watch: args.on("watch")?,
        show_labels: args.on("show-labels")?,
        label_columns: args.list("label-columns"),
        sort_by: args.word("sort-by"),
        no_headers: args.on("no-headers")?,
        ignore_not_found: args.on("ignore-not-found")?,
    }))
}

pub const DESCRIBE: &[Flag] = &[ALL_NAMESPACES, SELECTOR, switch("show-events")];

pub fn describe(args: &Args) -> Result<Verb, Fault> {
    Ok(Verb::Describe(Describe {
        target: target(args, &args.words, Bare::All, "describe pod web")?,
        show_events: args.on_or("show-events", true)?,
    }))
}

pub const LOGS: &[Flag] = &[
    SELECTOR,
    CONTAINER,
    switch("all-containers"),
    switch("all-pods"),
    switch("previous").short('p'),
    switch("follow").short('f'),
    switch("timestamps"),
    switch("prefix"),
    switch("ignore-errors"),
    value("tail"),
    value("since"),
    value("since-time"),
    value("max-log-requests"),
];

pub fn logs(args: &Args) -> Result<Verb, Fault> {
    let example = "logs deployment/web -c web";
    let of = match (args.words.first(), args.last("selector")) {
        (Some(object), None) => LogsOf::Object {
            object: pair_or(object, Known::Pod)?,
            all_pods: args.on("all-pods")?,
        },
        (None, Some(labels)) => LogsOf::Labelled(labels.word.clone()),
        (Some(_), Some(labels)) => {
            return Err(Fault::new(labels.span.clone(), "a name and a selector exclude each other").hint("leave one of them out"));
        }
        (None, None) => return Err(args.missing("to know whose", example)),
    };
    // The container may follow the pod's name.
    let container = match (args.words.get(1), args.last("container")) {
        (Some(word), Some(_)) => return Err(Fault::new(word.span.clone(), "the container is named twice").hint("leave one of them out")),
        (word, flag) => word.or(flag).map(|container| container.word.clone()),
    };
    args.no_more(2, "one pod or workload at a time, or a selector")?;
    let containers = match (container, args.on("all-containers")?) {
        (Some(_), true) => {
            let span = args.last("all-containers").map_or(args.end..args.end, |flag| flag.span.clone());
            return Err(Fault::new(span, "all containers and one container exclude each other").hint("leave one of them out"));
        }
        (Some(name), false) => Containers::Named(name),
        (None, true) => Containers::All,
        (None, false) => Containers::Default,
    };
    if let (Some(_), Some(time)) = (args.last("since"), args.last("since-time")) {
        return Err(Fault::new(time.span.clone(), "`--since` and `--since-time` exclude each other").hint("leave one of them out"));
    }
    Ok(Verb::Logs(Logs {
        of,
        containers,
        previous: args.on("previous")?,
        follow: args.on("follow")?,
        timestamps: args.on("timestamps")?,
        prefix: args.on("prefix")?,
        ignore_errors: args.on("ignore-errors")?,
        tail: args.given("tail", "--tail=200")?,
        since: args.given("since", "--since=15m, --since=24h")?,
        since_time: args.word("since-time"),
        max_log_requests: args.given("max-log-requests", "--max-log-requests=10")?,
    }))
}

pub const EVENTS: &[Flag] = &[ALL_NAMESPACES, value("for"), value("types"), WATCH, OUTPUT];

pub fn events(args: &Args) -> Result<Verb, Fault> {
    args.no_more(0, "as in kubectl events --for pod/web")?;
    Ok(Verb::Events(Events {
        about: args.last("for").map(pair).transpose()?,
        types: args.list("types"),
        watch: args.on("watch")?,
        output: args.word("output").map(Output::of),
    }))
}

pub const TOP_POD: &[Flag] = &[
    ALL_NAMESPACES,
    SELECTOR,
    value("sort-by"),
    switch("no-headers"),
    switch("containers"),
    switch("sum"),
];
pub const TOP_NODE: &[Flag] = &[SELECTOR, value("sort-by"), switch("no-headers")];

pub fn top_pod(args: &Args) -> Result<Verb, Fault> {
    let of = TopOf::Pods {
        containers: args.on("containers")?,
        sum: args.on("sum")?,
    };
    top(args, of)
}

pub fn top_node(args: &Args) -> Result<Verb, Fault> {
    top(args, TopOf::Nodes)
}

fn top(args: &Args, of: TopOf) -> Result<Verb, Fault> {
    args.no_more(1, "one name, or a selector")?;
    let (name, labels) = (args.words.first(), args.last("selector"));
    if name.is_some() {
        one_namespace(args)?;
    }
    name.iter()
        .try_for_each(|name| checked(&name.word, &name.span, "name of an object"))?;
    if let (Some(_), Some(labels)) = (name, labels) {
        return Err(Fault::new(labels.span.clone(), "a name and a selector exclude each other").hint("leave one of them out"));
    }
    Ok(Verb::Top(Top {
        of,
        name: name.map(|name| name.word.clone()),
        labels: labels.map(|labels| labels.word.clone()),
        sort_by: args.choice("sort-by", &[("cpu", TopSort::Cpu), ("memory", TopSort::Memory)])?,
        no_headers: args.on("no-headers")?,
    }))
}

pub const CAN_I: &[Flag] = &[ALL_NAMESPACES, switch("list"), value("subresource"), QUIET];

pub fn can_i(args: &Args) -> Result<Verb, Fault> {
    let quiet = args.on("quiet")?;
    if args.on("list")? {
        args.no_more(0, "`--list` asks for all rights")?;
        let question = Question::List;
        return Ok(Verb::CanI(CanI { question, quiet }));
    }
    let [verb, what, rest @ ..] = args.words.as_slice() else {
        return Err(args.missing("a verb and a kind", "auth can-i delete pods"));
    };
    let verb = verb.word.clone();
    let subresource = args.word("subresource");
    let question = if what.word.start().starts_with('/') {
        Question::Url {
            verb,
            url: what.word.clone(),
        }
    } else if what.word.contains('/') {
        let Ref { kind, name } = pair(what)?;
        Question::Object {
            verb,
            kind,
            name: Some(name),
            subresource,
        }
    } else {
        // `*` and `*.apps` ask for all kinds.
        if !what.word.contains('*') {
            checked(&what.word, &what.span, "kind of object")?;
        }
        Question::Object {
            verb,
            kind: KindName::of(what.word.clone()),
            name: None,
            subresource,
        }
    };
    args.no_more(args.words.len() - rest.len(), "a verb, and a kind or kind/name")?;
    Ok(Verb::CanI(CanI { question, quiet }))
}
