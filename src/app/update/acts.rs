//! Commands that change the world: each becomes a draft, whose plan is shown before anybody is asked.

use super::{amounts, overlays};
use crate::action::guard::Lock;
use crate::action::kubectl::parse;
use crate::action::plan::{Origin, job_name};
use crate::action::{Action, Cascade, CreateJob, Delete, DryRun, Evict, Given, Marks, Nodes, Pair, Patch, PatchKind, Ref, Rollout, Scale};
use crate::action::{SetImage, Target, Verb, Word};
use crate::app::command::Command;
use crate::app::deeds::{self, Mode, copies, draft, editing, history};
use crate::app::overlay::Overlay;
use crate::app::view::View;
use crate::app::{App, Effect, Tone, forwards, palette, plugins, rights, silences};
use crate::config::Tier;
use crate::model::{Body, Known, Namespaces, ObjectRef};
use crate::ui::panes::table::{RowSource, TableView};
use crate::ui::widgets::Input;

/// Does what a command says.
pub fn run(app: &mut App, command: Command) -> Vec<Effect> {
    match command {
        Command::Scale => {
            let replicas = match app.object().map(|(_, object)| &object.body) {
                Some(Body::Workload(workload)) => workload.desired.to_string(),
                _ => String::new(),
            };
            let line = format!("scale {replicas}");
            if rights::missing(app, command).is_some() && !replicas.is_empty() {
                return words(app, &line);
            }
            ask(app, &line);
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
            let line = format!("image {}", image.as_deref().unwrap_or_default());
            if rights::missing(app, command).is_some() && image.is_some() {
                return words(app, &line);
            }
            ask(app, &line);
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
        Command::Drain => on_selected(app, |_, nodes| Verb::Drain(draft::drain(nodes))),
        Command::Evict => {
            let objects = draft::selected(app);
            let names = objects.iter().map(|pod| Word::from(&*pod.name)).collect();
            begin(app, objects, |_, _| Verb::Evict(Evict::of(names)))
        }
        Command::Progress => {
            match app.deeds.several().map(|running| running.plan.draft.id) {
                Some(draft) => app.overlay = Some(Overlay::Progress { draft, scroll: 0 }),
                None => app.flash(Tone::Info, "nothing of several objects was done yet"),
            }
            Vec::new()
        }
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
            let Some((pod, container)) = pod(app) else { return Vec::new() };
            let container = container.as_deref();
            let verb = match command {
                Command::Shell => draft::shell(&pod, container),
                _ => draft::attach(&pod, container),
            };
            begin(app, vec![pod], |_, _| verb)
        }
        Command::SuspendCron => suspend(app, true),
        Command::ResumeCron => suspend(app, false),
        Command::Debug => ask_for(app, "debug "),
        Command::CopyOut => ask_for(app, "copy-out "),
        Command::CopyIn => ask_for(app, "copy-in "),
        Command::Forward => {
            app.overlay = forwards::form::open(app).map(|form| Overlay::Forward(Box::new(form)));
            Vec::new()
        }
        Command::Forwards => {
            let view = TableView::of(app.env(), RowSource::Forwards, Namespaces::All);
            app.workspace.push(View::Table(Box::new(view)));
            Vec::new()
        }
        Command::Silence => {
            silences::ask(app);
            Vec::new()
        }
        Command::ExtendSilence => {
            silences::ask_longer(app);
            Vec::new()
        }
        Command::EndSilence => silences::expire(app),
        Command::CopySource => silences::copy_source(app),
        Command::StopForward => forwards::stop(app),
        Command::ForwardAgain => forwards::again(app),
        Command::ProbeForward => forwards::probe(app),
        Command::Undo => deeds::undo(app),
        Command::Lock => {
            let env = app.env();
            app.deeds.locks.lock(env);
            app.flash(Tone::Info, "locked");
            Vec::new()
        }
        Command::Unlock => {
            let lock = app.deeds.locks.of(app.env());
            match (app.environment(app.env()).map(|e| e.tier), lock) {
                _ if app.deeds.mode == Mode::ReadOnly => app.flash(Tone::Info, "read-only: nothing is changed from here"),
                // One that is unlocked is extended, for the reason that was given.
                (Some(Tier::Guarded), Lock::Unlocked { .. }) => return words(app, "unlock"),
                (Some(Tier::Guarded), Lock::Open | Lock::Locked) => ask(app, "unlock "),
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

fn ask_for(app: &mut App, line: &str) -> Vec<Effect> {
    ask(app, line);
    Vec::new()
}

/// The pod under the cursor, and the container where rows are containers.
fn pod(app: &App) -> Option<(ObjectRef, Option<std::sync::Arc<str>>)> {
    let pod = app.reference().filter(|reference| reference.kind.is(Known::Pod))?;
    let container = match (app.table(), app.seen()) {
        (Some(table), Some(seen)) => table.selected_container(seen),
        _ => None,
    };
    Some((pod, container))
}

/// Opens the command line with the beginning of a line.
pub(in crate::app) fn ask(app: &mut App, line: &str) {
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
    if let Some(line) = line.strip_prefix('!') {
        return plugins::shell(app, line);
    }
    if let Some(plugin) = plugins::named(app, verb).cloned() {
        return plugins::run(app, &plugin);
    }
    match (verb, rest.as_slice()) {
        ("kubectl" | "k", _) => kubectl(app, line),
        ("silence" | "extend-silence", _) => silences::typed(app, line),
        ("unlock", _) if app.deeds.mode == Mode::ReadOnly => problem(app, "read-only: nothing is changed from here".into()),
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
        ("debug" | "copy-out" | "copy-in", paths) => {
            let Some((pod, container)) = pod(app) else {
                return problem(app, "no pod is selected".into());
            };
            let container = container.as_deref();
            let made = match (verb, paths) {
                ("debug", [image]) => copies::debug(&pod, container, image),
                ("copy-out", [remote]) => copies::out(&pod, container, remote, "."),
                ("copy-out", [remote, local]) => copies::out(&pod, container, remote, local),
                ("copy-in", [local, remote]) => copies::into(&pod, container, local, remote),
                ("debug", _) => return problem(app, "as in debug busybox:1.36".into()),
                ("copy-out", _) => return problem(app, "as in copy-out /etc/hosts ./hosts; paths with spaces: :kubectl cp".into()),
                _ => return problem(app, "as in copy-in ./hosts /tmp/hosts; paths with spaces: :kubectl cp".into()),
            };
            begin(app, vec![pod], |_, _| made)
        }
        ("forward", ports) => {
            let ports = ports.join(" ");
            let Some(object) = app.reference() else {
                return problem(app, "nothing is selected".into());
            };
            let Some(mut form) = forwards::form::open(app) else {
                return problem(app, format!("no port leads to {}", object.kind.resource()));
            };
            form.ports = Input::new(&ports);
            forwards::form::key(
                app,
                Box::new(form),
                crate::app::keymap::Key {
                    code: crossterm::event::KeyCode::Enter,
                    modifiers: crossterm::event::KeyModifiers::NONE,
                },
            )
        }
        ("drain" | "evict", flags) => {
            let kubectl = if verb == "drain" { "drain" } else { "evict-pod" };
            let is_named = flags.first().is_some_and(|first| !first.starts_with('-'));
            let names: Vec<&str> = match is_named {
                true => Vec::new(),
                false => objects.iter().map(|object| &*object.name).collect(),
            };
            let place = match objects.first().map(|object| &*object.namespace) {
                Some(namespace) if !is_named && !namespace.is_empty() => format!(" -n {namespace}"),
                _ => String::new(),
            };
            let line = format!("kubectl {kubectl} {} {}{place}", names.join(" "), flags.join(" "));
            match draft::line(app, &line) {
                Ok((mut action, objects)) => {
                    if let Verb::Drain(drain) = &mut action.verb {
                        draft::usual(drain);
                    }
                    deeds::begin(app, action, objects, Origin::Asked)
                }
                Err(why) => problem(app, why),
            }
        }
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
pub(in crate::app) fn as_view(action: &Action) -> Option<String> {
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
