//! The form that asks for a forward: which ports, where on this machine.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::action::forward::ForwardSpec;
use crate::action::kubectl::parse;
use crate::action::plan::Origin;
use crate::action::{Ref, Verb, Word};
use crate::app::keymap::Key;
use crate::app::overlay::Overlay;
use crate::app::{App, Effect, deeds};
use crate::model::{Body, EnvId, Kind, Known, Labels, Object, ObjectRef, Role};
use crate::ui::widgets::Input;

/// Ports below this one are the system's on this machine.
const OURS: u16 = 1024;
/// What is added to one of the system's ports.
const UP: u16 = 8000;

/// The form.
#[derive(Debug)]
pub struct Form {
    pub env: EnvId,
    pub object: ObjectRef,
    /// What the object has, the likeliest first.
    pub offers: Vec<Port>,
    /// The one that was stepped to.
    pub chosen: Option<usize>,
    /// `8080:http 9090`, as kubectl writes it.
    pub ports: Input,
    /// Where it listens.
    pub address: Input,
    pub field: Field,
    /// What is wrong with what was typed.
    pub said: Option<String>,
}

/// Which field takes the letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    Ports,
    Address,
}

/// A port of the object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Port {
    /// As it is asked for: `8080:http`.
    pub line: String,
    /// As the object has it: `http:80/TCP`.
    pub is: String,
}

/// Whether ports of this kind lead to pods.
pub fn leads(kind: &Kind) -> bool {
    kind.known().is_some_and(|known| crate::action::forward::KINDS.contains(&known))
}

/// Opens the form for what is selected.
pub fn open(app: &mut App) -> Option<Form> {
    let object = app.reference().filter(|reference| leads(&reference.kind))?;
    let env = app.env();
    let offers = offers(app, env, &object);
    let first = offers.first().map(|port| port.line.clone()).unwrap_or_default();
    Some(Form {
        env,
        object,
        chosen: (!offers.is_empty()).then_some(0),
        offers,
        ports: Input::new(&first),
        address: Input::new("127.0.0.1"),
        field: Field::Ports,
        said: None,
    })
}

/// Ports that become known after the form was opened are offered, too; what was typed meanwhile stays.
pub fn settle(app: &mut App) {
    let Some(Overlay::Forward(form)) = &app.overlay else { return };
    if !form.offers.is_empty() {
        return;
    }
    let offers = offers(app, form.env, &form.object);
    if let (Some(Overlay::Forward(form)), Some(first)) = (&mut app.overlay, offers.first()) {
        if form.ports.text().is_empty() {
            (form.ports, form.chosen) = (Input::new(&first.line), Some(0));
        }
        form.offers = offers;
    }
}

/// The ports of an object, each with one of this machine.
fn offers(app: &App, env: EnvId, object: &ObjectRef) -> Vec<Port> {
    let Some(seen) = app.store.env(env) else { return Vec::new() };
    let Some(found) = seen.find(object) else { return Vec::new() };
    let named: Vec<Box<str>> = match &found.body {
        Body::Service(service) => service.named_ports.to_vec(),
        Body::Pod(_) => of_pod(found),
        body => body
            .pod_selector()
            .map_or_else(Vec::new, |labels| of_pods(app, env, object, labels)),
    };
    let mut taken: Vec<u16> = app
        .forwards
        .open()
        .iter()
        .flat_map(|open| open.ports.iter().map(|p| p.local.port()))
        .collect();
    named
        .iter()
        .filter_map(|is| {
            let (port, protocol) = is.split_once('/')?;
            if protocol != "TCP" {
                return None;
            }
            let (name, number) = match port.split_once(':') {
                Some((name, number)) => (Some(name), number),
                None => (None, port),
            };
            let number: u16 = number.parse().ok()?;
            let near = if number < OURS { number + UP } else { number };
            let remote = name.map_or_else(|| number.to_string(), str::to_owned);
            let line = match taken.contains(&near) {
                true => format!(":{remote}"),
                false => format!("{near}:{remote}"),
            };
            taken.push(near);
            Some(Port { line, is: is.to_string() })
        })
        .collect()
}

fn of_pod(object: &Object) -> Vec<Box<str>> {
    let containers = object.body.pod().map_or(&[][..], |pod| &pod.containers);
    let lasting = containers.iter().filter(|c| matches!(c.role, Role::Main | Role::Sidecar));
    lasting.flat_map(|container| container.ports.iter().cloned()).collect()
}

/// Those of a pod with these labels, where pods are watched.
fn of_pods(app: &App, env: EnvId, object: &ObjectRef, labels: &Labels) -> Vec<Box<str>> {
    let Some(seen) = app.store.env(env).filter(|_| !labels.is_empty()) else {
        return Vec::new();
    };
    let pods: Kind = Known::Pod.into();
    let scope = seen.covering(&pods, &object.namespace);
    let rows = seen
        .feeds_of(&pods, &[scope])
        .into_iter()
        .flat_map(|feed| feed.rows().collect::<Vec<_>>());
    let fits = |pod: &&Object| pod.meta.namespace == object.namespace && pod.meta.labels.selected_by(labels);
    rows.into_iter().find(fits).map(of_pod).unwrap_or_default()
}

impl Form {
    /// kubectl's line for what is typed.
    pub fn line(&self) -> String {
        let object = Ref {
            kind: (&self.object.kind).into(),
            name: Word::from(&*self.object.name),
        };
        let mut line = format!(
            "kubectl -n {} port-forward {} {}",
            Word::from(&*self.object.namespace),
            object.word(),
            self.ports.text().trim()
        );
        let address = self.address.text().trim();
        if !address.is_empty() && address != "127.0.0.1" && address != "localhost" {
            line.push_str(&format!(" --address={}", Word::from(address)));
        }
        line
    }

    fn step(&mut self, down: bool) {
        let last = self.offers.len().checked_sub(1);
        let Some(last) = last else { return };
        let next = match (self.chosen, down) {
            (None, _) => 0,
            (Some(at), true) => (at + 1).min(last),
            (Some(at), false) => at.saturating_sub(1),
        };
        self.chosen = Some(next);
        if let Some(port) = self.offers.get(next) {
            self.ports = Input::new(&port.line);
        }
    }
}

/// A key in the form.
pub fn key(app: &mut App, mut form: Box<Form>, key: Key) -> Vec<Effect> {
    let ctrl_c = key.code == KeyCode::Char('c') && key.modifiers == KeyModifiers::CONTROL;
    form.said = None;
    match key.code {
        KeyCode::Esc => return Vec::new(),
        _ if ctrl_c => return Vec::new(),
        KeyCode::Enter => match action(app, &form) {
            Ok(action) => return deeds::begin_in(app, form.env, action, vec![form.object.clone()], Origin::Asked, None),
            Err(why) => form.said = Some(why),
        },
        KeyCode::Tab => {
            form.field = match form.field {
                Field::Ports => Field::Address,
                Field::Address => Field::Ports,
            };
        }
        KeyCode::Up => form.step(false),
        KeyCode::Down => form.step(true),
        _ => {
            let event = KeyEvent::new(key.code, key.modifiers);
            match form.field {
                Field::Ports => {
                    if form.ports.key(event) {
                        form.chosen = None;
                    }
                }
                Field::Address => {
                    form.address.key(event);
                }
            }
        }
    }
    app.overlay = Some(Overlay::Forward(form));
    Vec::new()
}

/// Pasted text.
pub fn paste(form: &mut Form, text: &str) {
    match form.field {
        Field::Ports => form.ports.paste(text),
        Field::Address => form.address.paste(text),
    }
}

fn action(app: &App, form: &Form) -> Result<crate::action::Action, String> {
    if form.ports.text().trim().is_empty() {
        return Err("which port? as in 8080:http, or :80 for any free one here".into());
    }
    let action = parse(&form.line()).map_err(|fault| fault.to_string())?;
    let environment = app.environment(form.env).map(|e| e.name.clone()).unwrap_or_default();
    match &action.verb {
        Verb::PortForward(forward) => {
            ForwardSpec::of(forward, &environment, &form.object.namespace).map_err(|problem| problem.to_string())?
        }
        _ => return Err("this is no forward".into()),
    };
    Ok(action)
}
