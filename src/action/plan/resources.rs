//! What containers ask for and may use, and how many replicas an autoscaler may make.

use serde_json::{Map, Value, json};

use super::Write;
use crate::action::{Autoscale, Given, SetResources, Word};
use crate::model::{Known, ObjectRef, Problem, ProblemKind, Quantity};

fn unfit(text: impl AsRef<str>) -> Problem {
    Problem::new(ProblemKind::Config, text)
}

fn plain(word: &Word) -> Result<&str, Problem> {
    word.plain().ok_or_else(|| unfit("the line still has places to be filled in"))
}

/// Where the containers of an object's pods stand.
fn place(document: &Value) -> &'static str {
    match document["kind"].as_str() {
        Some("Pod") => "/spec/containers",
        Some("CronJob") => "/spec/jobTemplate/spec/template/spec/containers",
        _ => "/spec/template/spec/containers",
    }
}

/// The object with these requests and limits, as kubectl sets them: init containers are left alone.
///
/// # Errors
/// There is no such container, or an amount is none.
pub fn set(document: &mut Value, set: &SetResources) -> Result<(), Problem> {
    let pattern = set.containers.as_ref().map(plain).transpose()?.unwrap_or("*").to_owned();
    let list = document.pointer_mut(place(document)).and_then(Value::as_array_mut);
    let fits = |container: &&mut Value| container["name"].as_str().is_some_and(|name| crate::model::fits(&pattern, name));
    let mut any = false;
    for container in list.into_iter().flatten().filter(fits) {
        any = true;
        for (which, amounts) in [("limits", &set.limits), ("requests", &set.requests)] {
            for (name, amount) in amounts {
                put(container, which, plain(name)?, plain(amount)?)?;
            }
        }
    }
    match any {
        true => Ok(()),
        false => Err(unfit(format!("it has no container {pattern}"))),
    }
}

fn put(container: &mut Value, which: &str, name: &str, amount: &str) -> Result<(), Problem> {
    let wanted = Quantity::parse(amount);
    if wanted == Quantity::NONE {
        return Err(unfit(format!("{amount} is no amount of {name}")).hint("as in cpu=200m,memory=512Mi"));
    }
    let held = container["resources"][which][name].as_str().unwrap_or_default();
    // 0.5 and 500m are one: the server would write no revision for it.
    if Quantity::parse(held) == wanted {
        return Ok(());
    }
    let map = object(object_of(container, "resources")?, which)?;
    map.insert(name.to_owned(), json!(amount));
    Ok(())
}

fn object_of<'a>(value: &'a mut Value, key: &str) -> Result<&'a mut Map<String, Value>, Problem> {
    let map = value.as_object_mut().ok_or_else(|| unfit("a container is not what it should be"))?;
    object(map, key)
}

fn object<'a>(map: &'a mut Map<String, Value>, key: &str) -> Result<&'a mut Map<String, Value>, Problem> {
    let at = map.entry(key).or_insert_with(|| json!({}));
    if at.is_null() {
        *at = json!({});
    }
    at.as_object_mut().ok_or_else(|| unfit(format!("{key} is not what it should be")))
}

/// The change in a line: `app: memory limit 256Mi → 512Mi`.
pub fn told(before: &Value, after: &Value) -> String {
    let of = |document: &Value| {
        let list = document.pointer(place(document)).and_then(Value::as_array);
        list.cloned().unwrap_or_default()
    };
    let amounts = |container: &Value, which: &str| container["resources"][which].as_object().cloned().unwrap_or_default();
    let mut parts = Vec::new();
    for (old, new) in of(before).iter().zip(&of(after)) {
        let mut own = Vec::new();
        for (which, word) in [("requests", "request"), ("limits", "limit")] {
            let (had, has) = (amounts(old, which), amounts(new, which));
            for (name, amount) in &has {
                if had.get(name) != Some(amount) {
                    let had = had.get(name).and_then(Value::as_str).unwrap_or("none");
                    own.push(format!("{name} {word} {had} → {}", amount.as_str().unwrap_or_default()));
                }
            }
        }
        if !own.is_empty() {
            parts.push(format!("{}: {}", new["name"].as_str().unwrap_or_default(), own.join(", ")));
        }
    }
    parts.join("; ")
}

/// A new autoscaler, as kubectl makes it.
///
/// # Errors
/// Something is still to be filled in.
pub fn autoscaler(autoscale: &Autoscale, document: &Value, object: &ObjectRef) -> Result<(Write, ObjectRef), Problem> {
    let open = || unfit("the line still has places to be filled in");
    let number = |given: &Given<u32>| given.value().ok_or_else(open);
    let name = match &autoscale.name {
        Some(name) => plain(name)?.to_owned(),
        None => object.name.to_string(),
    };
    let mut scaler = json!({
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": name, "namespace": &*object.namespace},
        "spec": {
            "maxReplicas": number(&autoscale.max)?,
            "scaleTargetRef": {"apiVersion": document["apiVersion"], "kind": document["kind"], "name": document["metadata"]["name"]},
        },
    });
    if let Some(min) = &autoscale.min {
        scaler["spec"]["minReplicas"] = json!(number(min)?);
    }
    if let Some(percent) = &autoscale.cpu_percent {
        let target = json!({"type": "Utilization", "averageUtilization": number(percent)?});
        scaler["spec"]["metrics"] = json!([{"type": "Resource", "resource": {"name": "cpu", "target": target}}]);
    }
    let reference = ObjectRef {
        kind: Known::HorizontalPodAutoscaler.into(),
        namespace: object.namespace.clone(),
        name: name.as_str().into(),
    };
    Ok((Write::Create(scaler), reference))
}

/// The change of an autoscaler's bounds: the effect, its number, and what it does to what runs; nothing, where it is another
/// change.
pub fn bounds(before: &Value, after: &Value) -> Option<(String, String, Option<String>)> {
    let of = |document: &Value| {
        let spec = &document["spec"];
        Some((spec["minReplicas"].as_u64().unwrap_or(1), spec["maxReplicas"].as_u64()?))
    };
    let ((min, max), (least, most)) = (of(before)?, of(after)?);
    if (min, max) == (least, most) {
        return None;
    }
    let name = before["spec"]["scaleTargetRef"]["name"].as_str().unwrap_or_default();
    let runs = before["status"]["currentReplicas"].as_u64();
    let reach = match runs {
        Some(runs) if runs > 0 && runs < least => Some(format!("it raises {name} from {runs} to {least}")),
        Some(runs) if runs > most => Some(format!("it lowers {name} from {runs} to {most}")),
        _ => None,
    };
    Some((format!("replicas {min} to {max} → {least} to {most}"), most.to_string(), reach))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::Verb;
    use crate::action::kubectl::parse;

    fn deployment() -> Value {
        json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": {"template": {"spec": {
            "initContainers": [{"name": "app-init"}],
            "containers": [
                {"name": "app", "resources": {"limits": {"memory": "256Mi"}, "requests": {"cpu": "500m"}}},
                {"name": "side"}]}}}})
    }

    fn resources(line: &str) -> Result<(Value, String), String> {
        let Verb::SetResources(wanted) = parse(line).unwrap().verb else {
            panic!("{line}")
        };
        let mut after = deployment();
        set(&mut after, &wanted).map_err(|problem| problem.to_string())?;
        let told = told(&deployment(), &after);
        Ok((after, told))
    }

    #[test]
    fn what_containers_may_use_is_set_and_told() {
        for (flags, told) in [
            ("-c app --limits=memory=512Mi", "app: memory limit 256Mi → 512Mi"),
            (
                "--limits=memory=512Mi --requests=cpu=0.5",
                "app: memory limit 256Mi → 512Mi; side: cpu request none → 0.5, memory limit none → 512Mi",
            ),
            ("-c app --requests=cpu=0.5", ""),
            ("-c 'si*' --limits=cpu=1", "side: cpu limit none → 1"),
        ] {
            let (after, said) = resources(&format!("kubectl set resources deploy/web {flags}")).unwrap();
            assert_eq!(said, told, "{flags}");
            let init = &after["spec"]["template"]["spec"]["initContainers"];
            assert_eq!(init[0].get("resources"), None, "{flags}");
        }
        for (flags, why) in [
            ("-c db --limits=cpu=1", "it has no container db"),
            ("--limits=cpu=much", "much is no amount of cpu (as in cpu=200m,memory=512Mi)"),
            ("--limits=cpu=$X", "the line still has places to be filled in"),
        ] {
            assert_eq!(resources(&format!("kubectl set resources deploy/web {flags}")).unwrap_err(), why);
        }
    }

    #[test]
    fn an_autoscaler_is_made_as_kubectl_makes_it() {
        let Verb::Autoscale(line) = parse("kubectl autoscale deploy/web --min=2 --max=10 --cpu-percent=80")
            .unwrap()
            .verb
        else {
            panic!()
        };
        let object = ObjectRef {
            kind: Known::Deployment.into(),
            namespace: "solia".into(),
            name: "web".into(),
        };
        let (write, made) = autoscaler(&line, &deployment(), &object).unwrap();
        let Write::Create(scaler) = write else { panic!("{write:?}") };
        assert_eq!((&*made.name, made.kind.resource()), ("web", "horizontalpodautoscalers"));
        assert_eq!(
            scaler["spec"],
            json!({"minReplicas": 2, "maxReplicas": 10,
                "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
                "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}}}]})
        );
    }

    #[test]
    fn other_bounds_say_what_they_do_to_what_runs() {
        let scaler = |min: u64, max: u64| {
            json!({"spec": {"minReplicas": min, "maxReplicas": max, "scaleTargetRef": {"name": "web"}},
                "status": {"currentReplicas": 3}})
        };
        let told = |min, max| bounds(&scaler(2, 3), &scaler(min, max));
        assert_eq!(told(2, 3), None);
        assert_eq!(told(2, 6), Some(("replicas 2 to 3 → 2 to 6".into(), "6".into(), None)));
        assert_eq!(told(5, 6).unwrap().2.as_deref(), Some("it raises web from 3 to 5"));
        assert_eq!(told(1, 2).unwrap().2.as_deref(), Some("it lowers web from 3 to 2"));
    }
}
