//! From what is selected, or a line that was typed, to an action and its objects.

use crate::action::kubectl::parse;
use crate::action::{Action, Attach, Drain, Exec, Given, KindName, Nodes, Place, Ref, Rollout, Scope, Span, Target, Verb, Which, Word};
use crate::app::App;
use crate::model::{Kind, Known, ObjectRef};

/// What the keys act on: the marked rows, else the one under the cursor (of a container its pod).
pub fn selected(app: &App) -> Vec<ObjectRef> {
    let marked: Vec<ObjectRef> = match (app.table(), app.seen()) {
        (Some(table), Some(seen)) if !table.marks.is_empty() => table.marked_objects(seen),
        _ => Vec::new(),
    };
    match marked.is_empty() {
        true => app.reference().into_iter().collect(),
        false => marked,
    }
}

/// An action on these objects, which are of one namespace.
///
/// # Errors
/// There are none, or they are of several namespaces.
pub fn on(objects: &[ObjectRef], verb: impl FnOnce(Target, Nodes) -> Verb) -> Result<Action, String> {
    let Some(first) = objects.first() else {
        return Err("nothing is selected".into());
    };
    if objects.iter().any(|object| object.namespace != first.namespace) {
        return Err("the marked objects are of several namespaces: one at a time, please".into());
    }
    let refs = objects.iter().map(|object| Ref {
        kind: (&object.kind).into(),
        name: Word::from(&*object.name),
    });
    let target = Target::Named(refs.collect());
    let nodes = Nodes::Named(objects.iter().map(|object| Word::from(&*object.name)).collect());
    Ok(Action {
        place: Place {
            context: None,
            scope: scope(first),
        },
        verb: verb(target, nodes),
    })
}

fn scope(object: &ObjectRef) -> Scope {
    match &*object.namespace {
        "" => Scope::Current,
        namespace => Scope::Namespace(Word::from(namespace)),
    }
}

/// A rollout verb.
pub fn rollout(rollout: Rollout) -> impl FnOnce(Target, Nodes) -> Verb {
    |target, _| Verb::Rollout { target, rollout }
}

/// The objects that an action names, in its namespace or the one given.
///
/// # Errors
/// It names none by name, or something is left to be filled in.
pub fn objects(action: &Action, namespace: &str, app: &App) -> Result<Vec<ObjectRef>, String> {
    let namespace = match &action.place.scope {
        Scope::Namespace(word) => word.plain().ok_or("the namespace is still to be filled in")?.to_owned(),
        Scope::Current => namespace.to_owned(),
        Scope::All => return Err("-A is for reading: name a namespace".into()),
    };
    let seen = app.seen();
    let object = |kind: &KindName, name: &Word| -> Result<ObjectRef, String> {
        let name = name.plain().ok_or("a name is still to be filled in")?;
        let kind = kind_of(kind, app)?;
        let namespaced = seen.is_none_or(|seen| seen.namespaced(&kind));
        Ok(ObjectRef {
            kind,
            namespace: if namespaced { namespace.as_str().into() } else { "".into() },
            name: name.into(),
        })
    };
    // What a selector fits, the server says: the kind stands for it, without a name.
    let some = Word::default();
    let of = |target: &Target| match target {
        Target::Named(refs) => refs.iter().map(|r| object(&r.kind, &r.name)).collect(),
        Target::Kinds { kinds, which } => match which {
            Which::Matching { labels, fields } if [labels, fields].into_iter().flatten().any(Word::is_open) => {
                Err("the selector is still to be filled in".into())
            }
            Which::Matching { .. } | Which::All => kinds.iter().map(|kind| object(kind, &some)).collect(),
        },
        Target::Open(_) => Err("a name is still to be filled in".into()),
    };
    let nodes = |nodes: &Nodes| match nodes {
        Nodes::Named(names) => names.iter().map(|name| object(&Known::Node.into(), name)).collect(),
        Nodes::Labelled(labels) if labels.is_open() => Err("the selector is still to be filled in".into()),
        Nodes::Labelled(_) | Nodes::All => Ok(vec![object(&Known::Node.into(), &some)?]),
    };
    match &action.verb {
        Verb::Scale(x) => of(&x.target),
        Verb::Rollout { target, .. } => of(target),
        Verb::SetImage(x) => of(&x.target),
        Verb::SetEnv(x) => of(&x.target),
        Verb::SetResources(x) => of(&x.target),
        Verb::Autoscale(x) => Ok(vec![object(&x.object.kind, &x.object.name)?]),
        Verb::Label(x) | Verb::Annotate(x) => of(&x.target),
        Verb::Delete(x) => of(&x.target),
        Verb::Cordon { nodes: x, .. } | Verb::Uncordon { nodes: x, .. } => nodes(x),
        Verb::Taint(x) => nodes(&x.nodes),
        Verb::Drain(x) => nodes(&x.nodes),
        Verb::Evict(x) => x.pods.iter().map(|name| object(&Known::Pod.into(), name)).collect(),
        Verb::Edit(x) => Ok(vec![object(&x.object.kind, &x.object.name)?]),
        Verb::Patch(x) => Ok(vec![object(&x.object.kind, &x.object.name)?]),
        Verb::Exec(x) => Ok(vec![a_pod(object(&x.object.kind, &x.object.name)?)?]),
        Verb::Attach(x) => Ok(vec![a_pod(object(&x.object.kind, &x.object.name)?)?]),
        Verb::PortForward(x) => Ok(vec![object(&x.object.kind, &x.object.name)?]),
        Verb::Debug(x) => Ok(vec![a_pod(object(&x.object.kind, &x.object.name)?)?]),
        Verb::Cp(x) => Ok(vec![super::copies::pod(x, &namespace)?]),
        Verb::CreateJob(x) => {
            let from = x.from.plain().ok_or("a name is still to be filled in")?;
            let name = from.rsplit('/').next().unwrap_or(from);
            Ok(vec![object(&Known::CronJob.into(), &name.into())?])
        }
        other => Err(format!(
            "kubectl {} is understood, and not done from here yet",
            crate::action::plan::word(other)
        )),
    }
}

/// Sessions are with a pod: which one of a workload, the table shows.
fn a_pod(object: ObjectRef) -> Result<ObjectRef, String> {
    match object.kind.is(Known::Pod) {
        true => Ok(object),
        false => Err(format!("name the pod: enter on {} shows them", object.name)),
    }
}

/// How long a drain that a key asked for may take.
const DRAIN: std::time::Duration = std::time::Duration::from_secs(15 * 60);

/// A drain as the key asks for it: pods of daemon sets stay, nothing that would be lost goes, and it ends some day.
pub fn drain(nodes: Nodes) -> Drain {
    let mut drain = Drain::of(nodes);
    usual(&mut drain);
    drain
}

/// What holds of every drain that is not a whole kubectl line.
pub fn usual(drain: &mut Drain) {
    drain.ignore_daemonsets = true;
    drain.timeout.get_or_insert(Given::Value(Span(DRAIN)));
}

/// A shell at this terminal: the best that the image has.
pub fn shell(pod: &ObjectRef, container: Option<&str>) -> Verb {
    Verb::Exec(Exec {
        object: Ref::pod(&*pod.name),
        container: container.map(Word::from),
        stdin: true,
        tty: true,
        quiet: false,
        command: ["sh", "-c", "command -v bash >/dev/null && exec bash || exec sh"]
            .map(Word::from)
            .to_vec(),
    })
}

/// This terminal at the program that runs in a container.
pub fn attach(pod: &ObjectRef, container: Option<&str>) -> Verb {
    Verb::Attach(Attach {
        object: Ref::pod(&*pod.name),
        container: container.map(Word::from),
        stdin: true,
        tty: true,
        quiet: false,
    })
}

fn kind_of(kind: &KindName, app: &App) -> Result<Kind, String> {
    match kind {
        KindName::Known(known) => Ok(Kind::Known(*known)),
        KindName::Other(word) => {
            let name = word.plain().ok_or("a kind is still to be filled in")?;
            let kinds = app.seen().map(|seen| seen.kinds.as_slice()).unwrap_or_default();
            let fits = |served: &&crate::model::ServedKind| {
                let full = format!("{}.{}", served.kind.resource(), served.kind.group());
                served.kind.resource() == name
                    || full == name
                    || served.name.eq_ignore_ascii_case(name)
                    || served.short.iter().any(|s| **s == *name)
            };
            let found = kinds.iter().find(fits);
            found
                .map(|served| served.kind.clone())
                .ok_or_else(|| format!("this server has no {name}"))
        }
    }
}

/// Reads a typed line, in a namespace; gives the action with its namespace named.
///
/// # Errors
/// What is wrong with it.
pub fn line(app: &App, text: &str) -> Result<(Action, Vec<ObjectRef>), String> {
    of(app, parse(text).map_err(|fault| fault.to_string())?)
}

/// The same of an action that was read already.
///
/// # Errors
/// What is wrong with it.
pub fn of(app: &App, mut action: Action) -> Result<(Action, Vec<ObjectRef>), String> {
    if action.place.context.is_some() {
        return Err("--context is the environment in front: :env goes to another".into());
    }
    let namespaces = app.workspace.front().view().namespaces();
    let namespace = match &namespaces {
        crate::model::Namespaces::Some(names) => names.first().cloned().unwrap_or_else(|| "default".into()),
        crate::model::Namespaces::All => "default".into(),
    };
    let objects = objects(&action, &namespace, app)?;
    if action.place.scope == Scope::Current
        && let Some(first) = objects.first()
    {
        action.place.scope = scope(first);
    }
    Ok((action, objects))
}
