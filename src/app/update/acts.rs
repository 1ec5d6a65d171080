//! Commands that change the world: each becomes a draft, whose plan is shown before anybody is asked.

use super::{amounts, overlays};
use crate::action::kubectl::parse;
use crate::action::plan::{Origin, job_name};
use crate::action::{Action, Cascade, CreateJob, Delete, DryRun, Given, Marks, Nodes, Pair, Patch, PatchKind, Ref, Rollout, Scale};
use crate::action::{SetImage, Target, Verb, Word};
use crate::app::command::Command;
use crate::app::deeds::{self, draft, editing, history};
use crate::app::overlay::Overlay;
use crate::app::{App, Effect, Tone, palette};
use crate::config::Tier;
use crate::model::{Body, Known, ObjectRef};
use crate::ui::widgets::Input;

/// Does what a command says.
pub fn run(app: &mut App, command: Command) -> Vec<Effect> {
    match command {
        Command::Scale => {
            let replicas = match app.object().map(|(_, object)| &object.body) {
                Some(Body::Workload(workload)) => workload.desired.to_string(),
                _ => String::new(),
            };
            ask(app, &format!("scale {replicas}"));
            Vec::new()
        }
        Command::SetImage => {
            let image = match app.object().map(|(_, object)| &object.body) {
                Some(Body::Workload(workload)) => workload
                    .template
                    .parts
                    .iter()
                    .find(|part| !part.init)
                    .map(|p| format!("{}={}", p.name, p.image)),
                _ => None,
            };
            ask(app, &format!("image {}", image.unwrap_or_default()));
            Vec::new()
        }
        Command::SetResources => {
            amounts::ask_resources(app);
            Vec::new()
        }
        Command::Bounds => {
            amounts::ask_bounds(app);
            Vec::new()
        }
        Command::Restart => on_selected(app, draft::rollout(Rollout::Restart)),
        Command::RollBack => match app.reference() {
            Some(object) => history::open(app, object, None),
            None => Vec::new(),
        },
        Command::Edit => match app.reference() {
            Some(object) => editing::open(app, object),
            None => Vec::new(),
        },
        Command::PauseRollout => on_selected(app, draft::rollout(Rollout::Pause)),
        Command::ResumeRollout => on_selected(app, draft::rollout(Rollout::Resume)),
        Command::Delete => on_selected(app, |target, _| {
            let mut delete = Delete::of(target);
            delete.cascade = Some(Cascade::Background);
            // The screen shows them go.
            delete.wait = false;
            Verb::Delete(delete)
        }),
        Command::Cordon => on_selected(app, |_, nodes| Verb::Cordon {
            nodes,
            dry_run: DryRun::None,
        }),
        Command::Uncordon => on_selected(app, |_, nodes| Verb::Uncordon {
            nodes,
            dry_run: DryRun::None,
        }),
        Command::Trigger => {
            let Some(cron) = app.reference() else { return Vec::new() };
            let name = job_name(&cron.name, app.now);
            begin(app, vec![cron.clone()], |_, _| {
                Verb::CreateJob(CreateJob {
                    name,
                    from: Word::from(&*cron.name),
                    dry_run: DryRun::None,
                })
            })
        }
        Command::Shell | Command::Attach => {
            let Some(pod) = app.reference().filter(|reference| reference.kind.is(Known::Pod)) else {
                return Vec::new();
            };
            let container = match (app.table(), app.seen()) {
                (Some(table), Some(seen)) => table.selected_container(seen),
                _ => None,
            };
            let container = container.as_deref();
            let verb = match command {
                Command::Shell => draft::shell(&pod, container),
                _ => draft::attach(&pod, container),
            };
            begin(app, vec![pod], |_, _| verb)
        }
        Command::SuspendCron => suspend(app, true),
        Command::ResumeCron => suspend(app, false),
        Command::Undo => deeds::undo(app),
        Command::Lock => {
            let env = app.env();
            app.deeds.locks.lock(env);
            app.flash(Tone::Info, "locked");
            Vec::new()
        }
        Command::Unlock => {
            match app.environment(app.env()).map(|e| e.tier) {
                Some(Tier::Guarded) => ask(app, "unlock "),
                _ => app.flash(Tone::Info, "this environment has no lock"),
            }
            Vec::new()
        }
        Command::Audit => vec![Effect::ReadAudit],
        Command::CopyLine => match app.line.clone() {
            Some(line) => vec![Effect::Copy(line)],
            None => {
                app.flash(Tone::Info, "no kubectl line was shown yet");
                Vec::new()
            }
        },
        _ => Vec::new(),
    }
}

/// Opens the command line with the beginning of a line.
pub(super) fn ask(app: &mut App, line: &str) {
    app.overlay = Some(Overlay::Palette {
        input: Input::new(line),
        offers: palette::offers(app, line),
        chosen: None,
    });
}

fn on_selected(app: &mut App, verb: impl FnOnce(Target, Nodes) -> Verb) -> Vec<Effect> {
    let objects = draft::selected(app);
    begin(app, objects, verb)
}

pub(super) fn begin(app: &mut App, objects: Vec<ObjectRef>, verb: impl FnOnce(Target, Nodes) -> Verb) -> Vec<Effect> {
    match draft::on(&objects, verb) {
        Ok(action) => deeds::begin(app, action, objects, Origin::Asked),
        Err(why) => {
            app.flash(Tone::Problem, why);
            Vec::new()
        }
    }
}

fn suspend(app: &mut App, suspended: bool) -> Vec<Effect> {
    let Some(cron) = app.reference() else { return Vec::new() };
    begin(app, vec![cron.clone()], |_, _| {
        Verb::Patch(Patch {
            object: Ref::new(Known::CronJob, &*cron.name),
            kind: PatchKind::Merge,
            patch: Word::from(format!(r#"{{"spec":{{"suspend":{suspended}}}}}"#)),
            subresource: None,
            dry_run: DryRun::None,
        })
    })
}

/// Does what a typed line says.
pub fn words(app: &mut App, line: &str) -> Vec<Effect> {
    let mut words = line.split_whitespace();
    let verb = words.next().unwrap_or_default();
    let rest: Vec<&str> = words.collect();
    let objects = draft::selected(app);
    let problem = |app: &mut App, text: String| {
        app.flash(Tone::Problem, text);
        Vec::new()
    };
    match (verb, rest.as_slice()) {
        ("kubectl" | "k", _) => kubectl(app, line),
        ("unlock", reason) => {
            let (env, now) = (app.env(), app.now);
            let guard = app.config.guard.clone();
            app.deeds.locks.unlock(env, &reason.join(" "), &guard, now);
            app.flash(Tone::Info, format!("unlocked for {} min; :lock ends it", guard.unlock / 60));
            Vec::new()
        }
        ("resources", words) => amounts::resources(app, words),
        ("hpa" | "hpa-bounds", words) => amounts::bounds(app, words),
        ("scale", [number]) => match number.parse::<u32>() {
            Ok(replicas) => begin(app, objects, |target, _| {
                Verb::Scale(Scale {
                    target,
                    replicas: Given::Value(replicas),
                    current_replicas: None,
                    timeout: None,
                    dry_run: DryRun::None,
                })
            }),
            Err(_) => problem(app, format!("{number} is not a number of replicas")),
        },
        ("roll-back", [number]) => match number.parse::<u64>() {
            Ok(revision) => begin(
                app,
                objects,
                draft::rollout(Rollout::Undo {
                    to_revision: Some(Given::Value(revision)),
                    dry_run: DryRun::None,
                }),
            ),
            Err(_) => problem(app, format!("{number} is not a revision")),
        },
        ("image", images) => {
            let pairs: Option<Vec<(Word, Word)>> = images
                .iter()
                .map(|pair| {
                    pair.split_once('=')
                        .map(|(container, image)| (Word::from(container), Word::from(image)))
                })
                .collect();
            match pairs {
                Some(images) => begin(app, objects, |target, _| {
                    Verb::SetImage(SetImage {
                        target,
                        images,
                        dry_run: DryRun::None,
                    })
                }),
                None => problem(app, "as in image app=ghcr.io/solia/backend:v1.8.2".into()),
            }
        }
        ("label" | "annotate", marks) => {
            let pair = |text: &&str| match (text.split_once('='), text.strip_suffix('-')) {
                (Some((name, value)), _) => Some(Pair::Set {
                    name: name.into(),
                    value: value.into(),
                }),
                (None, Some(name)) => Some(Pair::Remove { name: name.into() }),
                (None, None) => None,
            };
            let pairs: Option<Vec<Pair>> = marks.iter().map(pair).collect();
            let Some(pairs) = pairs else {
                return problem(app, format!("as in {verb} team=web, or {verb} team- to take it away"));
            };
            let is_label = verb == "label";
            begin(app, objects, |target, _| {
                let marks = Marks {
                    target,
                    pairs,
                    overwrite: true,
                    dry_run: DryRun::None,
                };
                if is_label { Verb::Label(marks) } else { Verb::Annotate(marks) }
            })
        }
        _ => problem(app, format!("{verb} takes one word")),
    }
}

/// A whole kubectl line: what reads becomes a view, what changes a plan.
fn kubectl(app: &mut App, line: &str) -> Vec<Effect> {
    let action = match parse(line) {
        Ok(action) => action,
        Err(fault) => {
            app.flash(Tone::Problem, fault.to_string());
            return Vec::new();
        }
    };
    if let Some(view) = as_view(&action) {
        return overlays::run_line(app, &view);
    }
    if let Verb::Apply(_) = &action.verb {
        return editing::apply(app, action);
    }
    match (draft::line(app, line), &action.verb) {
        (Ok((action, objects)), Verb::Edit(_)) => match objects.into_iter().next() {
            Some(object) => editing::begin(app, action, object),
            None => Vec::new(),
        },
        (
            Ok((_, objects)),
            Verb::Rollout {
                rollout: Rollout::History { revision, .. },
                ..
            },
        ) => match objects.as_slice() {
            [one] if !one.name.is_empty() => history::open(app, one.clone(), revision.as_ref().and_then(Given::value)),
            _ => {
                app.flash(Tone::Problem, "the history of one workload at a time");
                Vec::new()
            }
        },
        (Ok((action, objects)), _) => deeds::begin(app, action, objects, Origin::Asked),
        (Err(why), _) => {
            app.flash(Tone::Problem, why);
            Vec::new()
        }
    }
}

/// The line of the palette that shows what a reading action asks for.
fn as_view(action: &Action) -> Option<String> {
    let namespace = match &action.place.scope {
        crate::action::Scope::Namespace(word) => format!(" {}", word.plain()?),
        crate::action::Scope::All => " all".into(),
        crate::action::Scope::Current => String::new(),
    };
    match &action.verb {
        Verb::Get(get) => {
            let kind = get.target.kinds().first()?.plural();
            let filter = match &get.target {
                Target::Named(refs) => refs.first().and_then(|r| r.name.plain()).map(|name| format!(" /^{name}$")),
                Target::Kinds { .. } | Target::Open(_) => None,
            };
            Some(format!("{}{namespace}{}", kind.plain()?, filter.unwrap_or_default()))
        }
        Verb::Logs(logs) => match &logs.of {
            crate::action::LogsOf::Object { object, .. } => {
                let place = namespace.trim();
                let flag = if place.is_empty() { String::new() } else { format!(" -n {place}") };
                Some(format!("logs {}/{}{flag}", object.kind.singular().plain()?, object.name.plain()?))
            }
            crate::action::LogsOf::Labelled(labels) => Some(format!("logs {}", labels.plain()?)),
        },
        Verb::Events(_) => Some(format!("events{namespace}")),
        _ => None,
    }
}
