//! Verbs for what runs pods.

use super::super::super::{
    Autoscale, CreateJob, EnvEdit, Output, Pair, Rollout, Scale, SetEnv, SetImage, SetResources, Target, Verb, Word,
};
use super::super::Fault;
use super::super::flags::{ALL, Args, DRY_RUN, Flag, OUTPUT, SELECTOR, TIMEOUT, WATCH, switch, value};
use super::super::target::{Bare, checked, one, pair, target};
use super::{dry_run, targets_and_changes};
use crate::model::Known;

pub const SCALE: &[Flag] = &[SELECTOR, ALL, value("replicas"), value("current-replicas"), TIMEOUT, DRY_RUN];

pub fn scale(args: &Args) -> Result<Verb, Fault> {
    let example = "scale deployment/web --replicas=3";
    let target = target(args, &args.words, Bare::Refused, example)?;
    Ok(Verb::Scale(Scale {
        target,
        replicas: args
            .given("replicas", "--replicas=3")?
            .ok_or_else(|| args.missing("a number of replicas", example))?,
        current_replicas: args.given("current-replicas", "--current-replicas=2")?,
        timeout: args.given("timeout", "--timeout=1m")?,
        dry_run: dry_run(args)?,
    }))
}

pub const ROLLOUT: &[Flag] = &[SELECTOR];
pub const STATUS: &[Flag] = &[SELECTOR, WATCH, TIMEOUT, value("revision")];
pub const HISTORY: &[Flag] = &[SELECTOR, OUTPUT, value("revision")];
pub const UNDO: &[Flag] = &[SELECTOR, DRY_RUN, value("to-revision")];

fn rollout(args: &Args, rollout: Rollout) -> Result<Verb, Fault> {
    let mut target = target(args, &args.words, Bare::All, "rollout status deployment/web")?;
    // A lone word that is still to be filled in is one object, most likely: not all of a kind.
    if let [word] = args.words.as_slice()
        && word.word.is_open()
        && !word.word.contains('/')
        && args.last("selector").is_none()
    {
        target = Target::Open(word.word.clone());
    }
    Ok(Verb::Rollout { target, rollout })
}

pub fn status(args: &Args) -> Result<Verb, Fault> {
    let status = Rollout::Status {
        watch: args.on_or("watch", true)?,
        revision: revision(args, "revision")?,
        timeout: args.given("timeout", "--timeout=5m")?,
    };
    rollout(args, status)
}

pub fn history(args: &Args) -> Result<Verb, Fault> {
    let history = Rollout::History {
        revision: revision(args, "revision")?,
        output: args.word("output").map(Output::of),
    };
    rollout(args, history)
}

pub fn undo(args: &Args) -> Result<Verb, Fault> {
    let undo = Rollout::Undo {
        to_revision: revision(args, "to-revision")?,
        dry_run: dry_run(args)?,
    };
    rollout(args, undo)
}

pub fn restart(args: &Args) -> Result<Verb, Fault> {
    rollout(args, Rollout::Restart)
}

pub fn pause(args: &Args) -> Result<Verb, Fault> {
    rollout(args, Rollout::Pause)
}

pub fn resume(args: &Args) -> Result<Verb, Fault> {
    rollout(args, Rollout::Resume)
}

/// A revision; 0 is what holds without the flag.
fn revision(args: &Args, flag: &'static str) -> Result<Option<super::super::super::Given<u64>>, Fault> {
    let given = args.given::<u64>(flag, "a revision that `rollout history` names")?;
    Ok(given.filter(|given| given.value() != Some(0)))
}

pub const SET_IMAGE: &[Flag] = &[SELECTOR, ALL, DRY_RUN];

pub fn set_image(args: &Args) -> Result<Verb, Fault> {
    let example = "set image deployment/web web=registry/web:2";
    let (objects, pairs) = targets_and_changes(args)?;
    let target = target(args, objects, Bare::Refused, example)?;
    let image = |(i, pair): (usize, Pair)| match pair {
        Pair::Set { name, value } if !value.is_empty() => Ok((name, value)),
        _ => {
            let span = args
                .words
                .get(objects.len() + i)
                .map_or(args.end..args.end, |word| word.span.clone());
            Err(Fault::new(span, "a container needs an image").hint(format!("as in kubectl {example}")))
        }
    };
    let images: Vec<_> = pairs.into_iter().enumerate().map(image).collect::<Result<_, _>>()?;
    if images.is_empty() {
        return Err(args.missing("a container and its image", example));
    }
    Ok(Verb::SetImage(SetImage {
        target,
        images,
        dry_run: dry_run(args)?,
    }))
}

pub const SET_ENV: &[Flag] = &[
    SELECTOR,
    ALL,
    DRY_RUN,
    value("containers").short('c'),
    value("env").short('e'),
    value("from"),
    value("prefix"),
    switch("list"),
];

pub fn set_env(args: &Args) -> Result<Verb, Fault> {
    let example = "set env deployment/web LEVEL=debug OLD-";
    let (objects, mut pairs) = targets_and_changes(args)?;
    for flag in args.each("env") {
        pairs.push(super::change(flag)?.ok_or_else(|| {
            Fault::new(flag.span.clone(), format!("`--env` cannot be `{}`", flag.word.said())).hint("as in --env=NAME=value")
        })?);
    }
    let list = args.on("list")?;
    let bare = if list { Bare::All } else { Bare::Refused };
    let target = target(args, objects, bare, example)?;
    let from = args.last("from").map(pair).transpose()?;
    let edit = match (list, pairs.is_empty() && from.is_none()) {
        (true, true) => EnvEdit::List,
        (true, false) => {
            let span = args.last("list").map_or(args.end..args.end, |flag| flag.span.clone());
            return Err(Fault::new(span, "`--list` shows, and changes nothing").hint("leave out `--list`, or the changes"));
        }
        (false, true) => return Err(args.missing("a variable and its value", example)),
        (false, false) => EnvEdit::Change {
            pairs,
            from,
            prefix: args.word("prefix"),
            dry_run: dry_run(args)?,
        },
    };
    Ok(Verb::SetEnv(SetEnv {
        target,
        containers: args.word("containers"),
        edit,
    }))
}

pub const SET_RESOURCES: &[Flag] = &[
    SELECTOR,
    ALL,
    DRY_RUN,
    value("containers").short('c'),
    value("limits"),
    value("requests"),
];

pub fn set_resources(args: &Args) -> Result<Verb, Fault> {
    let example = "set resources deployment/web --limits=cpu=200m,memory=512Mi";
    let target = target(args, &args.words, Bare::Refused, example)?;
    let (limits, requests) = (amounts(args, "limits")?, amounts(args, "requests")?);
    if limits.is_empty() && requests.is_empty() {
        return Err(args.missing("limits or requests", example));
    }
    Ok(Verb::SetResources(SetResources {
        target,
        containers: args.word("containers"),
        limits,
        requests,
        dry_run: dry_run(args)?,
    }))
}

/// `cpu=200m,memory=512Mi`.
fn amounts(args: &Args, flag: &'static str) -> Result<Vec<(Word, Word)>, Fault> {
    let Some(given) = args.last(flag) else { return Ok(Vec::new()) };
    let amount = |word: Word| {
        let pair = word.split_once('=').filter(|(name, amount)| !name.is_empty() && !amount.is_empty());
        pair.ok_or_else(|| {
            let fault = Fault::new(given.span.clone(), format!("`--{flag}` cannot be `{}`", given.word.said()));
            fault.hint(format!("as in --{flag}=cpu=200m,memory=512Mi"))
        })
    };
    given.word.split(',').into_iter().map(amount).collect()
}

pub const AUTOSCALE: &[Flag] = &[value("min"), value("max"), value("cpu-percent"), value("name"), DRY_RUN];

pub fn autoscale(args: &Args) -> Result<Verb, Fault> {
    let example = "autoscale deployment/web --min=2 --max=10 --cpu-percent=80";
    Ok(Verb::Autoscale(Autoscale {
        object: one(args, example)?,
        min: args.given("min", "--min=2")?,
        max: args
            .given("max", "--max=10")?
            .ok_or_else(|| args.missing("the most replicas there may be", example))?,
        cpu_percent: args.given("cpu-percent", "--cpu-percent=80")?,
        name: args.word("name"),
        dry_run: dry_run(args)?,
    }))
}

pub const CREATE_JOB: &[Flag] = &[value("from"), DRY_RUN];

pub fn create_job(args: &Args) -> Result<Verb, Fault> {
    let example = "create job by-hand --from=cronjob/nightly";
    let Some(name) = args.words.first() else {
        return Err(args.missing("a name for the job", example));
    };
    args.no_more(1, "one job at a time, from a cron job")?;
    checked(&name.word, &name.span, "name of an object")?;
    let Some(from) = args.last("from") else {
        return Err(args.missing("the cron job it is from", example));
    };
    let object = pair(from)?;
    if !object.kind.is(Known::CronJob) {
        return Err(Fault::new(
            from.span.clone(),
            format!("a job is made from a cron job, not from `{}`", from.word.said()),
        )
        .hint(format!("as in kubectl {example}")));
    }
    Ok(Verb::CreateJob(CreateJob {
        name: name.word.clone(),
        from: object.name,
        dry_run: dry_run(args)?,
    }))
}
