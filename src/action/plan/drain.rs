//! The plan of emptying nodes: which pods go, which stay, what holds them, and where they find room.

use std::collections::BTreeMap;

use serde_json::Value;

use super::budget::Budget;
use super::crowd::{self, Lodger, controller};
use super::fate::{Fate, Hurdle, Stay, fate, keeps_data};
use super::{Blast, Change, Draft, Found, Offer, Plan, Reach, Right, Sight, Verdict, Weight, Write, difference, edit, owner, room};
use crate::action::{Action, Class, Drain, DryRun, Given, Nodes, Verb, Word};
use crate::model::{Known, ObjectRef, Problem, ProblemKind, Time, clean, short_age};

/// Names that are told of pods of one sort.
const FEW: usize = 3;

/// A namespace, and the kind and name of a controller in it.
type Whose<'a> = (&'a str, &'a (String, String));

/// How pods go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Manner {
    /// As their budgets allow.
    Evicted,
    /// Without asking budgets (`--disable-eviction`).
    Deleted,
    /// At once, without waiting for the node to confirm anything (`--disable-eviction --grace-period=0`).
    Forced,
}

/// What is worked out on the way.
struct Work<'a> {
    wish: &'a Drain,
    manner: Manner,
    grace: Option<i64>,
    cordons: Vec<Change>,
    /// Pods that go.
    going: Vec<&'a Value>,
    stays: BTreeMap<Stay, usize>,
    blocks: BTreeMap<Hurdle, Vec<String>>,
    budgets: Vec<Budget>,
    blast: Blast,
    notes: Vec<Reach>,
    raised: Vec<String>,
}

/// The plan of a drain.
///
/// # Errors
/// A node is not there, its pods could not be read, or there is nothing to do.
pub(super) fn make(draft: Draft, found: Found, wish: &Drain, sight: Sight<'_>) -> Result<Plan, Problem> {
    let grace = match &wish.grace_period {
        Some(Given::Open(_)) => return Err(super::make::open()),
        Some(Given::Value(seconds)) if *seconds >= 0 => Some(*seconds),
        Some(Given::Value(_)) | None => None,
    };
    let around = &found.around;
    let mut work = Work {
        wish,
        grace,
        manner: match (wish.disable_eviction, grace) {
            (true, Some(0)) => Manner::Forced,
            (true, _) => Manner::Deleted,
            (false, _) => Manner::Evicted,
        },
        cordons: Vec::new(),
        going: Vec::new(),
        stays: BTreeMap::new(),
        blocks: BTreeMap::new(),
        budgets: around.budgets.iter().flatten().map(Budget::of).collect(),
        blast: Blast::default(),
        notes: Vec::new(),
        raised: Vec::new(),
    };
    let mut is_silent = false;
    for (object, answer) in &found.objects {
        is_silent |= work.node(object, answer.as_ref().map_err(Clone::clone)?, sight.now)?;
    }
    let pods = around.pods.as_ref().map_err(Clone::clone)?;
    let mut pods: Vec<&Value> = pods.iter().collect();
    pods.sort_by_key(|pod| place(pod));
    for pod in pods {
        match fate(pod, wish) {
            Fate::Goes => work.going.push(pod),
            Fate::Stays(why) => *work.stays.entry(why).or_default() += 1,
            Fate::Blocks(hurdles) => {
                for hurdle in hurdles {
                    work.blocks.entry(hurdle).or_default().push(place(pod));
                }
            }
        }
    }
    if work.cordons.is_empty() && work.going.is_empty() && work.blocks.is_empty() {
        return Err(Problem::new(ProblemKind::Config, "it is so already: nothing would change"));
    }
    work.in_the_way();
    work.guarded(around.budgets.as_ref().err());
    let crowd = crowd::all(sight.seen, &around.crowd);
    work.elsewhere(&found, crowd.as_deref(), sight);
    work.left_behind(crowd.as_deref(), around.services.as_deref());
    // What wants a second thought is read first.
    work.blast.lines.sort_by_key(|reach| std::cmp::Reverse(reach.weight));
    work.noted();
    for (right, answer) in &found.rights {
        if let Err(problem) = answer {
            work.raised.push(format!("whether you may {right} is not known: {}", problem.text));
        }
    }
    let mut offer = work.offer(&draft.action, is_silent);
    // What would be deleted by force is offered once, not again in its own plan.
    if work.manner == Manner::Forced && work.blocks.is_empty() {
        offer = None;
    }
    Ok(work.plan(draft, found.rights.clone(), found.at, offer))
}

/// `solia/web-1`
fn place(pod: &Value) -> String {
    let of = |field: &str| pod["metadata"][field].as_str().unwrap_or_default();
    format!("{}/{}", of("namespace"), of("name"))
}

/// `a, b, c and 4 more`
fn few(names: &[String]) -> String {
    let told: Vec<&str> = names.iter().take(FEW).map(String::as_str).collect();
    match names.len().saturating_sub(FEW) {
        0 => told.join(", "),
        more => format!("{} and {more} more", told.join(", ")),
    }
}

fn pods(count: usize) -> String {
    match count {
        1 => "1 pod".to_owned(),
        many => format!("{many} pods"),
    }
}

impl<'a> Work<'a> {
    fn say(&mut self, weight: Weight, text: impl Into<String>) {
        self.blast.lines.push(Reach::new(weight, text.into()));
    }

    fn note(&mut self, weight: Weight, text: impl AsRef<str>) {
        let text = clean(text.as_ref()).into_owned();
        self.notes.push(Reach::new(weight, text));
    }

    /// Takes a node in: its cordon, and whether its kubelet is silent.
    fn node(&mut self, object: &ObjectRef, node: &Value, now: Time) -> Result<bool, Problem> {
        let uid = node["metadata"]["uid"].as_str().unwrap_or_default().to_owned();
        let cordon = Action {
            place: crate::action::Place::default(),
            verb: Verb::Cordon {
                nodes: Nodes::Named(vec![Word::from(&*object.name)]),
                dry_run: DryRun::None,
            },
        };
        if let Some(after) = edit::after(&cordon, node, now)? {
            let steps = difference::between(node, &after);
            if !steps.is_empty() {
                self.cordons.push(Change {
                    object: object.clone(),
                    write: Write::Patch {
                        operations: difference::patch(&uid, &steps),
                        subresource: "",
                    },
                    uid,
                    steps,
                    remark: None,
                    owner: None,
                });
            }
        }
        let lately = owner::lately(node, now);
        if !lately.is_empty() {
            self.note(Weight::Warn, format!("{}: changed by {}", object.name, lately.join(", ")));
        }
        let conditions = node["status"]["conditions"].as_array();
        let ready = conditions.into_iter().flatten().find(|c| c["type"] == "Ready");
        let state = ready.and_then(|c| c["status"].as_str()).unwrap_or("Unknown");
        let is_silent = state != "True";
        if is_silent {
            let since = ready
                .and_then(|c| c["lastTransitionTime"].as_str())
                .map(|at| Time::parse(at).age(now));
            let since = since.map_or_else(String::new, |age| format!(" for {}", short_age(age)));
            let how = if state == "False" {
                "has been not ready"
            } else {
                "has been silent"
            };
            let weight = if self.manner == Manner::Forced {
                Weight::Warn
            } else {
                Weight::Stop
            };
            let text = format!(
                "the kubelet of {} {how}{since}: nobody would confirm that its pods have ended",
                object.name
            );
            self.say(weight, clean(&text));
        } else if self.manner == Manner::Forced {
            self.say(
                Weight::Warn,
                format!(
                    "{} answers: its pods can end in good order (without --disable-eviction)",
                    object.name
                ),
            );
        }
        Ok(is_silent)
    }

    /// What stands in the way, by the flag that would allow it.
    fn in_the_way(&mut self) {
        for (hurdle, names) in std::mem::take(&mut self.blocks) {
            let text = match names.as_slice() {
                [one] => format!("{one} {}: it wants {}", hurdle.said(false), hurdle.flag()),
                many => format!(
                    "{} {}: they want {} · {}",
                    pods(many.len()),
                    hurdle.said(true),
                    hurdle.flag(),
                    few(many)
                ),
            };
            self.say(Weight::Stop, text);
            self.blocks.insert(hurdle, names);
        }
    }

    /// What the budgets say of the pods that go.
    fn guarded(&mut self, unknown: Option<&Problem>) {
        if self.manner != Manner::Evicted {
            if self.manner == Manner::Deleted {
                self.say(Weight::Warn, "the pods are deleted: no disruption budget is asked");
            }
            return;
        }
        if let Some(problem) = unknown {
            self.say(Weight::Warn, format!("disruption budgets are not known: {}", problem.text));
            self.raised.push("disruption budgets are not known".into());
        }
        let mut lines = Vec::new();
        for budget in &self.budgets {
            let here = self.going.iter().filter(|pod| budget.guards(pod)).count();
            let allowed = usize::try_from(budget.allowed).unwrap_or(0);
            let name = format!("budget {}/{}", budget.namespace, budget.name);
            let has = format!("it needs {} healthy and has {}", budget.desired, budget.healthy);
            lines.extend(match here {
                0 => None,
                _ if budget.never_allows() => Some((
                    Weight::Warn,
                    format!("{name} never lets a pod go ({has}): the drain waits for ever"),
                )),
                _ if allowed == 0 => Some((Weight::Warn, format!("{name} lets none go now ({has}): the drain waits for it"))),
                _ if allowed < here => Some((
                    Weight::Plain,
                    format!("{name} lets {allowed} of its {} here go at a time ({has})", pods(here)),
                )),
                _ => Some((Weight::Plain, format!("{name} lets its {} here go ({has})", pods(here)))),
            });
        }
        lines.into_iter().for_each(|(weight, text)| self.say(weight, text));
    }

    /// Whether the other nodes have room for what comes back.
    fn elsewhere(&mut self, found: &Found, crowd: Option<&[Lodger]>, sight: Sight<'_>) {
        let comes_back = |pod: &&&Value| controller(pod).is_some() && !crowd::is_over(pod);
        let back: Vec<Lodger> = self.going.iter().filter(comes_back).map(|pod| crowd::of_document(pod)).collect();
        if back.is_empty() {
            return;
        }
        let Some(crowd) = crowd else {
            let why = found
                .around
                .crowd
                .as_ref()
                .err()
                .map(|problem| problem.text.to_string())
                .unwrap_or_default();
            self.say(Weight::Warn, format!("whether the other nodes have room is not known: {why}"));
            self.raised.push("whether the other nodes have room is not known".into());
            return;
        };
        let drained: Vec<&str> = found.objects.iter().map(|(object, _)| &*object.name).collect();
        let mut places = room::places(sight.seen, crowd, &drained);
        let asks: Vec<room::Ask> = back.iter().map(|pod| pod.ask).collect();
        let free: Vec<room::Ask> = places.iter().map(|place| place.free).collect();
        let spots: i64 = places.iter().map(|place| place.pods.max(0)).sum();
        let nodes = match places.len() {
            0 => {
                self.say(Weight::Warn, format!("no other node takes pods: {} would wait", pods(back.len())));
                return;
            }
            1 => "1 other node".to_owned(),
            many => format!("{many} other nodes"),
        };
        let without = room::homeless(&mut places, &asks);
        let asked = room::said(&asks);
        let has = room::said(&free);
        self.say(
            Weight::Plain,
            format!("{nodes}: free by requests {has}, {spots} places; wanted {asked}, {}", back.len()),
        );
        if !without.is_empty() {
            let names = without.iter().filter_map(|at| back.get(*at));
            let names: Vec<String> = names.map(|pod| format!("{}/{}", pod.namespace, pod.name)).collect();
            self.say(
                Weight::Warn,
                format!("no room by requests for {} of them: {}", names.len(), few(&names)),
            );
        }
    }

    /// Who is left with nothing ready: workloads, and services.
    fn left_behind(&mut self, crowd: Option<&[Lodger]>, services: Result<&[Value], &Problem>) {
        let Some(crowd) = crowd else { return };
        let leaves: std::collections::BTreeSet<String> = self.going.iter().map(|pod| place(pod)).collect();
        let goes = |pod: &Lodger| leaves.contains(&format!("{}/{}", pod.namespace, pod.name));
        // Ready pods of each controller that loses some: now, and afterwards.
        let mut owners: BTreeMap<Whose<'_>, (u32, u32)> = BTreeMap::new();
        for pod in crowd.iter().filter(|pod| pod.is_ready) {
            if let Some(owner) = &pod.owner {
                let entry = owners.entry((&pod.namespace, owner)).or_default();
                entry.0 += 1;
                entry.1 += u32::from(!goes(pod));
            }
        }
        owners.retain(|_, (now, after)| after < now);
        let mut emptied = Vec::new();
        for ((namespace, (kind, name)), (now, after)) in owners {
            if self.blast.ready.is_none_or(|(_, least)| after < least) {
                self.blast.ready = Some((now, after));
            }
            if after == 0 {
                emptied.push(format!("{kind} {namespace}/{name}"));
            }
        }
        let lost = |what: &str, names: Vec<String>, without: &str| match names.as_slice() {
            [] => None,
            [one] => Some(format!("{one} has {without}")),
            many => Some(format!("{} {what} have {without}: {}", many.len(), few(many))),
        };
        if let Some(text) = lost("workloads", emptied, "nothing ready until new pods are") {
            self.say(Weight::Warn, clean(&text));
        }
        let Ok(services) = services else {
            self.say(Weight::Warn, "which services are left with nothing is not known");
            self.raised.push("which services are left with nothing is not known".into());
            return;
        };
        let mut silent = Vec::new();
        for service in services {
            let selector = service["spec"]["selector"].as_object();
            let selector = selector
                .into_iter()
                .flatten()
                .filter_map(|(key, value)| Some((key.as_str(), value.as_str()?)));
            let selector = crate::model::Labels::new(selector);
            let of = |field: &str| service["metadata"][field].as_str().unwrap_or_default();
            let mut behind = crowd
                .iter()
                .filter(|pod| pod.is_ready && pod.namespace == of("namespace") && pod.labels.selected_by(&selector))
                .peekable();
            if behind.peek().is_some() && behind.all(goes) {
                silent.push(format!("service {}/{}", of("namespace"), of("name")));
            }
        }
        if let Some(text) = lost("services", silent, "no ready endpoint until then") {
            self.say(Weight::Warn, clean(&text));
        }
    }

    fn noted(&mut self) {
        let of = |stay: Stay| self.stays.get(&stay).copied().unwrap_or(0);
        let (daemons, mirrors) = (of(Stay::DaemonSet), of(Stay::Mirror));
        let mut told = Vec::new();
        if daemons > 0 {
            told.push(format!("{} of daemon sets", pods(daemons)));
        }
        if mirrors > 0 {
            told.push(format!("{} that the kubelet runs by itself", pods(mirrors)));
        }
        if !told.is_empty() {
            let verb = if daemons + mirrors == 1 { "stays" } else { "stay" };
            self.note(Weight::Plain, format!("{} {verb}", told.join(" and ")));
        }
        if let Some(selector) = &self.wish.pod_selector {
            self.note(Weight::Plain, format!("pods that --pod-selector={selector} does not fit stay"));
        }
        if self.wish.timeout.is_none() && self.manner == Manner::Evicted {
            self.note(Weight::Plain, "no --timeout: it goes on until it is done, or ctrl-c stops it");
        }
    }

    /// What can be planned instead, where this is not possible.
    fn offer(&self, action: &Action, is_silent: bool) -> Option<Offer> {
        let mut drain = self.wish.clone();
        let same = |drain: Drain| {
            Box::new(Action {
                place: action.place.clone(),
                verb: Verb::Drain(drain),
            })
        };
        if is_silent && self.manner != Manner::Forced {
            // Those in the way go as well: nothing on a dead node is kept by asking twice.
            let others = self.blocks.iter().filter(|(hurdle, _)| **hurdle != Hurdle::DaemonSet);
            let others: std::collections::BTreeSet<&String> = others.flat_map(|(_, names)| names).collect();
            Hurdle::ALL.into_iter().for_each(|hurdle| hurdle.allowed(&mut drain));
            drain.disable_eviction = true;
            drain.grace_period = Some(Given::Value(0));
            let count = self.going.len() + others.len();
            return (count > 0).then(|| Offer {
                text: format!("plan to delete its {} by force", pods(count)),
                action: same(drain),
            });
        }
        if self.blocks.is_empty() {
            return None;
        }
        let flags: Vec<&str> = self.blocks.keys().map(|hurdle| hurdle.flag()).collect();
        self.blocks.keys().for_each(|hurdle| hurdle.allowed(&mut drain));
        Some(Offer {
            text: format!("plan it with {}", flags.join(" ")),
            action: same(drain),
        })
    }

    /// What is worth knowing of one pod that goes.
    fn remark(&self, pod: &Value) -> Reach {
        let mut weight = Weight::Plain;
        let mut told = Vec::new();
        let owner = controller(pod).and_then(|owner| owner["kind"].as_str());
        let over = crowd::is_over(pod);
        if pod["metadata"]["deletionTimestamp"].is_string() {
            told.push("is leaving already".to_owned());
        } else if over {
            told.push("has ended".to_owned());
        }
        let mut warn = |told: &mut Vec<String>, text: String| {
            weight = Weight::Warn;
            told.push(text);
        };
        if self.manner == Manner::Evicted {
            let mut own = self.budgets.iter().filter(|budget| budget.guards(pod));
            match (own.next(), own.next()) {
                (Some(_), Some(_)) => warn(&mut told, "several budgets guard it: the server evicts no such pod".to_owned()),
                (Some(budget), None) if budget.allowed == 0 => warn(&mut told, budget.said()),
                (Some(budget), None) => told.push(format!("budget {} lets {} go", budget.name, budget.allowed)),
                (None, _) => {}
            }
        }
        match owner {
            None if !over => warn(&mut told, "no controller: it does not come back".to_owned()),
            Some("StatefulSet") if self.manner == Manner::Forced => {
                warn(&mut told, "it may still run there: two of it could write at once".to_owned());
            }
            _ => {}
        }
        if !over && keeps_data(pod) {
            warn(&mut told, "its emptyDir goes with it".to_owned());
        }
        Reach::new(weight, clean(&told.join(" · ")).into_owned())
    }

    fn plan(mut self, draft: Draft, rights: Vec<(Right, Result<Verdict, Problem>)>, made: Time, offer: Option<Offer>) -> Plan {
        let count = self.going.len();
        let changes = self.going.iter().map(|pod| Change {
            object: ObjectRef {
                kind: Known::Pod.into(),
                namespace: pod["metadata"]["namespace"].as_str().unwrap_or_default().into(),
                name: pod["metadata"]["name"].as_str().unwrap_or_default().into(),
            },
            uid: pod["metadata"]["uid"].as_str().unwrap_or_default().to_owned(),
            steps: Vec::new(),
            write: match self.manner {
                Manner::Evicted => Write::Evict {
                    grace: self.grace,
                    waits: true,
                },
                Manner::Deleted | Manner::Forced => Write::Delete {
                    grace: self.grace,
                    propagation: None,
                },
            },
            remark: Some(self.remark(pod)),
            owner: controller(pod).and_then(|owner| {
                Some(ObjectRef {
                    kind: Known::of_kind(owner["kind"].as_str()?)?.into(),
                    namespace: pod["metadata"]["namespace"].as_str()?.into(),
                    name: owner["name"].as_str()?.into(),
                })
            }),
        });
        let changes: Vec<Change> = changes.collect();
        let how = match (self.manner, count) {
            (_, 0) => "no pod has to go".to_owned(),
            (Manner::Evicted, 1) => "1 pod is evicted".to_owned(),
            (Manner::Evicted, many) => format!("{many} pods are evicted"),
            (Manner::Deleted, _) => format!("{} deleted", are(count)),
            (Manner::Forced, _) => format!("{} deleted at once, whatever still runs there", are(count)),
        };
        let effect = match self.cordons.len() {
            0 => format!("{how} (cordoned already)"),
            1 => format!("cordoned, then {how}"),
            many => format!("{many} nodes cordoned, then {how}"),
        };
        let node = match draft.objects.as_slice() {
            [one] => format!("node/{}", one.name),
            many => format!("{} nodes", many.len()),
        };
        let title = match self.manner {
            Manner::Forced => format!("force-delete {} of {node}", pods(count)),
            Manner::Evicted | Manner::Deleted => format!("drain {node}"),
        };
        let inverse = match (self.cordons.as_slice(), draft.objects.len()) {
            ([one], 1) => Ok(Action {
                place: draft.action.place.clone(),
                verb: Verb::Uncordon {
                    nodes: Nodes::Named(vec![Word::from(&*one.object.name)]),
                    dry_run: DryRun::None,
                },
            }),
            ([], _) => Err("the pods do not come back to it; it was cordoned before"),
            _ => Err("each node is uncordoned alone"),
        };
        let mut all = std::mem::take(&mut self.cordons);
        all.extend(changes);
        Plan {
            verb: "drain",
            title,
            effect,
            number: Some(count.to_string()),
            class: Class::W2,
            blast: self.blast,
            inverse,
            rights,
            action: draft.action.clone(),
            changes: all,
            notes: self.notes,
            raised: self.raised,
            offer,
            made,
            draft,
        }
    }
}

/// `1 pod is`, `4 pods are`
fn are(count: usize) -> String {
    format!("{} {}", pods(count), if count == 1 { "is" } else { "are" })
}

#[cfg(test)]
mod tests;
