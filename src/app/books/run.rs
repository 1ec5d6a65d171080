//! Running a step: what it needs, and which way it goes.

use super::open::{is_opened, open};
use super::walking::{Asked, Pen, Shown};
use crate::action::ask::Ask;
use crate::action::plan::{Draft, Origin};
use crate::action::variables::Variable;
use crate::action::{Action, Class, Place, Rollout, Run, Scope, Verb};
use crate::app::deeds::{self, draft};
use crate::app::{App, Effect, Tone};
use crate::model::{EnvId, Namespaces, ObjectRef};
use crate::runbook::command::{Command, Program, fetch};
use crate::runbook::condition::{Seen, Truth};
use crate::runbook::page::{Block, Runbook, Step, StepKind};
use crate::runbook::value::{Bindings, fill, query_variables};
use crate::runbook::walk::{Event, StepState};

/// What has to be there before a step runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Need {
    /// Somebody has to trust the page.
    Trust(String),
    /// The step is not for this environment.
    Elsewhere(String),
    /// A warning has to be read.
    Caution,
    /// These have no value.
    Values(Vec<String>),
    /// A person does it.
    Person(String),
}

impl Need {
    /// As a sentence.
    pub fn said(&self) -> String {
        match self {
            Self::Trust(file) => format!("this page is not trusted, so nothing of it runs: qd runbook trust {file}"),
            Self::Elsewhere(words) => format!("this step is for {words}, not for this environment"),
            Self::Caution => "read the warning: enter says that you have".to_owned(),
            Self::Values(names) => format!("it needs {}: enter asks for it", names.join(", ")),
            Self::Person(why) => why.clone(),
        }
    }
}

/// What the step in front needs first; none: it can run.
pub fn need(app: &App) -> Option<Need> {
    let walking = app.books.walking.as_ref()?;
    let step = walking.step()?;
    let all = needs(app, step)?;
    all.into_iter().next()
}

/// What the page says of a variable: what to ask, and where it is found.
pub fn hint(app: &App, name: &str) -> Option<String> {
    let slots = app.books.walking.as_ref()?.page.book.slots();
    slots.into_iter().find(|slot| slot.name == name)?.declared?.told()
}

/// The same of a step: all of it. None: nothing is to be run.
pub fn needs(app: &App, step: &Step) -> Option<Vec<Need>> {
    let walking = app.books.walking.as_ref()?;
    let block = step.block.as_ref()?;
    let mut all = Vec::new();
    if !walking.page.trust.may_run() {
        all.push(Need::Trust(walking.page.origin.to_string()));
    }
    if let Some(environment) = app.environment(walking.env)
        && !Runbook::is_for(&step.environments, environment)
    {
        all.push(Need::Elsewhere(step.environments.join(", ")));
    }
    match block {
        Block::Sql(_) => all.push(Need::Person("by hand: c copies it; run it in psql, and answer".to_owned())),
        Block::Insights { .. } | Block::Logs { .. } => {}
        Block::Http(_) => all.push(Need::Person(
            "it does more than look, so it is not sent from here: by hand, and answer".to_owned(),
        )),
        Block::Command(command) if command.is_deployment() && app.config.runbooks.deploy.is_none() => {
            all.push(Need::Person(
                "no deployment script is configured ([runbooks] deploy): run it by hand, and answer".to_owned(),
            ));
        }
        Block::Command(command) => {
            if matches!(command.program, Program::Opaque(_))
                && command.variables().iter().any(|variable| matches!(variable, Variable::Blank(_)))
            {
                all.push(Need::Person(
                    "no shell can be told what its <names> are: run it by hand, and answer".to_owned(),
                ));
            }
        }
        Block::PromQl { .. } => {}
    }
    if step.is_cautioned() && !walking.walk.progress(&step.id).acknowledged {
        all.push(Need::Caution);
    }
    all.extend(secret(app, &walking.page.book, step).map(Need::Person));
    let missing = missing(&walking.page.book, step, &walking.walk.bindings);
    if !missing.is_empty() {
        all.push(Need::Values(missing));
    }
    Some(all)
}

/// Why a step with a secret in it is for a person: a secret is put into no command line, and only a shell takes it from its
/// environment.
fn secret(app: &App, book: &Runbook, step: &Step) -> Option<String> {
    let Some(Block::Command(command)) = &step.block else { return None };
    let slots = book.slots();
    let names = command.variables().into_iter().map(|variable| Bindings::name_of(&variable));
    let mut secrets = names.filter(|name| slots.iter().any(|slot| slot.name == *name && slot.is_secret()));
    let is_shell = matches!(command.program, Program::Opaque(_));
    secrets.find_map(|name| match (is_shell, app.books.process.secrets.contains(&name)) {
        (true, true) => None,
        (true, false) => Some(format!("{name} is a secret, and not in the environment of qd: by hand, and answer")),
        (false, _) => Some(format!("{name} is a secret, and is put into no command line: by hand, and answer")),
    })
}

/// The variables of a step that have no value.
fn missing(book: &Runbook, step: &Step, bindings: &Bindings) -> Vec<String> {
    let variables = match &step.block {
        Some(Block::Command(command)) => command.variables(),
        Some(Block::PromQl { query, .. }) => query_variables(query),
        _ => Vec::new(),
    };
    // What only a shell reads may be the shell's own: `$HOME`, or what the line itself sets.
    let is_shell = step.command().is_some_and(|command| matches!(command.program, Program::Opaque(_)));
    let slots = if is_shell { book.slots() } else { Vec::new() };
    let meant = |name: &str| {
        !is_shell
            || slots
                .iter()
                .any(|slot| slot.name == name && (slot.role.is_some() || slot.declared.is_some()))
    };
    let mut all: Vec<String> = Vec::new();
    for variable in variables {
        if bindings.of(&variable).is_none() {
            let name = Bindings::name_of(&variable);
            let is_secret = book.variables.iter().any(|declared| declared.secret && declared.name == name);
            if !is_secret && !all.contains(&name) && meant(&name) {
                all.push(name);
            }
        }
    }
    all
}

/// A step came in front: what is not meant to run is passed, what is proven to read runs by itself.
pub fn arrive(app: &mut App) -> Vec<Effect> {
    let Some(mut walking) = app.books.walking.take() else {
        return Vec::new();
    };
    let mut pen = Pen::new(app);
    walking.cursor = 0;
    // A page cannot send us round for ever: each step is passed once.
    for _ in 0..walking.page.book.steps.len() {
        let Some((at, step)) = walking.at().and_then(|at| Some((at, walking.page.book.steps.get(at)?))) else {
            break;
        };
        let seen = Seen::default();
        let variable = |name: &str| walking.walk.bindings.get(name);
        let holds = step.when.as_ref().map(|when| when.holds(&seen, &variable));
        if holds != Some(Truth::False) {
            break;
        }
        let reason = format!("not needed: {}", step.when.as_ref().map(|when| when.text()).unwrap_or_default());
        let step = step.id.clone();
        let on = walking.walk.go_on(&walking.page.book, at, true);
        if !walking.write(Event::Skipped { step, reason }, &mut pen) {
            break;
        }
        for event in on {
            walking.write(event, &mut pen);
        }
    }
    app.books.walking = Some(walking);
    let mut effects = pen.effects;
    if is_ready_alone(app) {
        effects.extend(go(app));
    }
    effects
}

/// Whether the step in front runs without a key.
fn is_ready_alone(app: &App) -> bool {
    let Some(walking) = &app.books.walking else { return false };
    let Some(step) = walking.step() else { return false };
    let untouched = walking.walk.progress(&step.id).state == StepState::Ready && walking.walk.progress(&step.id).runs == 0;
    let reads = matches!(step.kind, StepKind::Query | StepKind::Wait) && class_of(app, step) == Some(Class::R);
    untouched && reads && !is_opened(app, step) && !walking.walk.phase.is_over() && needs(app, step).is_some_and(|needs| needs.is_empty())
}

/// What a step does to the world, with its values in.
pub fn class_of(app: &App, step: &Step) -> Option<Class> {
    let walking = app.books.walking.as_ref()?;
    match step.block.as_ref()? {
        Block::Command(command) => {
            let filled = filled(command, &walking.walk.bindings);
            Some(filled.reading(&app.config.guard.read_commands).class)
        }
        Block::PromQl { .. } | Block::Logs { .. } | Block::Insights { .. } => Some(Class::R),
        Block::Sql(text) => Some(crate::runbook::command::sql(text).0),
        Block::Http(_) => Some(Class::X),
    }
}

pub(super) fn filled(command: &Command, bindings: &Bindings) -> Command {
    let mut command = command.clone();
    bindings.fill(&mut command);
    command
}

/// The team's deployment script is where the configuration has it, whatever the page says.
fn placed(app: &App, command: Command) -> Command {
    match &app.config.runbooks.deploy {
        Some(path) if command.is_deployment() => command.run_by(&path.display().to_string()),
        _ => command,
    }
}

/// The line of a step as it would run.
pub fn line_of(app: &App, step: &Step) -> String {
    let Some(walking) = &app.books.walking else { return String::new() };
    match &step.block {
        Some(Block::Command(command)) => placed(app, filled(command, &walking.walk.bindings)).shown(),
        Some(Block::PromQl { query, .. }) => {
            let value = |name: &str| walking.walk.bindings.get(name);
            fill(query, &value).unwrap_or_else(|_| query.clone())
        }
        Some(Block::Sql(text) | Block::Http(text)) => text.clone(),
        Some(Block::Logs { pattern, .. }) => pattern.clone(),
        Some(Block::Insights { query, .. }) => query.clone(),
        None => String::new(),
    }
}

/// Runs the step in front. Whoever calls has seen to what it needs.
pub fn go(app: &mut App) -> Vec<Effect> {
    let Some(walking) = app.books.walking.as_ref() else {
        return Vec::new();
    };
    if walking.asked.is_some() || walking.walk.phase.is_over() {
        return Vec::new();
    }
    if let Some(problem) = &walking.broken {
        let text = format!("nothing runs that is not written down: {problem}");
        app.flash(Tone::Problem, text);
        return Vec::new();
    }
    let Some(step) = walking.step().cloned() else { return Vec::new() };
    let (env, bindings) = (walking.env, walking.walk.bindings.clone());
    let class = class_of(app, &step).unwrap_or(Class::X);
    let shown = line_of(app, &step);
    if is_opened(app, &step) {
        return open(app, &step);
    }
    match &step.block {
        None => Vec::new(),
        Some(Block::PromQl { query, chart }) => {
            let value = |name: &str| bindings.get(name);
            match fill(query, &value) {
                Ok(query) => {
                    let range = chart.range.clamp(0, 7 * 86_400);
                    question(app, &step, Ask::PromQl { query, range }, class, shown)
                }
                Err(why) => refuse(app, why),
            }
        }
        Some(Block::Command(command)) => {
            let command = filled(command, &bindings);
            match (&command.program, command.action()) {
                (Program::Kubectl(_), Some(Ok(action))) if reads_once(&action, class) => {
                    let namespace = namespace(app);
                    let action = Box::new(once(action, step.kind));
                    question(app, &step, Ask::Kubectl { action, namespace }, class, shown)
                }
                (Program::Kubectl(_), Some(Ok(action))) => match draft::of(app, action) {
                    Ok((action, objects)) => {
                        let draft = drafted(app, &step, env, action, objects);
                        deed(app, &step, draft, class, shown)
                    }
                    Err(why) => refuse(app, why),
                },
                (Program::Kubectl(_), Some(Err(why))) => refuse(app, why),
                (Program::Curl(line), _) if class == Class::R => match fetch(line) {
                    Some(what) => question(app, &step, Ask::Fetch(what), class, shown),
                    None => refuse(app, "the line cannot be read".to_owned()),
                },
                _ => run_program(app, &step, &command, class, shown),
            }
        }
        // What is opened was, and what a person does is theirs.
        Some(Block::Logs { .. } | Block::Insights { .. } | Block::Sql(_) | Block::Http(_)) => Vec::new(),
    }
}

fn run_program(app: &mut App, step: &Step, command: &Command, class: Class, shown: String) -> Vec<Effect> {
    let Some(walking) = app.books.walking.as_ref() else {
        return Vec::new();
    };
    let (env, bindings) = (walking.env, walking.walk.bindings.clone());
    let command = placed(app, command.clone());
    let Some(action) = program(app, &command, &bindings, class) else {
        return refuse(app, "a value in it would be a flag: it is not run".to_owned());
    };
    let draft = drafted(app, step, env, action, Vec::new());
    deed(app, step, draft, class, shown)
}

fn drafted(app: &mut App, step: &Step, env: EnvId, action: Action, objects: Vec<ObjectRef>) -> Draft {
    Draft {
        id: app.deeds.number(),
        env,
        action,
        objects,
        written: None,
        origin: Origin::Asked,
        least: None,
        // Whichever asks for more.
        floor: step.confirm.max(book_floor(app)),
        at: app.now,
    }
}

fn book_floor(app: &App) -> Option<crate::config::Level> {
    app.books.walking.as_ref()?.page.book.front.confirm
}

fn refuse(app: &mut App, why: String) -> Vec<Effect> {
    app.flash(Tone::Problem, why);
    Vec::new()
}

/// Whether one look answers it.
fn reads_once(action: &Action, class: Class) -> bool {
    class == Class::R
        && matches!(
            action.verb,
            Verb::Get(_)
                | Verb::Describe(_)
                | Verb::Logs(_)
                | Verb::Events(_)
                | Verb::Top(_)
                | Verb::Rollout {
                    rollout: Rollout::Status { .. } | Rollout::History { .. },
                    ..
                }
        )
}

/// What would go on looks once: a wait looks again by itself, and nobody reads a stream in a step.
fn once(mut action: Action, kind: StepKind) -> Action {
    match &mut action.verb {
        Verb::Logs(logs) => logs.follow = false,
        Verb::Get(get) => get.watch = false,
        Verb::Events(events) => events.watch = false,
        Verb::Rollout {
            rollout: Rollout::Status { watch, .. },
            ..
        } if kind == StepKind::Wait => *watch = false,
        _ => {}
    }
    action
}

/// Where a line looks that names no namespace: the one that the walk is about.
pub(super) fn namespace(app: &App) -> String {
    let walking = app.books.walking.as_ref();
    let bound = walking
        .and_then(|walking| walking.walk.bindings.get("NAMESPACE"))
        .map(str::to_owned);
    let home = || match walking.map(|walking| app.home(walking.env)) {
        Some(Namespaces::Some(names)) => names.first().map(ToString::to_string),
        _ => None,
    };
    bound.or_else(home).unwrap_or_else(|| "default".to_owned())
}

/// A program of this machine. Values are arguments or stand in its environment; no text is put together.
fn program(app: &App, command: &Command, bindings: &Bindings, class: Class) -> Option<Action> {
    let (argv, mut variables) = match &command.program {
        Program::Opaque(_) => (vec!["sh".to_owned(), "-c".to_owned(), command.text.clone()], Vec::new()),
        _ => (command.argv()?, Vec::new()),
    };
    for (name, value) in bindings.iter().filter(|(name, _)| !is_the_systems(name)) {
        variables.push((name.to_owned(), value.text.clone()));
    }
    let env = app.books.walking.as_ref()?.env;
    if let Some(environment) = app.environment(env) {
        let files = environment.kubernetes.iter().flat_map(|k| &k.kubeconfig);
        let files: Vec<String> = files.map(|path| path.display().to_string()).collect();
        if !files.is_empty() {
            variables.push(("KUBECONFIG".to_owned(), files.join(":")));
        }
        if let (Program::Aws(_) | Program::Opaque(_), Some(place)) = (&command.program, environment.cloudwatch.first()) {
            for (name, value) in [
                ("AWS_REGION", &place.region),
                ("AWS_PROFILE", &place.profile),
                ("AWS_ENDPOINT_URL", &place.endpoint_url),
            ] {
                if !value.is_empty() {
                    variables.push((name.to_owned(), value.clone()));
                }
            }
            // Nobody is there to turn its pages.
            variables.push(("AWS_PAGER".to_owned(), String::new()));
        }
    }
    Some(Action {
        place: Place {
            context: None,
            scope: Scope::Current,
        },
        verb: Verb::Run(Box::new(Run {
            plugin: None,
            argv,
            variables,
            class,
            at_terminal: false,
        })),
    })
}

/// Names by which the system finds programs, or a program what it loads first: a value under one would be a command.
fn is_the_systems(name: &str) -> bool {
    const NAMES: [&str; 12] = [
        "PATH",
        "IFS",
        "SHELL",
        "HOME",
        "BASH_ENV",
        "SHELLOPTS",
        "BASHOPTS",
        "PS4",
        "PROMPT_COMMAND",
        "PAGER",
        "EDITOR",
        "NODE_OPTIONS",
    ];
    const STARTS: [&str; 8] = ["LD_", "DYLD_", "BASH_FUNC", "PYTHON", "PERL", "RUBY", "GIT_", "GCONV_"];
    NAMES.contains(&name) || STARTS.iter().any(|start| name.starts_with(start))
}

/// Asks something that reads. It is written down that it was begun before it is.
fn question(app: &mut App, step: &Step, ask: Ask, class: Class, command: String) -> Vec<Effect> {
    let number = app.books.number();
    let mut pen = Pen::new(app);
    let Some(walking) = app.books.walking.as_mut() else {
        return Vec::new();
    };
    let id = step.id.clone();
    // The looks of a wait are one run.
    let again = matches!(&walking.asked, Some(Asked::Pause { step, .. }) if *step == id);
    if !again && !walking.write(Event::Started { step: id.clone(), command }, &mut pen) {
        return pen.effects;
    }
    walking.asked = Some(Asked::Question { number, step: id, class });
    let env = walking.env;
    pen.effects.push(Effect::Ask {
        number,
        env,
        ask: Box::new(ask),
    });
    pen.effects
}

/// Looks again: the next look of a wait.
pub fn look_again(app: &mut App) -> Vec<Effect> {
    let Some(walking) = app.books.walking.as_mut() else {
        return Vec::new();
    };
    let Some(Asked::Pause { step, .. }) = walking.asked.clone() else {
        return Vec::new();
    };
    let Some(at) = walking.page.book.steps.iter().position(|one| one.id == step) else {
        return Vec::new();
    };
    let Some(step) = walking.page.book.steps.get(at).cloned() else {
        return Vec::new();
    };
    let bindings = walking.walk.bindings.clone();
    let class = class_of(app, &step).unwrap_or(Class::X);
    let ask = match &step.block {
        Some(Block::PromQl { query, chart }) => {
            let value = |name: &str| bindings.get(name);
            let range = chart.range.clamp(0, 7 * 86_400);
            fill(query, &value).ok().map(|query| Ask::PromQl { query, range })
        }
        Some(Block::Command(command)) => {
            let command = filled(command, &bindings);
            match (&command.program, command.action()) {
                (Program::Kubectl(_), Some(Ok(action))) => Some(Ask::Kubectl {
                    action: Box::new(once(action, step.kind)),
                    namespace: namespace(app),
                }),
                (Program::Curl(line), _) => fetch(line).map(Ask::Fetch),
                _ => None,
            }
        }
        _ => None,
    };
    match ask {
        Some(ask) => question(app, &step, ask, class, String::new()),
        // A program is run again, the way of programs: what only reads asks nobody.
        None => match &step.block {
            Some(Block::Command(command)) => {
                let command = filled(command, &bindings);
                run_program(app, &step, &command, class, String::new())
            }
            _ => Vec::new(),
        },
    }
}

/// Begins a plan; what becomes of it is heard of later.
fn deed(app: &mut App, step: &Step, draft: Draft, class: Class, command: String) -> Vec<Effect> {
    let id = draft.id;
    let effects = deeds::begin_draft(app, draft);
    if let Some(walking) = app.books.walking.as_mut() {
        walking.asked = Some(Asked::Deed {
            draft: id,
            step: step.id.clone(),
            class,
            command,
            begun: false,
            ended: None,
            wrote: None,
        });
        walking.shown.entry(step.id.clone()).or_insert_with(Shown::default);
    }
    effects
}
