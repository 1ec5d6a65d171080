//! `:resources` and `:hpa`: what pods may use, and how many of them an autoscaler may make.

use super::acts::{ask, begin};
use crate::action::{Autoscale, DryRun, Given, Patch, PatchKind, Ref, SetResources, Verb, Word};
use crate::app::deeds::draft;
use crate::app::{App, Effect, Tone};
use crate::model::{Body, Bounds, Known, ObjectRef, Part, Quantity};

/// How `:resources` is written.
const RESOURCES: &str = "as in :resources app memory=256Mi:512Mi cpu=200m: (request:limit, one for both)";
/// How `:hpa` is written.
const HPA: &str = "as in :hpa 2 10: the least and the most replicas";

/// Opens the line with what the containers have now.
pub(super) fn ask_resources(app: &mut App) {
    let line = match app.object().map(|(_, object)| &object.body) {
        Some(Body::Workload(workload)) => {
            let mut parts = workload.template.parts.iter().filter(|part| !part.init);
            match (parts.next(), parts.next()) {
                (Some(one), None) => amounts(one),
                (Some(first), Some(_)) => format!("{} {}", first.name, amounts(first)),
                (None, _) => String::new(),
            }
        }
        _ => String::new(),
    };
    ask(app, &format!("resources {line}"));
}

/// `cpu=100m:500m memory=256Mi:512Mi`
fn amounts(part: &Part) -> String {
    let one = |name: &str, bounds: &Bounds, text: fn(Quantity) -> String| {
        let (request, limit) = (text(bounds.request), text(bounds.limit));
        match request == limit && !request.is_empty() {
            true => format!("{name}={request}"),
            false => format!("{name}={request}:{limit}"),
        }
    };
    format!(
        "{} {}",
        one("cpu", &part.cpu, Quantity::cpu),
        one("memory", &part.memory, Quantity::memory)
    )
}

/// `:resources [CONTAINER] cpu=REQUEST:LIMIT memory=…`
pub(super) fn resources(app: &mut App, words: &[&str]) -> Vec<Effect> {
    let objects = draft::selected(app);
    match read(words, &containers(app)) {
        Ok((container, requests, limits)) => begin(app, objects, |target, _| {
            Verb::SetResources(SetResources {
                target,
                containers: container,
                limits,
                requests,
                dry_run: DryRun::None,
            })
        }),
        Err(why) => {
            app.flash(Tone::Problem, why);
            Vec::new()
        }
    }
}

/// Containers of the workload under the cursor.
fn containers(app: &App) -> Vec<String> {
    match app.object().map(|(_, object)| &object.body) {
        Some(Body::Workload(workload)) => {
            let parts = workload.template.parts.iter().filter(|part| !part.init);
            parts.map(|part| part.name.to_string()).collect()
        }
        _ => Vec::new(),
    }
}

type Amounts = Vec<(Word, Word)>;

fn read(words: &[&str], containers: &[String]) -> Result<(Option<Word>, Amounts, Amounts), String> {
    let (container, pairs) = match words.split_first() {
        Some((first, rest)) if !first.contains('=') => (Some(*first), rest),
        _ => (None, words),
    };
    if container.is_none() && containers.len() > 1 {
        return Err(format!("say of which container: {}", containers.join(", ")));
    }
    let (mut requests, mut limits) = (Vec::new(), Vec::new());
    for pair in pairs.iter().flat_map(|word| word.split(',')).filter(|pair| !pair.is_empty()) {
        let (name, amount) = pair.split_once('=').filter(|(name, _)| !name.is_empty()).ok_or(RESOURCES)?;
        let (request, limit) = amount.split_once(':').unwrap_or((amount, amount));
        for (amount, list) in [(request, &mut requests), (limit, &mut limits)] {
            if !amount.is_empty() {
                list.push((Word::from(name), Word::from(amount)));
            }
        }
    }
    match requests.is_empty() && limits.is_empty() {
        true => Err(RESOURCES.to_owned()),
        false => Ok((container.map(Word::from), requests, limits)),
    }
}

/// The autoscaler of what is selected, or the one that is selected.
fn autoscaler(app: &App) -> Option<(ObjectRef, u32, u32)> {
    let reference = app.reference()?;
    let seen = app.seen()?;
    if reference.kind.is(Known::HorizontalPodAutoscaler) {
        let Body::Autoscaler(scaler) = &seen.find(&reference)?.body else {
            return None;
        };
        return Some((reference, scaler.min, scaler.max));
    }
    let (object, bounds) = crate::action::plan::blast::autoscaler(seen, &reference)?;
    let scaler = ObjectRef {
        kind: Known::HorizontalPodAutoscaler.into(),
        namespace: object.meta.namespace.clone(),
        name: (*object.meta.name).into(),
    };
    Some((scaler, bounds.min, bounds.max))
}

/// Opens the line with the bounds that there are.
pub(super) fn ask_bounds(app: &mut App) {
    let line = autoscaler(app).map_or_else(String::new, |(_, min, max)| format!("{min} {max}"));
    ask(app, &format!("hpa {line}"));
}

/// `:hpa MIN MAX`: other bounds of the autoscaler there is, or a new one.
pub(super) fn bounds(app: &mut App, words: &[&str]) -> Vec<Effect> {
    let numbers: Option<Vec<u32>> = words.iter().map(|word| word.parse().ok()).collect();
    let (min, max) = match numbers.as_deref() {
        Some([min, max]) if min <= max && *max > 0 => (*min, *max),
        _ => {
            app.flash(Tone::Problem, HPA);
            return Vec::new();
        }
    };
    if let Some((scaler, _, _)) = autoscaler(app) {
        let object = Ref::new(Known::HorizontalPodAutoscaler, &*scaler.name);
        return begin(app, vec![scaler], |_, _| {
            Verb::Patch(Patch {
                object,
                kind: PatchKind::Merge,
                patch: Word::from(format!(r#"{{"spec":{{"maxReplicas":{max},"minReplicas":{min}}}}}"#)),
                subresource: None,
                dry_run: DryRun::None,
            })
        });
    }
    let Some(object) = app.reference() else {
        app.flash(Tone::Problem, "nothing is selected");
        return Vec::new();
    };
    let workload = Ref {
        kind: (&object.kind).into(),
        name: Word::from(&*object.name),
    };
    begin(app, vec![object], |_, _| {
        Verb::Autoscale(Autoscale {
            object: workload,
            min: Some(Given::Value(min)),
            max: Given::Value(max),
            cpu_percent: None,
            name: None,
            dry_run: DryRun::None,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_a_request_and_a_limit() {
        let told = |words: &[&str], containers: &[&str]| {
            let containers: Vec<String> = containers.iter().map(|name| (*name).to_owned()).collect();
            read(words, &containers).map(|(container, requests, limits)| {
                let list = |amounts: Amounts| {
                    amounts
                        .iter()
                        .map(|(name, amount)| format!("{name}={amount}"))
                        .collect::<Vec<_>>()
                        .join(",")
                };
                let container = container.map(|word| word.to_string()).unwrap_or_default();
                format!("{container} requests {} limits {}", list(requests), list(limits))
            })
        };
        for (words, expected) in [
            (&["memory=512Mi"] as &[&str], " requests memory=512Mi limits memory=512Mi"),
            (
                &["cpu=200m:", "memory=256Mi:512Mi"],
                " requests cpu=200m,memory=256Mi limits memory=512Mi",
            ),
            (&["cpu=:1,memory=:1Gi"], " requests  limits cpu=1,memory=1Gi"),
            (&["app", "cpu=1"], "app requests cpu=1 limits cpu=1"),
        ] {
            assert_eq!(told(words, &["app"]).as_deref(), Ok(expected));
        }
        for wrong in [&[] as &[&str], &["app"], &["cpu=:"], &["=1"], &["app", "cpu"]] {
            assert_eq!(told(wrong, &["app"]), Err(RESOURCES.to_owned()), "{wrong:?}");
        }
        assert_eq!(
            told(&["cpu=1"], &["app", "side"]),
            Err("say of which container: app, side".to_owned())
        );
    }
}
