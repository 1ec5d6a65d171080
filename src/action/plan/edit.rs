//! What a document becomes by an action, worked out here: so that what was shown is what is sent.

use serde_json::{Map, Value, json};

use crate::action::{Action, Effect, EnvEdit, Marks, Pair, Patch, PatchKind, Rollout, SetEnv, SetImage, Taint, TaintChange, Verb, Word};
use crate::model::{Problem, ProblemKind, Time};

/// The annotation by which `kubectl rollout restart` makes new pods.
const RESTARTED: &str = "kubectl.kubernetes.io/restartedAt";

/// What the object is afterwards. `None`: the action does not change the object as a document (deletion, a new object).
///
/// # Errors
/// The object has no such container, label …; or the change cannot be worked out here.
pub fn after(action: &Action, before: &Value, now: Time) -> Result<Option<Value>, Problem> {
    let mut after = before.clone();
    match &action.verb {
        Verb::Scale(scale) => {
            let replicas = scale.replicas.value().ok_or_else(open)?;
            if let Some(current) = scale.current_replicas.as_ref() {
                let now = before["spec"]["replicas"].as_u64().unwrap_or(0);
                if current.value().map(u64::from) != Some(now) {
                    return Err(unfit(format!("it has {now} replicas, not {current}")));
                }
            }
            field(&mut after, &["spec"])?.insert("replicas".into(), json!(replicas));
        }
        Verb::Rollout { rollout, .. } => match rollout {
            Rollout::Restart => {
                let at = jiff::Timestamp::from_second(now.0).unwrap_or_default().to_string();
                field(&mut after, &["spec", "template", "metadata", "annotations"])?.insert(RESTARTED.into(), json!(at));
            }
            Rollout::Pause => {
                field(&mut after, &["spec"])?.insert("paused".into(), json!(true));
            }
            Rollout::Resume => {
                field(&mut after, &["spec"])?.remove("paused");
            }
            Rollout::Undo { .. } | Rollout::Status { .. } | Rollout::History { .. } => return Ok(None),
        },
        Verb::SetImage(set) => images(&mut after, set)?,
        Verb::SetEnv(set) => variables(&mut after, set)?,
        Verb::SetResources(set) => super::resources::set(&mut after, set)?,
        Verb::Label(marks) => marked(&mut after, "labels", marks)?,
        Verb::Annotate(marks) => marked(&mut after, "annotations", marks)?,
        Verb::Cordon { .. } => {
            field(&mut after, &["spec"])?.insert("unschedulable".into(), json!(true));
        }
        Verb::Uncordon { .. } => {
            field(&mut after, &["spec"])?.remove("unschedulable");
        }
        Verb::Taint(taint) => tainted(&mut after, taint)?,
        Verb::Patch(patch) => patched(&mut after, patch)?,
        _ => return Ok(None),
    }
    Ok(Some(after))
}

fn open() -> Problem {
    Problem::new(ProblemKind::Config, "the line still has places to be filled in")
}

fn unfit(text: impl AsRef<str>) -> Problem {
    Problem::new(ProblemKind::Config, text)
}

fn plain(word: &Word) -> Result<&str, Problem> {
    word.plain().ok_or_else(open)
}

/// The object at this place, made where it is missing.
fn field<'a>(document: &'a mut Value, path: &[&str]) -> Result<&'a mut Map<String, Value>, Problem> {
    let mut at = document;
    for name in path {
        let map = at
            .as_object_mut()
            .ok_or_else(|| unfit(format!("{name} is not where it should be")))?;
        at = map.entry(*name).or_insert_with(|| json!({}));
        if at.is_null() {
            *at = json!({});
        }
    }
    at.as_object_mut()
        .ok_or_else(|| unfit(format!("{} is not what it should be", path.join("."))))
}

/// Where the pod template of an object stands.
fn template(document: &Value) -> &'static str {
    match document["kind"].as_str() {
        Some("Pod") => "/spec",
        Some("CronJob") => "/spec/jobTemplate/spec/template/spec",
        _ => "/spec/template/spec",
    }
}

/// The containers that fit, of both sorts.
fn containers<'a>(document: &'a mut Value, fits: impl Fn(&str) -> bool + 'a) -> Vec<&'a mut Map<String, Value>> {
    let place = template(document);
    let Some(spec) = document.pointer_mut(place).and_then(Value::as_object_mut) else {
        return Vec::new();
    };
    let lists = spec
        .iter_mut()
        .filter(|(key, _)| matches!(key.as_str(), "containers" | "initContainers"));
    lists
        .filter_map(|(_, list)| list.as_array_mut())
        .flatten()
        .filter_map(Value::as_object_mut)
        .filter(|container| container.get("name").and_then(Value::as_str).is_some_and(&fits))
        .collect()
}

fn images(document: &mut Value, set: &SetImage) -> Result<(), Problem> {
    for (container, image) in &set.images {
        let (container, image) = (plain(container)?, plain(image)?);
        let found = containers(document, |name| container == "*" || name == container);
        if found.is_empty() {
            return Err(unfit(format!("it has no container {container}")));
        }
        for map in found {
            map.insert("image".into(), json!(image));
        }
    }
    Ok(())
}

fn variables(document: &mut Value, set: &SetEnv) -> Result<(), Problem> {
    let EnvEdit::Change { pairs, from, .. } = &set.edit else {
        return Ok(());
    };
    if from.is_some() {
        return Err(unfit("variables from a config map or secret are not set from here").hint("kubectl does it"));
    }
    let pattern = set.containers.as_ref().map(plain).transpose()?.unwrap_or("*").to_owned();
    let found = containers(document, |name| crate::model::fits(&pattern, name));
    if found.is_empty() {
        return Err(unfit(format!("it has no container {pattern}")));
    }
    for container in found {
        let list = container.entry("env").or_insert_with(|| json!([]));
        let Some(list) = list.as_array_mut() else { continue };
        for pair in pairs {
            match pair {
                Pair::Set { name, value } => {
                    let (name, value) = (plain(name)?, plain(value)?);
                    let entry = json!({"name": name, "value": value});
                    match list.iter_mut().find(|e| e["name"] == name) {
                        Some(old) => *old = entry,
                        None => list.push(entry),
                    }
                }
                Pair::Remove { name } => {
                    let name = plain(name)?;
                    list.retain(|e| e["name"] != name);
                }
            }
        }
        if list.is_empty() {
            container.remove("env");
        }
    }
    Ok(())
}

fn marked(document: &mut Value, which: &str, marks: &Marks) -> Result<(), Problem> {
    let map = field(document, &["metadata", which])?;
    for pair in &marks.pairs {
        match pair {
            Pair::Set { name, value } => {
                let (name, value) = (plain(name)?, plain(value)?);
                if let Some(old) = map.get(name).filter(|old| **old != value && !marks.overwrite) {
                    let old = old.as_str().unwrap_or_default();
                    return Err(unfit(format!("{name} is {old} already")).hint("--overwrite changes it"));
                }
                map.insert(name.into(), json!(value));
            }
            Pair::Remove { name } => {
                map.remove(plain(name)?);
            }
        }
    }
    if map.is_empty() {
        field(document, &["metadata"])?.remove(which);
    }
    Ok(())
}

fn effect(effect: Effect) -> &'static str {
    match effect {
        Effect::NoSchedule => "NoSchedule",
        Effect::PreferNoSchedule => "PreferNoSchedule",
        Effect::NoExecute => "NoExecute",
    }
}

fn tainted(document: &mut Value, taint: &Taint) -> Result<(), Problem> {
    let spec = field(document, &["spec"])?;
    let mut list = spec.get("taints").and_then(Value::as_array).cloned().unwrap_or_default();
    for change in &taint.taints {
        match change {
            TaintChange::Add { key, value, effect: with } => {
                let (key, with) = (plain(key)?, effect(*with));
                let mut entry = json!({"key": key, "effect": with});
                if let Some(value) = value {
                    entry["value"] = json!(plain(value)?);
                }
                match list.iter_mut().find(|t| t["key"] == key && t["effect"] == with) {
                    Some(old) if *old == entry => {}
                    Some(_) if !taint.overwrite => {
                        return Err(unfit(format!("it has a taint {key}:{with} already")).hint("--overwrite changes it"));
                    }
                    Some(old) => *old = entry,
                    None => list.push(entry),
                }
            }
            TaintChange::Remove { key, effect: with } => {
                let (key, length) = (plain(key)?, list.len());
                list.retain(|t| t["key"] != key || with.is_some_and(|with| t["effect"] != effect(with)));
                if list.len() == length {
                    return Err(unfit(format!("it has no taint {key}")));
                }
            }
        }
    }
    match list.is_empty() {
        true => spec.remove("taints"),
        false => spec.insert("taints".into(), Value::from(list)),
    };
    Ok(())
}

/// A patch that the user wrote. Strategic ones differ from merges only where there are lists.
fn patched(document: &mut Value, patch: &Patch) -> Result<(), Problem> {
    if patch.subresource.is_some() {
        return Err(unfit("patches of a subresource are not sent from here"));
    }
    let text = plain(&patch.patch)?;
    let value: Value = serde_json::from_str(text)
        .or_else(|_| serde_saphyr::from_str(text))
        .map_err(|_| unfit("the patch is neither JSON nor YAML"))?;
    match patch.kind {
        PatchKind::Json => {
            let steps: json_patch::Patch = serde_json::from_value(value).map_err(|e| unfit(format!("not a JSON patch: {e}")))?;
            json_patch::patch(document, &steps).map_err(|e| unfit(format!("the patch does not fit the object: {e}")))?;
        }
        PatchKind::Strategic if has_list(&value) => {
            return Err(unfit("a strategic patch with lists is not worked out here").hint("--type=json, or :edit"));
        }
        PatchKind::Strategic | PatchKind::Merge => json_patch::merge(document, &value),
    }
    match document["metadata"].is_object() {
        true => Ok(()),
        false => Err(unfit("the patch leaves no metadata")),
    }
}

fn has_list(value: &Value) -> bool {
    match value {
        Value::Array(_) => true,
        Value::Object(map) => map.iter().any(|(key, value)| key.starts_with('$') || has_list(value)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::kubectl::parse;
    use crate::action::plan::difference::between;

    fn steps(line: &str, before: &Value) -> Vec<String> {
        let action = parse(line).unwrap();
        let after = after(&action, before, Time(1_700_000_000)).unwrap().unwrap();
        between(before, &after)
            .into_iter()
            .map(|step| {
                let (old, new) = step.values();
                format!("{}: {old} → {new}", step.path)
            })
            .collect()
    }

    fn problem(line: &str, before: &Value) -> String {
        after(&parse(line).unwrap(), before, Time(0)).unwrap_err().to_string()
    }

    fn deployment() -> Value {
        json!({"kind": "Deployment", "metadata": {"name": "web", "labels": {"app": "web"}}, "spec": {"replicas": 3, "template": {
            "metadata": {"labels": {"app": "web"}},
            "spec": {"containers": [{"name": "app", "image": "a:1", "env": [{"name": "A", "value": "1"}]}, {"name": "side", "image": "s:1"}]}}}})
    }

    #[test]
    fn each_verb_changes_what_kubectl_changes() {
        for (line, expected) in [
            ("kubectl scale deploy/web --replicas=5", vec!["spec.replicas: 3 → 5"]),
            ("kubectl scale deploy/web --replicas=3", vec![]),
            (
                "kubectl rollout restart deploy/web",
                vec![r#"spec.template.metadata.annotations: (none) → {"kubectl.kubernetes.io/restartedAt":"2023-11-14T22:13:20Z"}"#],
            ),
            ("kubectl rollout pause deploy/web", vec!["spec.paused: (none) → true"]),
            (
                "kubectl set image deploy/web app=a:2",
                vec!["spec.template.spec.containers[app].image: a:1 → a:2"],
            ),
            (
                "kubectl set image deploy/web *=x:9",
                vec![
                    "spec.template.spec.containers[app].image: a:1 → x:9",
                    "spec.template.spec.containers[side].image: s:1 → x:9",
                ],
            ),
            (
                "kubectl set env deploy/web -c app A=2",
                vec!["spec.template.spec.containers[app].env[A].value: 1 → 2"],
            ),
            (
                "kubectl set env deploy/web -c app A-",
                vec![r#"spec.template.spec.containers[app].env: [{"name":"A","value":"1"}] → (none)"#],
            ),
            ("kubectl label deploy/web tier=x", vec!["metadata.labels.tier: (none) → x"]),
            ("kubectl label deploy/web app-", vec![r#"metadata.labels: {"app":"web"} → (none)"#]),
            ("kubectl label deploy/web app=v2 --overwrite", vec!["metadata.labels.app: web → v2"]),
            (
                "kubectl annotate deploy/web a/b=c",
                vec![r#"metadata.annotations: (none) → {"a/b":"c"}"#],
            ),
            (
                r#"kubectl patch deploy/web -p '{"spec":{"minReadySeconds":5}}'"#,
                vec!["spec.minReadySeconds: (none) → 5"],
            ),
            (
                r#"kubectl patch deploy/web --type=json -p '[{"op":"remove","path":"/spec/replicas"}]'"#,
                vec!["spec.replicas: 3 → (none)"],
            ),
        ] {
            assert_eq!(steps(line, &deployment()), expected, "{line}");
        }
        let node = json!({"kind": "Node", "metadata": {"name": "n"}, "spec": {"taints": [{"key": "a", "effect": "NoSchedule"}]}});
        for (line, expected) in [
            ("kubectl cordon n", vec!["spec.unschedulable: (none) → true"]),
            ("kubectl uncordon n", vec![]),
            (
                "kubectl taint node n a-",
                vec![r#"spec.taints: [{"effect":"NoSchedule","key":"a"}] → (none)"#],
            ),
            (
                "kubectl taint node n a=x:NoSchedule --overwrite",
                vec!["spec.taints[a].value: (none) → x"],
            ),
        ] {
            assert_eq!(steps(line, &node), expected, "{line}");
        }
    }

    #[test]
    fn what_does_not_fit_the_object_is_said() {
        for (line, expected) in [
            ("kubectl set image deploy/web db=a:2", "it has no container db"),
            (
                "kubectl scale deploy/web --replicas=5 --current-replicas=2",
                "it has 3 replicas, not 2",
            ),
            ("kubectl label deploy/web app=v2", "app is web already (--overwrite changes it)"),
            (
                "kubectl scale deploy/web --replicas=$N",
                "the line still has places to be filled in",
            ),
            (
                r#"kubectl patch deploy/web -p '{"spec":{"template":{"spec":{"containers":[]}}}}'"#,
                "a strategic patch with lists is not worked out here (--type=json, or :edit)",
            ),
        ] {
            assert_eq!(problem(line, &deployment()), expected, "{line}");
        }
    }
}
