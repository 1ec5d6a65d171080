//! Makes a plan of what the server said and what the watches know.

use serde_json::{Value, json};

use super::budget::Budget;
use super::difference::{self, Step, between};
use super::reach::{self, Reach};
use super::{
    Blast, Change, Draft, Found, Plan, Stand, Weight, Write, Written, blast, drain, edit, held, inverse, owner, resources, rollback,
    silence, written,
};
use crate::action::silence::SilenceAct;
use crate::action::{Action, Cascade, Class, CreateJob, Delete, DryRun, Given, Rollout, Verb, Word};
use crate::model::{Kind, Known, ObjectRef, Problem, ProblemKind, Time, clean};
use crate::store::EnvStore;

/// The annotation in which a workload keeps why it was changed.
const CAUSE: &str = "kubernetes.io/change-cause";

/// What a plan is made with, besides what the server said.
#[derive(Clone, Copy)]
pub struct Sight<'a> {
    pub seen: &'a EnvStore,
    /// The environment's name.
    pub environment: &'a str,
    /// Programs that count as reading (`[guard] read_commands`).
    pub read_commands: &'a [String],
    pub now: Time,
}

/// The plan of a draft.
///
/// # Errors
/// There is no plan: the object is gone, nothing would change, or the action is not done from here. The draft's line can
/// still be copied.
pub fn make(mut draft: Draft, found: Found, sight: Sight<'_>) -> Result<Plan, Problem> {
    if draft.action.verb.dry_run() != DryRun::None {
        return Err(problem("a dry run is what every plan shows").hint("leave --dry-run out"));
    }
    if let Verb::Silence(wish) = &draft.action.verb {
        let wish = wish.clone();
        return silence::make(draft, found, &wish, sight);
    }
    bound(&mut draft, &found)?;
    if let Verb::Drain(wish) = &draft.action.verb {
        let wish = wish.clone();
        return drain::make(draft, found, &wish, sight);
    }
    if let Verb::Autoscale(_) = draft.action.verb
        && let Some(object) = draft.objects.first()
        && let Some((scaler, bounds)) = blast::autoscaler(sight.seen, object)
    {
        let (name, min, max) = (&scaler.meta.name, bounds.min, bounds.max);
        return Err(problem(format!("autoscaler {name} ({min} to {max}) decides over it already")).hint(":hpa MIN MAX changes its bounds"));
    }
    let mut work = Work {
        action: draft.action.clone(),
        changes: Vec::new(),
        notes: Vec::new(),
        raised: Vec::new(),
        current: None,
        alike: 0,
        now: sight.now,
        said: None,
    };
    if let Verb::Run(_) = &draft.action.verb {
        work.process(&draft)?;
    }
    let several = found.objects.len() > 1;
    for (object, answer) in &found.objects {
        match answer {
            Ok(document) => work.object(&draft, &found, sight.environment, object, document)?,
            // Nothing of that name: the file makes it.
            Err(missing) if missing.kind == ProblemKind::NotFound && found.merged.is_some() => work.made(&draft, object, &found)?,
            Err(problem) if several => work.notes.push(Reach::new(Weight::Warn, format!("{}: {problem}", object.label()))),
            Err(problem) => return Err(problem.clone()),
        }
    }
    if work.changes.is_empty() {
        return Err(match work.alike {
            0 => problem("there is nothing to do it to"),
            1 => problem("it is so already: nothing would change"),
            n => problem(format!("all {n} are so already: nothing would change")),
        });
    }
    if work.alike > 0 {
        work.notes
            .push(Reach::new(Weight::Plain, format!("{} more are so already", work.alike)));
    }
    if matches!(work.action.verb, Verb::Evict(_)) {
        work.notes.push(Reach::new(
            Weight::Plain,
            "by hand it wants kubectl's plugin evict-pod: kubectl alone evicts only by draining a node",
        ));
    }
    let touched: Vec<ObjectRef> = work.changes.iter().map(|change| change.object.clone()).collect();
    let mut blast = blast::of(&work.action, &touched, sight.seen);
    let is_new_template = |change: &Change| change.steps.iter().any(|step| step.pointer.starts_with("/spec/template"));
    if matches!(work.action.verb, Verb::Patch(_) | Verb::Edit(_) | Verb::Apply(_)) && work.changes.iter().any(is_new_template) {
        blast::replaced(&mut blast, &touched, sight.seen);
    }
    guarded(&work, &found, &mut blast);
    let first = work.changes.first().map(|change| change.steps.clone()).unwrap_or_default();
    let inverse = match work.changes.as_slice() {
        [one] if draft.written.is_some() => put_back(&draft.action, one),
        [_] => inverse::of(&work.action, work.current, &first),
        _ => inverse::of(&work.action, None, &[]).and(Err("of several objects each is put back alone")),
    };
    let class = class(&work, &blast, sight.read_commands).max(draft.least.unwrap_or(Class::R));
    for (right, answer) in &found.rights {
        if let Err(problem) = answer {
            work.raised.push(format!("whether you may {right} is not known: {}", problem.text));
        }
    }
    let (effect, number) = effect(&work);
    Ok(Plan {
        title: title(&draft.action, &touched),
        verb: word(&draft.action.verb),
        effect,
        number,
        class,
        blast,
        inverse,
        rights: found.rights,
        action: work.action,
        changes: work.changes,
        notes: work.notes,
        raised: work.raised,
        offer: None,
        made: found.at,
        draft,
    })
}

/// Where objects were selected, they are named from here on: those that were found are those that are touched.
fn bound(draft: &mut Draft, found: &Found) -> Result<(), Problem> {
    if draft.objects.iter().all(|object| !object.name.is_empty()) {
        return Ok(());
    }
    let which = draft.action.selection().unwrap_or_default();
    draft.objects = found.objects.iter().map(|(object, _)| object.clone()).collect();
    if draft.objects.is_empty() {
        return Err(problem(format!("nothing there fits {which}: there is nothing to do it to")));
    }
    draft.action = draft.action.on(&draft.objects);
    Ok(())
}

/// What takes back what somebody wrote: the object as it was, or its deletion.
fn put_back(action: &Action, change: &Change) -> Result<Action, &'static str> {
    let object = crate::action::Ref::new(&change.object.kind, &*change.object.name);
    let verb = match change.write {
        Write::Create(_) => {
            let mut delete = Delete::of(crate::action::Target::Named(vec![object]));
            delete.wait = false;
            Verb::Delete(delete)
        }
        _ => inverse::back(&change.steps, object)?,
    };
    Ok(Action {
        place: action.place.clone(),
        verb,
    })
}

fn text(word: &Word) -> Result<String, Problem> {
    word.plain().map(str::to_owned).ok_or_else(open)
}

pub(super) fn open() -> Problem {
    problem("the line still has places to be filled in")
}

fn problem(text: impl AsRef<str>) -> Problem {
    Problem::new(ProblemKind::Config, text)
}

struct Work {
    action: Action,
    changes: Vec<Change>,
    notes: Vec<Reach>,
    raised: Vec<String>,
    /// The revision that runs.
    current: Option<u64>,
    /// Objects that are already as they should be.
    alike: usize,
    now: Time,
    /// The effect and its number, where the change itself has told them.
    said: Option<(String, Option<String>)>,
}

impl Work {
    /// A program of this machine, for the object that is selected, or for none.
    fn process(&mut self, draft: &Draft) -> Result<(), Problem> {
        let none = ObjectRef {
            kind: Kind::of("", "programs"),
            namespace: "".into(),
            name: "this-machine".into(),
        };
        let object = draft.objects.first().cloned().unwrap_or(none);
        if let Some(held) = held::of(&draft.action.verb, "", &object, None) {
            self.changes.push(Change {
                object,
                uid: String::new(),
                steps: Vec::new(),
                write: Write::Held(Box::new(held?)),
                remark: None,
                owner: None,
            });
        }
        Ok(())
    }

    fn object(&mut self, draft: &Draft, found: &Found, environment: &str, object: &ObjectRef, document: &Value) -> Result<(), Problem> {
        if let Some(held) = held::of(&draft.action.verb, environment, object, found.here.as_ref()) {
            let held = held?;
            self.notes.extend(held.note().map(|text| Reach::new(Weight::Plain, text)));
            self.changes.push(Change {
                object: object.clone(),
                uid: document["metadata"]["uid"].as_str().unwrap_or_default().to_owned(),
                steps: Vec::new(),
                write: Write::Held(Box::new(held)),
                remark: None,
                owner: None,
            });
            return Ok(());
        }
        let uid = document["metadata"]["uid"].as_str().unwrap_or_default().to_owned();
        if uid.is_empty() {
            return Err(problem("the server tells no uid of it: it cannot be told from another of its name"));
        }
        let mut steps = Vec::new();
        let write = match &self.action.verb {
            Verb::Delete(delete) => {
                let write = deletion(delete)?;
                if document["metadata"]["deletionTimestamp"].is_string() && !delete.force {
                    self.alike += 1;
                    return Ok(());
                }
                write
            }
            Verb::Evict(evict) => Write::Evict {
                grace: grace(evict.grace_period.as_ref())?,
                waits: false,
            },
            Verb::Exec(exec) => Write::Session {
                container: exec.container.as_ref().map(text).transpose()?,
                argv: exec.command.iter().map(text).collect::<Result<_, _>>()?,
                at: if exec.stdin || exec.tty { Stand::Terminal } else { Stand::Captured },
            },
            Verb::Attach(attach) => Write::Session {
                container: attach.container.as_ref().map(text).transpose()?,
                argv: Vec::new(),
                at: Stand::Terminal,
            },
            Verb::CreateJob(create) => {
                let (write, job) = trigger(create, document, object)?;
                self.told(draft, object, document);
                self.changes.push(Change {
                    object: job,
                    uid: String::new(),
                    steps,
                    write,
                    remark: None,
                    owner: None,
                });
                return Ok(());
            }
            Verb::Autoscale(autoscale) => {
                let (write, scaler) = resources::autoscaler(autoscale, document, object)?;
                self.told(draft, object, document);
                self.changes.push(Change {
                    object: scaler,
                    uid: String::new(),
                    steps,
                    write,
                    remark: None,
                    owner: None,
                });
                return Ok(());
            }
            _ => {
                let mut after = match (self.rolled_back(document, &found.history)?, &draft.written) {
                    (Some(after), _) => after,
                    (None, Some(written)) => by_hand(written, document, found)?,
                    (None, None) => edit::after(&self.action, document, self.now)?.ok_or_else(|| {
                        problem(format!("{} is understood, and not done from here", word(&self.action.verb))).hint("the line can be copied")
                    })?,
                };
                steps = between(document, &after);
                if steps.is_empty() {
                    self.alike += 1;
                    return Ok(());
                }
                self.say(object, document, &after, &steps);
                let mut sent = steps.clone();
                if draft.written.is_some() {
                    self.bind(draft, object, document, &after, &steps);
                }
                if document["spec"]["template"] != after["spec"]["template"] && object.kind.is(Known::Deployment) {
                    explained(&mut after, &draft.cause(&self.action));
                    sent = between(document, &after);
                }
                if matches!(
                    self.action.verb,
                    Verb::Rollout {
                        rollout: Rollout::Undo { .. },
                        ..
                    }
                ) {
                    whole_template(&mut sent, document, &after);
                }
                patch(&self.action.verb, &uid, &sent)
            }
        };
        self.told(draft, object, document);
        self.changes.push(Change {
            object: object.clone(),
            uid,
            steps,
            write,
            remark: None,
            owner: None,
        });
        Ok(())
    }

    /// A new object, from a file.
    fn made(&mut self, draft: &Draft, object: &ObjectRef, found: &Found) -> Result<(), Problem> {
        let (Some(Written::Manifest(manifest)), Some(merged)) = (draft.written.as_deref(), &found.merged) else {
            return Err(problem("there is no file to make it of"));
        };
        if let Err(problem) = merged {
            return Err(problem.clone());
        }
        let mut manifest = written::own(manifest);
        if !object.namespace.is_empty() {
            manifest["metadata"]["namespace"] = json!(&*object.namespace);
        }
        self.said = Some((format!("a new {}", object.label()), None));
        self.changes.push(Change {
            object: object.clone(),
            uid: String::new(),
            steps: Vec::new(),
            write: Write::Create(manifest),
            remark: None,
            owner: None,
        });
        Ok(())
    }

    /// What the effect line says of a change that has words of its own.
    fn say(&mut self, object: &ObjectRef, document: &Value, after: &Value, steps: &[Step]) {
        match &self.action.verb {
            Verb::SetResources(_) => self.said = Some((resources::told(document, after), None)),
            Verb::Patch(_) if object.kind.is(Known::HorizontalPodAutoscaler) => {
                if let Some((effect, number, reach)) = resources::bounds(document, after) {
                    self.said = Some((effect, Some(number)));
                    self.notes.extend(reach.map(|text| Reach::new(Weight::Warn, text)));
                }
            }
            Verb::Edit(_) | Verb::Apply(_) if steps.len() > 1 => {
                let first = steps.first().map_or("", |step| step.path.as_str());
                self.said = Some((format!("{} fields change: {first} …", steps.len()), Some(steps.len().to_string())));
            }
            _ => {}
        }
        if matches!(self.action.verb, Verb::Apply(_)) {
            self.notes
                .push(Reach::new(Weight::Plain, "fields that the file does not have stay as they are"));
        }
    }

    /// An edit is told as the patch that it is, where that can be read.
    fn bind(&mut self, draft: &Draft, object: &ObjectRef, document: &Value, after: &Value, steps: &[Step]) {
        if let Some(action) = written::line(&draft.action, object, document, after, steps) {
            self.action = action;
        }
    }

    /// The object as a roll-back makes it; binds the action to its revision.
    fn rolled_back(&mut self, document: &Value, history: &[Value]) -> Result<Option<Value>, Problem> {
        let several = !self.changes.is_empty();
        let Verb::Rollout {
            rollout: Rollout::Undo { to_revision, .. },
            ..
        } = &mut self.action.verb
        else {
            return Ok(None);
        };
        if several {
            return Err(problem("each workload has revisions of its own: roll back one at a time"));
        }
        // Zero is kubectl's word for "the one before".
        let asked = match to_revision {
            Some(Given::Open(_)) => return Err(problem("the line still has places to be filled in")),
            Some(Given::Value(0)) | None => None,
            Some(Given::Value(number)) => Some(*number),
        };
        let choice = rollback::choose(document, history, asked)?;
        *to_revision = Some(Given::Value(choice.revision.number));
        self.current = choice.current;
        self.notes.push(Reach::new(
            if choice.is_proven { Weight::Plain } else { Weight::Warn },
            format!("revision {}: {}", choice.revision.number, choice.why),
        ));
        if !choice.is_proven {
            self.raised.push("nothing shows that this revision served".into());
        }
        let mut after = document.clone();
        after["spec"]["template"] = choice.revision.template;
        // Servers of old write an empty time into every template: that is no difference.
        const STAMP: &str = "/spec/template/metadata/creationTimestamp";
        if document.pointer(STAMP) == Some(&Value::Null) {
            after["spec"]["template"]["metadata"]["creationTimestamp"] = Value::Null;
        }
        Ok(Some(after))
    }

    /// What is worth knowing of the object before it is changed.
    fn told(&mut self, draft: &Draft, object: &ObjectRef, document: &Value) {
        let mut told = Vec::new();
        let lately = owner::lately(document, self.now);
        if !lately.is_empty() {
            told.push(format!("changed by {}", lately.join(", ")));
        }
        if !matches!(self.action.verb, Verb::CreateJob(_)) {
            told.extend(owner::keeper(document));
        }
        for text in told {
            let text = clean(&text).into_owned();
            match draft.objects.len() {
                0 | 1 => self.notes.push(Reach::new(Weight::Warn, text)),
                _ => reach::add(&mut self.notes, &object.name, Weight::Warn, text),
            }
        }
    }
}

/// The object as somebody wrote it.
fn by_hand(written: &Written, document: &Value, found: &Found) -> Result<Value, Problem> {
    match (written, &found.merged) {
        (Written::Edited { base, document: left }, _) => written::edited(document, base, left),
        (Written::Manifest(_), Some(Ok(merged))) => Ok(written::merged(document, merged)),
        (Written::Manifest(_), Some(Err(problem))) => Err(problem.clone()),
        (Written::Manifest(_), None) => Err(problem("the server did not say what the file would make of it")),
    }
}

/// Why a new template went out, as the history will tell it.
fn explained(after: &mut Value, line: &str) {
    let meta = &mut after["metadata"];
    if !meta["annotations"].is_object() {
        meta["annotations"] = json!({});
    }
    meta["annotations"][CAUSE] = json!(line);
}

/// A roll-back puts the whole template back, or nothing: half of it would be a revision that never was.
fn whole_template(steps: &mut Vec<Step>, before: &Value, after: &Value) {
    steps.retain(|step| !step.pointer.starts_with("/spec/template"));
    let of = |document: &Value| json!({"t": document["spec"]["template"]});
    for mut step in between(&json!({"t": null}), &of(after)) {
        step.pointer = "/spec/template".into();
        step.path = "spec.template".into();
        step.old = Some(before["spec"]["template"].clone());
        steps.push(step);
    }
}

fn patch(verb: &Verb, uid: &str, steps: &[Step]) -> Write {
    let Verb::Scale(_) = verb else {
        return Write::Patch {
            operations: difference::patch(uid, steps),
            subresource: "",
        };
    };
    // In a scale, no replicas are told as none at all.
    let steps: Vec<Step> = steps
        .iter()
        .cloned()
        .map(|mut step| {
            step.old = step.old.filter(|old| *old != 0);
            step
        })
        .collect();
    Write::Patch {
        operations: difference::patch(uid, &steps),
        subresource: "scale",
    }
}

/// Seconds; none: the object's own.
fn grace(given: Option<&Given<i64>>) -> Result<Option<i64>, Problem> {
    match given {
        Some(Given::Open(_)) => Err(open()),
        Some(Given::Value(seconds)) if *seconds < 0 => Ok(None),
        Some(Given::Value(seconds)) => Ok(Some(*seconds)),
        None => Ok(None),
    }
}

/// What the budgets say of pods that are asked to go.
fn guarded(work: &Work, found: &Found, blast: &mut Blast) {
    if !matches!(work.action.verb, Verb::Evict(_)) {
        return;
    }
    let budgets: Vec<Budget> = found.around.budgets.iter().flatten().map(Budget::of).collect();
    let pods: Vec<&Value> = found.objects.iter().filter_map(|(_, answer)| answer.as_ref().ok()).collect();
    if let Err(problem) = &found.around.budgets {
        blast.say(Weight::Warn, format!("disruption budgets are not known: {}", problem.text));
    }
    for budget in &budgets {
        let here = pods.iter().filter(|pod| budget.guards(pod)).count();
        let allowed = usize::try_from(budget.allowed).unwrap_or(0);
        if here > 0 {
            let weight = if allowed < here { Weight::Warn } else { Weight::Plain };
            let lets = match allowed {
                0 => "lets none go now".to_owned(),
                n => format!("lets {n} go now"),
            };
            blast.say(weight, clean(&format!("{}: {lets}", budget.said())));
        }
    }
}

fn deletion(delete: &Delete) -> Result<Write, Problem> {
    let grace = grace(delete.grace_period.as_ref())?;
    Ok(Write::Delete {
        grace: if delete.force { Some(grace.unwrap_or(0)) } else { grace },
        propagation: delete.cascade.map(|cascade| match cascade {
            Cascade::Background => "Background",
            Cascade::Foreground => "Foreground",
            Cascade::Orphan => "Orphan",
        }),
    })
}

/// A cron job's job, as kubectl makes it.
fn trigger(create: &CreateJob, cron: &Value, object: &ObjectRef) -> Result<(Write, ObjectRef), Problem> {
    let name = create
        .name
        .plain()
        .ok_or_else(|| problem("the line still has places to be filled in"))?;
    let (meta, template) = (&cron["metadata"], &cron["spec"]["jobTemplate"]);
    let mut annotations = template["metadata"]["annotations"].clone();
    if !annotations.is_object() {
        annotations = json!({});
    }
    annotations["cronjob.kubernetes.io/instantiate"] = json!("manual");
    let mut job = json!({
        "kind": "Job",
        "metadata": {
            "name": name,
            "namespace": &*object.namespace,
            "annotations": annotations,
            "ownerReferences": [{"apiVersion": cron["apiVersion"], "kind": "CronJob", "name": meta["name"], "uid": meta["uid"]}],
        },
        "spec": template["spec"],
    });
    if template["metadata"]["labels"].is_object() {
        job["metadata"]["labels"] = template["metadata"]["labels"].clone();
    }
    let reference = ObjectRef {
        kind: Known::Job.into(),
        namespace: object.namespace.clone(),
        name: name.into(),
    };
    Ok((Write::Create(job), reference))
}

/// The class, now that the objects are known: worse where nothing is ready afterwards, better where that is proven.
fn class(work: &Work, blast: &Blast, read_commands: &[String]) -> Class {
    let class = work.action.class(read_commands);
    match &work.action.verb {
        // What stands here already would be lost.
        Verb::Cp(_) if work.changes.iter().any(|change| change.overwrites()) => class.max(Class::W1),
        // One pod that its controller replaces while another is ready.
        Verb::Delete(delete) if class == Class::W2 && !delete.force => {
            let pod = work.changes.len() == 1 && work.changes.iter().all(|change| change.object.kind.is(Known::Pod));
            if pod && blast.replaced == 1 { Class::W1 } else { class }
        }
        Verb::Patch(_) | Verb::Edit(_) | Verb::Apply(_) if class == Class::W2 && work.changes.len() == 1 => {
            let steps = work.changes.iter().flat_map(|change| &change.steps);
            if steps.clone().all(|step| is_harmless(&step.path)) {
                Class::W1
            } else {
                class
            }
        }
        // Marked in a table, or several in one line.
        _ if work.changes.len() > 1 && class == Class::W1 => Class::W2,
        _ => class,
    }
}

/// Whether a patch leaves selectors, volumes, service accounts and replicas alone.
fn is_harmless(path: &str) -> bool {
    let touches = |word: &str| path.contains(word);
    let is_whole = matches!(path, "spec" | "spec.template" | "spec.template.spec" | "metadata" | "data");
    !is_whole
        && ![
            "elector",
            "olume",
            "erviceAccount",
            "spec.replicas",
            "metadata.finalizers",
            "ownerReferences",
        ]
        .iter()
        .any(|w| touches(w))
}

/// The effect in a line, and its number.
fn effect(work: &Work) -> (String, Option<String>) {
    let many = work.changes.len();
    let first = work.changes.first();
    if let Some((effect, number)) = work.said.clone().filter(|_| many == 1) {
        return (clean(&effect).into_owned(), number);
    }
    let count = || Some(many.to_string());
    if let Some(Write::Held(held)) = first.map(|change| &change.write) {
        return (clean(&held.effect()).into_owned(), None);
    }
    match &work.action.verb {
        Verb::Scale(scale) => {
            let wanted = scale.replicas.value().unwrap_or(0);
            let before = first.and_then(|c| c.steps.first()).map(|step| step.values().0).unwrap_or_default();
            match many {
                1 => (format!("replicas {before} → {wanted}"), Some(wanted.to_string())),
                _ => (format!("{many} objects to {wanted} replicas each"), count()),
            }
        }
        Verb::Rollout {
            rollout: Rollout::Undo { to_revision, .. },
            ..
        } => {
            let to = to_revision.as_ref().map(ToString::to_string).unwrap_or_default();
            let from = work.current.map_or_else(|| "?".to_owned(), |current| current.to_string());
            (format!("revision {from} → {to}"), Some(to))
        }
        Verb::Delete(_) if many == 1 => ("1 object is deleted".into(), Some("1".into())),
        Verb::Delete(_) => (format!("{many} objects are deleted"), count()),
        Verb::Evict(_) if many == 1 => ("1 pod is asked to go".into(), Some("1".into())),
        Verb::Evict(_) => (format!("{many} pods are asked to go"), count()),
        Verb::CreateJob(create) => (format!("a new job {}", create.name), None),
        Verb::Autoscale(autoscale) => {
            let least = autoscale.min.as_ref().map_or_else(|| "1".to_owned(), ToString::to_string);
            let aim = match &autoscale.cpu_percent {
                Some(percent) => format!("aiming at {percent} % of the CPU that is asked for"),
                None => "by the server's own measure".to_owned(),
            };
            (
                format!("a new autoscaler: {least} to {} replicas, {aim}", autoscale.max),
                Some(autoscale.max.to_string()),
            )
        }
        Verb::Exec(exec) if exec.tty => ("a session at this terminal; ctrl-] leaves it".into(), None),
        Verb::Exec(exec) => (
            format!("runs {}", exec.command.first().map(ToString::to_string).unwrap_or_default()),
            None,
        ),
        Verb::Attach(_) => ("this terminal at its program; ctrl-] leaves it".into(), None),
        verb if many > 1 => (format!("{} {many} objects", word(verb)), count()),
        verb => {
            let steps = first.map(|change| change.steps.as_slice()).unwrap_or_default();
            let told = steps.first().map(|step| {
                let (old, new) = step.values();
                format!("{} {old} → {new}", step.path)
            });
            match (verb, told) {
                (
                    Verb::Rollout {
                        rollout: Rollout::Restart, ..
                    },
                    _,
                ) => ("new pods, one after the other".into(), None),
                (
                    Verb::Rollout {
                        rollout: Rollout::Pause, ..
                    },
                    _,
                ) => ("changes of the template wait until it is resumed".into(), None),
                (
                    Verb::Rollout {
                        rollout: Rollout::Resume, ..
                    },
                    _,
                ) => ("changes of the template go out again".into(), None),
                (Verb::Cordon { .. }, _) => ("no new pods come to the node".into(), None),
                (Verb::Uncordon { .. }, _) => ("new pods may come to the node".into(), None),
                (_, Some(told)) => (clean(&told).into_owned(), None),
                (_, None) => (word(verb).into(), None),
            }
        }
    }
}

/// The words of what changes something, as policies name it.
pub const WORDS: [&str; 30] = [
    "silence",
    "expire",
    "plugin",
    "shell",
    "exec",
    "attach",
    "copy",
    "debug",
    "forward",
    "scale",
    "undo",
    "restart",
    "pause",
    "resume",
    "image",
    "env",
    "resources",
    "label",
    "annotate",
    "delete",
    "cordon",
    "uncordon",
    "drain",
    "evict",
    "taint",
    "autoscale",
    "trigger",
    "apply",
    "edit",
    "patch",
];

/// The word for what is done, as the screen says it.
pub fn word(verb: &Verb) -> &'static str {
    match verb {
        Verb::Run(run) if run.plugin.is_some() => "plugin",
        Verb::Run(_) => "shell",
        Verb::Silence(silence) => match silence.act {
            SilenceAct::Add(_) | SilenceAct::Extend { .. } => "silence",
            SilenceAct::Expire { .. } => "expire",
        },
        Verb::Get(_) => "get",
        Verb::Describe(_) => "describe",
        Verb::Logs(_) => "logs",
        Verb::Events(_) => "events",
        Verb::Top(_) => "top",
        Verb::CanI(_) => "can-i",
        Verb::Exec(_) => "exec",
        Verb::Attach(_) => "attach",
        Verb::Cp(_) => "copy",
        Verb::Debug(_) => "debug",
        Verb::PortForward(_) => "forward",
        Verb::Scale(_) => "scale",
        Verb::Rollout { rollout, .. } => match rollout {
            Rollout::Status { .. } => "status",
            Rollout::History { .. } => "history",
            Rollout::Undo { .. } => "undo",
            Rollout::Restart => "restart",
            Rollout::Pause => "pause",
            Rollout::Resume => "resume",
        },
        Verb::SetImage(_) => "image",
        Verb::SetEnv(_) => "env",
        Verb::SetResources(_) => "resources",
        Verb::Label(_) => "label",
        Verb::Annotate(_) => "annotate",
        Verb::Delete(_) => "delete",
        Verb::Cordon { .. } => "cordon",
        Verb::Uncordon { .. } => "uncordon",
        Verb::Drain(_) => "drain",
        Verb::Evict(_) => "evict",
        Verb::Taint(_) => "taint",
        Verb::Autoscale(_) => "autoscale",
        Verb::CreateJob(_) => "trigger",
        Verb::Apply(_) => "apply",
        Verb::Edit(_) => "edit",
        Verb::Patch(_) => "patch",
    }
}

fn title(action: &Action, touched: &[ObjectRef]) -> String {
    if let Verb::Run(run) = &action.verb {
        return match (&run.plugin, touched) {
            (Some(name), [one]) if one.kind.known().is_some() => format!("run {name} for {}", one.name),
            (Some(name), _) => format!("run {name}"),
            (None, _) => "run a shell command".to_owned(),
        };
    }
    let verb = match word(&action.verb) {
        "undo" => "roll back",
        "image" => "set image of",
        "env" => "set variables of",
        "resources" => "set resources of",
        "trigger" => "trigger",
        other => other,
    };
    match touched {
        [one] => {
            let kind = one
                .kind
                .known()
                .map_or_else(|| one.kind.resource().to_owned(), |k| k.info().name.to_lowercase());
            format!("{verb} {kind}/{}", one.name)
        }
        many => {
            let kind = many.first().map_or("object", |one| one.kind.resource());
            format!("{verb} {} {kind}", many.len())
        }
    }
}

/// A name for a job that somebody triggers now: the cron job's, and the time.
pub fn job_name(cron: &str, now: Time) -> Word {
    let at = jiff::Timestamp::from_second(now.0).unwrap_or_default();
    let room = 63 - "-manual-0000000000".len();
    let cut: String = cron.chars().take(room).collect();
    Word::from(format!("{cut}-manual-{}", at.as_second()).as_str())
}
