//! An object in the user's own editor, and a file that is applied: from the wish to the draft of a plan.
//!
//! ```text
//!   e ─► the object is read ─► its text, secrets hidden ─► the editor ─► the text is read ─► a draft with what was written
//!                ▲                                                          │ a mistake, a conflict: the text is kept
//!                └──────────────────────────── e again ◄────────────────────┘
//! ```

use std::path::PathBuf;

use serde_json::Value;

use super::dialog::{Dialog, Failure, Stage};
use super::{Mode, begin_written, draft, text};
use crate::action::plan::difference::Step;
use crate::action::plan::{Draft, Origin, Written, written};
use crate::action::{Action, Edit, Manifest, Ref, Scope, Verb, Word};
use crate::app::overlay::Overlay;
use crate::app::{App, Effect, Tone};
use crate::model::{EnvId, Known, Namespaces, ObjectRef, Problem, ProblemKind};
use crate::redact::Mask;

/// An edit that is under way, or whose text is kept because it was not taken.
#[derive(Debug)]
pub struct Editing {
    env: EnvId,
    action: Action,
    object: ObjectRef,
    /// The object as it was shown.
    base: Value,
    /// What stood where the text says `(hidden N)`.
    hidden: Vec<Value>,
    /// What the editor was given.
    given: String,
    left: Left,
    /// Where the text is on the disk.
    file: Option<PathBuf>,
}

/// What the editor has left.
#[derive(Debug)]
enum Left {
    /// It was not opened yet, or is open.
    Nothing,
    /// A text with a mistake in it, and the mistake.
    Wrong(String, String),
    /// These changes.
    Steps(Vec<Step>),
}

/// What came back from the editor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Returned {
    pub text: String,
    /// The file that it stands in, until it is forgotten.
    pub file: PathBuf,
}

/// A text for the editor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    pub text: String,
    /// The object, as a part of the file's name.
    pub name: String,
}

/// Begins to edit an object.
pub fn open(app: &mut App, object: ObjectRef) -> Vec<Effect> {
    let edit = |_: crate::action::Target, _: crate::action::Nodes| {
        Verb::Edit(Edit {
            object: Ref {
                kind: (&object.kind).into(),
                name: Word::from(&*object.name),
            },
            subresource: None,
        })
    };
    match draft::on(std::slice::from_ref(&object), edit) {
        Ok(action) => begin(app, action, object.clone()),
        Err(why) => {
            app.flash(Tone::Problem, why);
            Vec::new()
        }
    }
}

/// Begins what `kubectl edit` says.
pub fn begin(app: &mut App, action: Action, object: ObjectRef) -> Vec<Effect> {
    if app.deeds.mode == Mode::ReadOnly {
        return super::begin(app, action, vec![object], Origin::Asked);
    }
    let has_subresource = matches!(&action.verb, Verb::Edit(edit) if edit.subresource.is_some());
    if has_subresource {
        return refuse(app, action, object, "subresources are not edited from here", "");
    }
    if object.kind.is(Known::Secret) {
        return refuse(
            app,
            action,
            object,
            "secrets are not edited from here: their values would stand in a file and on the screen",
            "the line can be copied",
        );
    }
    let env = app.env();
    let kept = app.deeds.editing.as_deref();
    if kept.is_some_and(|kept| kept.env == env && kept.object == object && !matches!(kept.left, Left::Nothing)) {
        // What was not taken is offered again; it may be thrown away there.
        return again(app);
    }
    app.flash(Tone::Info, format!("reading {} …", object.label()));
    app.deeds.editing = Some(Box::new(Editing {
        env,
        action,
        object: object.clone(),
        base: Value::Null,
        hidden: Vec::new(),
        given: String::new(),
        left: Left::Nothing,
        file: None,
    }));
    vec![Effect::ReadObject { env, object }]
}

/// Opens the kept text again, upon the object as it is now.
pub fn again(app: &mut App) -> Vec<Effect> {
    let Some(editing) = &app.deeds.editing else { return Vec::new() };
    let (env, object) = (editing.env, editing.object.clone());
    app.flash(Tone::Info, format!("reading {} again …", object.label()));
    vec![Effect::ReadObject { env, object }]
}

/// Whether this draft's text is kept, and can be edited again.
pub fn is_kept(app: &App, draft: &Draft) -> bool {
    let same = |editing: &Editing| editing.env == draft.env && editing.object == *draft.objects.first().unwrap_or(&editing.object);
    matches!(draft.action.verb, Verb::Edit(_) | Verb::Patch(_))
        && app
            .deeds
            .editing
            .as_deref()
            .is_some_and(|editing| same(editing) && !matches!(editing.left, Left::Nothing))
}

/// Where a kept text stands.
pub fn file(app: &App) -> Option<PathBuf> {
    app.deeds.editing.as_ref().and_then(|editing| editing.file.clone())
}

/// Nothing more is to be done with what was edited: its file goes.
pub fn forget(app: &mut App) -> Vec<Effect> {
    let editing = app.deeds.editing.take();
    editing.and_then(|editing| editing.file).map(Effect::Forget).into_iter().collect()
}

fn refuse(app: &mut App, action: Action, object: ObjectRef, why: &str, hint: &str) -> Vec<Effect> {
    let problem = Problem::new(ProblemKind::Denied, why).hint(hint);
    failed(app, action, object, problem);
    Vec::new()
}

/// A dialog that says why there is no plan, with the line to do it by hand.
fn failed(app: &mut App, action: Action, object: ObjectRef, problem: Problem) {
    let draft = Draft {
        id: app.deeds.number(),
        env: app.env(),
        action,
        objects: vec![object],
        written: None,
        origin: Origin::Asked,
        least: None,
        floor: None,
        at: app.now,
    };
    let mut dialog = Dialog::new(draft, "");
    dialog.stage = Stage::Failed(Failure::NoPlan, problem);
    dialog.is_armed = true;
    app.overlay = Some(Overlay::Plan(Box::new(dialog)));
}

/// The object was read: its text goes to the editor, with what is kept of an edit before.
pub fn read(app: &mut App, object: &ObjectRef, document: Result<Box<Value>, Problem>) -> Vec<Effect> {
    let mask = Mask::new(&app.config.redact.secrets);
    let env = app.env();
    if app.deeds.editing.as_ref().is_some_and(|editing| editing.env != env) {
        app.flash(Tone::Info, "you went to another environment meanwhile: nothing is edited");
        return forget(app);
    }
    let Some(editing) = app.deeds.editing.as_mut().filter(|editing| editing.object == *object) else {
        return Vec::new();
    };
    let document = match document {
        Ok(document) => document,
        Err(problem) => {
            let (action, object) = (editing.action.clone(), editing.object.clone());
            failed(app, action, object, problem);
            return Vec::new();
        }
    };
    let place = match app.config.environments.get(usize::from(editing.env.0)) {
        Some(environment) => environment.shown().to_owned(),
        None => String::new(),
    };
    let mut notes = text::heading(&editing.object, &place);
    let now = written::own(&document);
    let text = match &editing.left {
        Left::Nothing => {
            editing.base = now;
            let (text, hidden) = text::of(&editing.base, &mask);
            editing.hidden = hidden;
            text
        }
        // What cannot be read cannot be put upon anything else: it is given back as it is.
        Left::Wrong(text, mistake) => {
            notes = vec![format!("A MISTAKE: {mistake}")];
            text.clone()
        }
        Left::Steps(steps) => {
            let (upon, unfit) = written::onto(&now, steps);
            if !unfit.is_empty() {
                notes.push("NOT TAKEN OVER, because it changed meanwhile:".to_owned());
                notes.extend(unfit.iter().map(|line| format!("  {line}")));
            }
            let (text, hidden) = text::of(&upon, &mask);
            editing.base = now;
            editing.hidden = hidden;
            text
        }
    };
    let comments: String = notes.iter().map(|note| format!("# {note}\n")).collect();
    let text = format!("{comments}{}", text::without_comments(&text));
    editing.given = text.clone();
    let order = Order {
        text,
        name: editing.object.name.to_string(),
    };
    app.overlay = None;
    app.flash = None;
    let old = editing.file.take().map(Effect::Forget);
    old.into_iter().chain([Effect::Edit(order)]).collect()
}

/// The editor has ended.
pub fn returned(app: &mut App, result: Result<Returned, Problem>) -> Vec<Effect> {
    let Some(editing) = &mut app.deeds.editing else { return Vec::new() };
    let returned = match result {
        Ok(returned) => returned,
        Err(problem) => {
            app.flash(Tone::Problem, format!("{problem}: nothing is done"));
            return forget(app);
        }
    };
    editing.file = Some(returned.file);
    let (action, object) = (editing.action.clone(), editing.object.clone());
    let rewritten = !matches!(editing.left, Left::Nothing);
    let is_as_given = returned.text == editing.given;
    if is_as_given && !rewritten {
        app.flash(Tone::Info, "nothing was changed: nothing is done");
        return forget(app);
    }
    let document =
        text::read(&returned.text, &editing.hidden).and_then(|document| text::is_same(&document, &editing.base).map(|()| document));
    let document = match document {
        Ok(document) => document,
        Err(mistake) => {
            editing.left = Left::Wrong(returned.text, mistake.clone());
            let problem = Problem::new(ProblemKind::Config, mistake).hint("e opens it again as you left it");
            failed(app, action, object, problem);
            return Vec::new();
        }
    };
    let steps = written::steps(&editing.base, &document);
    if steps.is_empty() {
        app.flash(Tone::Info, "nothing was changed: nothing is done");
        return forget(app);
    }
    editing.left = Left::Steps(steps);
    let base = editing.base.clone();
    let written = Written::Edited { base, document };
    begin_written(app, action, vec![object], Some(Box::new(written)), Origin::Asked)
}

/// `kubectl apply -f FILE`: the file is read first.
pub fn apply(app: &mut App, action: Action) -> Vec<Effect> {
    let Verb::Apply(apply) = &action.verb else { return Vec::new() };
    let problem = match &apply.manifest {
        Manifest::Kustomize(_) => "a directory is not built here: kubectl apply -k does it",
        Manifest::File(word) => match word.plain() {
            None => "the line still has places to be filled in",
            Some("-") => "there is no standard input here: name a file",
            Some(name) if name.contains("://") => "a file is not fetched from the network here",
            Some(_) if app.deeds.mode == Mode::ReadOnly => return super::begin(app, action, Vec::new(), Origin::Asked),
            Some(name) => {
                let path = PathBuf::from(name);
                app.deeds.applying = Some(Box::new(action));
                return vec![Effect::ReadFile(path)];
            }
        },
    };
    app.flash(Tone::Problem, problem);
    app.line = Some(action.to_string());
    Vec::new()
}

/// The file was read.
pub fn manifest(app: &mut App, text: Result<String, Problem>) -> Vec<Effect> {
    let Some(action) = app.deeds.applying.take() else {
        return Vec::new();
    };
    let mut action = *action;
    let made = text
        .map_err(|problem| problem.to_string())
        .and_then(|text| text::manifest(&text))
        .and_then(|document| located(app, &action, document));
    match made {
        Ok((object, document)) => {
            if !object.namespace.is_empty() {
                action.place.scope = Scope::Namespace(Word::from(&*object.namespace));
            }
            let written = Written::Manifest(document);
            begin_written(app, action, vec![object], Some(Box::new(written)), Origin::Asked)
        }
        Err(why) => {
            app.line = Some(action.to_string());
            app.flash(Tone::Problem, why);
            Vec::new()
        }
    }
}

/// Where the object of a file is, or will be.
fn located(app: &App, action: &Action, document: Value) -> Result<(ObjectRef, Value), String> {
    let of = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (version, kind, name) = (
        of(&document["apiVersion"]),
        of(&document["kind"]),
        of(&document["metadata"]["name"]),
    );
    let group = version.split_once('/').map_or("", |(group, _)| group);
    if kind == "Secret" && group.is_empty() {
        return Err("secrets are not applied from here: their values would be on the screen; the line can be copied (:copy-line)".into());
    }
    let kinds = app.seen().map(|seen| seen.kinds.as_slice()).unwrap_or_default();
    let served = kinds.iter().find(|served| *served.name == *kind && served.kind.group() == group);
    let served = served.ok_or_else(|| format!("this server has no {kind} of {version}"))?;
    let own = of(&document["metadata"]["namespace"]);
    let namespace = match (&action.place.scope, own.as_str()) {
        _ if !served.namespaced => String::new(),
        (Scope::All, _) => return Err("-A is for reading: name a namespace".into()),
        (Scope::Namespace(word), "") => word.plain().ok_or("the namespace is still to be filled in")?.to_owned(),
        (Scope::Namespace(word), own) if word.plain() != Some(own) => {
            return Err(format!("the file says namespace {own}, the line {word}"));
        }
        (Scope::Current, "") => match app.workspace.front().view().namespaces() {
            Namespaces::Some(names) => names.first().map_or_else(|| "default".to_owned(), ToString::to_string),
            Namespaces::All => "default".to_owned(),
        },
        (_, own) => own.to_owned(),
    };
    let object = ObjectRef {
        kind: served.kind.clone(),
        namespace: namespace.into(),
        name: name.into(),
    };
    Ok((object, document))
}
