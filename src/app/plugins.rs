//! The team's own commands (`[[plugin]]`), and lines for the shell (`:! …`).
//!
//! What a plugin is told of the selection stands in its environment; no value is ever put into a text that a shell reads. A
//! command that is a line of kubectl, and one that is understood, is done by this program itself, its variables bound to words.

use super::deeds::{self, draft};
use super::keymap::Key;
use super::palette;
use super::{App, Effect, Tone};
use crate::action::plan::Origin;
use crate::action::variables::{Line, Variable};
use crate::action::{Action, Class, Place, Run, Scope, Verb};
use crate::config::{self, Plugin};
use crate::model::{Link, ObjectRef};

/// The plugins that are offered for what is selected, here.
pub fn offered(app: &App) -> impl Iterator<Item = &Plugin> {
    app.config.plugins.iter().filter(|plugin| fits(app, plugin))
}

/// The plugin of this name, wherever it is offered.
pub fn named<'a>(app: &'a App, name: &str) -> Option<&'a Plugin> {
    app.config.plugins.iter().find(|plugin| plugin.name == name)
}

/// The plugin that a key means for what is selected in a table.
pub fn by_key(app: &App, key: Key) -> Option<Plugin> {
    app.table()?;
    let means = |plugin: &&Plugin| plugin.key.iter().any(|text| Key::parse(text) == Some(key));
    offered(app).find(means).cloned()
}

/// Keys that cannot be read, as sentences.
pub fn problems(plugins: &[Plugin]) -> Vec<String> {
    let bad = |plugin: &Plugin| {
        let wrong = plugin.key.iter().find(|text| Key::parse(text).is_none())?;
        Some(format!("[[plugin]] {}: {wrong:?} is not a key", plugin.name))
    };
    plugins.iter().filter_map(bad).collect()
}

fn fits(app: &App, plugin: &Plugin) -> bool {
    let environment = app.environment(app.env());
    let here = plugin.environments.is_empty() || environment.is_some_and(|e| plugin.environments.iter().any(|name| e.goes_by(name)));
    let of_kind = || {
        let selected = app.reference();
        selected.is_some_and(|object| {
            plugin
                .kinds
                .iter()
                .any(|word| palette::kind(app, word).as_ref() == Some(&object.kind))
        })
    };
    here && (plugin.kinds.is_empty() || of_kind())
}

/// Asks for a plugin.
pub fn run(app: &mut App, plugin: &Plugin) -> Vec<Effect> {
    if !fits(app, plugin) {
        app.flash(Tone::Problem, format!(":{} is not for what is selected here", plugin.name));
        return Vec::new();
    }
    let variables = variables(app);
    let class = class(plugin);
    if plugin.command.first().is_some_and(|program| program == "kubectl") {
        match natively(app, plugin, &variables) {
            Ok(Natively::View(line)) => return super::update::show_line(app, &line),
            Ok(Natively::Act(action, objects)) => {
                let env = app.env();
                return deeds::begin_in(app, env, *action, objects, Origin::Asked, Some(class));
            }
            Err(Some(missing)) => {
                app.flash(
                    Tone::Problem,
                    format!("{}: select something first, ${missing} has no value", plugin.name),
                );
                return Vec::new();
            }
            // One that is not understood is run as it stands.
            Err(None) => {}
        }
    }
    process(
        app,
        Run {
            plugin: Some(plugin.name.clone()),
            argv: plugin.command.clone(),
            variables,
            class,
            at_terminal: plugin.terminal,
        },
    )
}

/// Asks for a line of the shell.
pub fn shell(app: &mut App, line: &str) -> Vec<Effect> {
    let line = line.trim();
    if line.is_empty() {
        app.flash(Tone::Info, "as in :! dig backend.solia.svc");
        return Vec::new();
    }
    let variables = variables(app);
    process(
        app,
        Run {
            plugin: None,
            argv: vec!["sh".into(), "-c".into(), line.to_owned()],
            variables,
            class: Class::X,
            at_terminal: false,
        },
    )
}

fn process(app: &mut App, run: Run) -> Vec<Effect> {
    let (env, objects) = (app.env(), app.reference().into_iter().collect());
    let action = Action {
        place: Place {
            context: None,
            scope: Scope::Current,
        },
        verb: Verb::Run(Box::new(run)),
    };
    deeds::begin_in(app, env, action, objects, Origin::Asked, None)
}

fn class(plugin: &Plugin) -> Class {
    match plugin.class {
        config::Class::W1 => Class::W1,
        config::Class::W2 => Class::W2,
        config::Class::D => Class::D,
        config::Class::X => Class::X,
    }
}

/// What a program is told of the selection.
fn variables(app: &App) -> Vec<(String, String)> {
    let env = app.env();
    let environment = app.environment(env);
    let mut all: Vec<(&str, String)> = Vec::new();
    if let Some(environment) = environment {
        let identity = &environment.identity;
        let context = environment.context().unwrap_or_default();
        let cluster = if identity.cluster.is_empty() { context } else { &identity.cluster };
        all.push(("ENVIRONMENT", environment.name.clone()));
        all.push(("CONTEXT", context.to_owned()));
        all.push(("CLUSTER", cluster.to_owned()));
        let files = environment.kubernetes.iter().flat_map(|k| &k.kubeconfig);
        let files: Vec<String> = files.map(|path| path.display().to_string()).collect();
        if !files.is_empty() {
            all.push(("KUBECONFIG", files.join(":")));
        }
    }
    if let Some(Link::Ready(server)) = app.store.env(env).map(|seen| &seen.link) {
        all.push(("SERVER", server.host.to_string()));
        all.push(("CLUSTER_USER", server.user.to_string()));
    }
    if let Some(object) = app.reference() {
        let kind = object
            .kind
            .known()
            .map_or_else(|| object.kind.resource().to_owned(), |k| k.info().name.to_lowercase());
        all.push(("KIND", kind));
        all.push(("RESOURCE", object.kind.resource().to_owned()));
        all.push(("NAME", object.name.to_string()));
        all.push(("NAMESPACE", object.namespace.to_string()));
    }
    let container = match (app.table(), app.seen()) {
        (Some(table), Some(seen)) => table.selected_container(seen),
        _ => None,
    };
    all.extend(container.map(|container| ("CONTAINER", container.to_string())));
    all.retain(|(_, value)| !value.is_empty());
    all.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// What this program does itself.
enum Natively {
    /// It shows this.
    View(String),
    Act(Box<Action>, Vec<ObjectRef>),
}

/// The plugin's line of kubectl, understood. `Err`: a variable without a value, or nothing that is done from here.
fn natively(app: &App, plugin: &Plugin, variables: &[(String, String)]) -> Result<Natively, Option<String>> {
    let words = plugin.command.iter().map(|word| quoted(word));
    let mut line = Line::read(&words.collect::<Vec<_>>().join(" ")).map_err(|_| None)?;
    for variable in line.variables() {
        let Variable::Named(name) = &variable else { return Err(None) };
        match variables.iter().find(|(other, _)| other == name) {
            Some((_, value)) => line.bind(&variable, value),
            None => return Err(Some(name.clone())),
        }
    }
    let action = line.action().map_err(|_| None)?;
    if let Some(view) = super::update::as_view(&action) {
        return Ok(Natively::View(view));
    }
    let (action, objects) = draft::of(app, action).map_err(|_| None)?;
    Ok(Natively::Act(Box::new(action), objects))
}

/// A word of a command as kubectl's reader takes it: its variables stay, all else is text.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@,+%$".contains(c);
    match !word.is_empty() && word.chars().all(plain) {
        true => word.to_owned(),
        false => format!("\"{}\"", word.replace('\\', "\\\\").replace('"', "\\\"").replace('`', "\\`")),
    }
}
