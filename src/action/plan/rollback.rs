//! Which revision a roll-back goes to. Always an explicit one: "the one before" is another after every roll-back.
//!
//! ReplicaSets keep the revisions of a deployment, ControllerRevisions those of stateful and daemon sets
//! (<https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#rolling-back-a-deployment>).

use serde_json::Value;

use crate::model::{Problem, ProblemKind, Time, short_age};

/// The annotation with a revision's number.
const REVISION: &str = "deployment.kubernetes.io/revision";
/// The numbers that it had before a roll-back to it.
const EARLIER: &str = "deployment.kubernetes.io/revision-history";
/// The label that the controller adds to the pods of a revision.
const HASH: &str = "pod-template-hash";
/// A revision that stood so long (seconds) before the next one came, served.
const SERVED: i64 = 10 * 60;

/// One revision that the server still has.
#[derive(Clone, Debug, PartialEq)]
pub struct Revision {
    pub number: u64,
    /// Numbers that it had earlier.
    pub earlier: Vec<u64>,
    pub template: Value,
    pub images: Vec<String>,
    pub cause: String,
    pub created: Time,
    /// Its pods that are ready now.
    pub ready: u64,
    /// Whether it is what the workload runs, or is rolling out.
    pub is_current: bool,
    /// How one knows that it served; empty: nothing shows it.
    pub served: String,
}

/// The revisions of a workload, newest first. `history` may hold those of others, too.
pub fn revisions(workload: &Value, history: &[Value]) -> Vec<Revision> {
    let uid = &workload["metadata"]["uid"];
    let owned = |item: &&Value| {
        let owners = item["metadata"]["ownerReferences"].as_array();
        owners.is_some_and(|owners| owners.iter().any(|owner| owner["uid"] == *uid))
    };
    let mut all: Vec<Revision> = history.iter().filter(owned).filter_map(read).collect();
    all.sort_by_key(|revision| std::cmp::Reverse(revision.number));
    let current = all
        .iter()
        .position(|revision| revision.template == plain(&workload["spec"]["template"]));
    let starts: Vec<Time> = all.iter().map(|revision| revision.created).collect();
    for (at, revision) in all.iter_mut().enumerate() {
        revision.is_current = Some(at) == current;
        // What came next was made after it; a roll-back gives an old one a new number, and says nothing of how long it stood.
        let next = starts.iter().filter(|start| **start > revision.created).min();
        let stood = next.map_or(0, |next| revision.created.age(*next));
        revision.served = match (revision.ready, stood) {
            (0, stood) if stood >= SERVED => format!("it stood {} before the next came", short_age(stood)),
            (0, _) => String::new(),
            (1, _) => "1 of its pods is ready now".into(),
            (n, _) => format!("{n} of its pods are ready now"),
        };
    }
    all
}

fn read(item: &Value) -> Option<Revision> {
    let meta = &item["metadata"];
    let note = |key: &str| meta["annotations"][key].as_str();
    let (number, template) = match item["kind"].as_str() {
        Some("ControllerRevision") => (item["revision"].as_u64()?, &item["data"]["spec"]["template"]),
        _ => (note(REVISION)?.parse().ok()?, &item["spec"]["template"]),
    };
    let template = plain(template);
    let containers = template["spec"]["containers"].as_array();
    let images = containers
        .into_iter()
        .flatten()
        .filter_map(|c| c["image"].as_str().map(str::to_owned))
        .collect();
    Some(Revision {
        number,
        earlier: note(EARLIER)
            .unwrap_or_default()
            .split(',')
            .filter_map(|n| n.trim().parse().ok())
            .collect(),
        images,
        cause: note("kubernetes.io/change-cause").unwrap_or_default().to_owned(),
        created: Time::parse(meta["creationTimestamp"].as_str().unwrap_or_default()),
        ready: item["status"]["readyReplicas"].as_u64().unwrap_or(0),
        is_current: false,
        served: String::new(),
        template,
    })
}

/// A template without what the controllers add to it.
pub fn plain(template: &Value) -> Value {
    let mut template = template.clone();
    if let Some(map) = template.as_object_mut() {
        map.remove("$patch");
    }
    if let Some(labels) = template.pointer_mut("/metadata/labels").and_then(Value::as_object_mut) {
        labels.remove(HASH);
    }
    // Left by the server where there is none.
    if let Some(meta) = template.get_mut("metadata").and_then(Value::as_object_mut) {
        meta.retain(|key, value| key != "creationTimestamp" || !value.is_null());
    }
    template
}

/// Which revision, and why this one.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    pub revision: Revision,
    /// The number of what runs now, where the server has it.
    pub current: Option<u64>,
    pub why: String,
    /// Whether anything shows that it served.
    pub is_proven: bool,
}

/// The revision that was asked for, else the newest older one that served.
///
/// # Errors
/// There is none; it runs already; the workload is paused.
pub fn choose(workload: &Value, history: &[Value], asked: Option<u64>) -> Result<Choice, Problem> {
    let problem = |text: String| Problem::new(ProblemKind::Config, text);
    if workload["spec"]["paused"] == true {
        return Err(problem("its rollout is paused: nothing would roll back".into()).hint("resume it first"));
    }
    let all = revisions(workload, history);
    let current = all.iter().find(|revision| revision.is_current);
    let number = current.map(|current| current.number);
    if let Some(asked) = asked {
        let found = all.iter().find(|revision| revision.number == asked);
        let Some(found) = found else {
            let known = list(&all);
            // The trap of whoever rolls back what was rolled back meanwhile.
            return Err(match all.iter().find(|revision| revision.earlier.contains(&asked)) {
                Some(renamed) if renamed.is_current => problem(format!(
                    "revision {asked} is what runs: somebody rolled back to it, and it is revision {} now",
                    renamed.number
                )),
                Some(renamed) => problem(format!("revision {asked} is revision {} now", renamed.number)),
                None => problem(format!("the server has no revision {asked}")).hint(format!("it has {known}")),
            });
        };
        if found.is_current {
            return Err(problem(format!("revision {asked} is what runs: nothing to roll back")));
        }
        return Ok(Choice {
            why: match found.served.is_empty() {
                true => "you named it; nothing shows that it served".into(),
                false => format!("you named it; {}", found.served),
            },
            is_proven: !found.served.is_empty(),
            current: number,
            revision: found.clone(),
        });
    }
    let older: Vec<&Revision> = all.iter().filter(|revision| number.is_none_or(|n| revision.number < n)).collect();
    let Some(newest) = older.first() else {
        return Err(problem("there is no older revision".into()).hint("the history may be limited (revisionHistoryLimit)"));
    };
    // After a roll-back the newest older one is the bad one: it must have served.
    let served = older.iter().find(|revision| !revision.served.is_empty());
    let (revision, why) = match served {
        Some(served) if served.number == newest.number => (*served, format!("the one before; {}", served.served)),
        Some(served) => (
            *served,
            format!(
                "the newest older one that served: {}; {} did not",
                served.served,
                between(&older, served.number)
            ),
        ),
        None => (*newest, "the one before; nothing shows that it served".to_owned()),
    };
    let back = current.filter(|current| !current.earlier.is_empty());
    let why = match back {
        Some(current) => format!(
            "{why}; what runs is itself a roll-back to revision {}",
            current.earlier.last().copied().unwrap_or_default()
        ),
        None => why,
    };
    Ok(Choice {
        why,
        is_proven: served.is_some(),
        current: number,
        revision: revision.clone(),
    })
}

fn list(all: &[Revision]) -> String {
    let numbers: Vec<String> = all.iter().map(|revision| revision.number.to_string()).collect();
    numbers.join(", ")
}

fn between(older: &[&Revision], served: u64) -> String {
    let skipped: Vec<String> = older.iter().filter(|r| r.number > served).map(|r| r.number.to_string()).collect();
    format!("revision {}", skipped.join(", "))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn deployment(image: &str) -> Value {
        json!({"kind": "Deployment", "metadata": {"name": "web", "uid": "d"},
            "spec": {"template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "app", "image": image}]}}}})
    }

    /// A revision made so many seconds after the beginning.
    fn set(number: u64, image: &str, made: i64, ready: u64, earlier: &str) -> Value {
        let created = jiff::Timestamp::from_second(1_700_000_000 + made).unwrap().to_string();
        let mut set = json!({"kind": "ReplicaSet", "metadata": {"name": image, "creationTimestamp": created,
            "annotations": {REVISION: number.to_string()}, "ownerReferences": [{"uid": "d"}]},
            "spec": {"template": {"metadata": {"labels": {"app": "web", HASH: image}}, "spec": {"containers": [{"name": "app", "image": image}]}}},
            "status": {"readyReplicas": ready}});
        if !earlier.is_empty() {
            set["metadata"]["annotations"][EARLIER] = json!(earlier);
        }
        set
    }

    fn told(image: &str, history: &[Value], asked: Option<u64>) -> String {
        match choose(&deployment(image), history, asked) {
            Ok(choice) => format!("{} (of {:?}): {}", choice.revision.number, choice.current, choice.why),
            Err(problem) => problem.to_string(),
        }
    }

    #[test]
    fn it_goes_to_the_newest_older_one_that_served() {
        let history = [set(40, "v1", 0, 0, ""), set(41, "v2", 80_000, 3, ""), set(42, "v3", 90_000, 0, "")];
        assert_eq!(
            told("v3", &history, None),
            "41 (of Some(42)): the one before; 3 of its pods are ready now"
        );
        let history = [set(40, "v1", 0, 0, ""), set(41, "v2", 89_900, 0, ""), set(42, "v3", 90_000, 0, "")];
        assert_eq!(
            told("v3", &history, None),
            "40 (of Some(42)): the newest older one that served: it stood 24h before the next came; revision 41 did not"
        );
        let history = [set(41, "v2", 89_900, 0, ""), set(42, "v3", 90_000, 0, "")];
        assert_eq!(
            told("v3", &history, None),
            "41 (of Some(42)): the one before; nothing shows that it served"
        );
    }

    #[test]
    fn a_second_roll_back_does_not_bring_the_bad_one_back() {
        // 41 was rolled back to and is 43 now; 42 crashed.
        let history = [
            set(40, "v1", 0, 0, ""),
            set(43, "v2", 80_000, 3, "41"),
            set(42, "v3", 99_500, 0, ""),
        ];
        assert_eq!(
            told("v2", &history, None),
            "40 (of Some(43)): the newest older one that served: it stood 22h before the next came; revision 42 did not; \
             what runs is itself a roll-back to revision 41"
        );
    }

    #[test]
    fn what_somebody_rolled_back_already_is_told() {
        let history = [set(43, "v2", 80_000, 3, "41"), set(42, "v3", 99_500, 0, "")];
        assert_eq!(
            told("v2", &history, Some(41)),
            "revision 41 is what runs: somebody rolled back to it, and it is revision 43 now"
        );
        assert_eq!(told("v2", &history, Some(43)), "revision 43 is what runs: nothing to roll back");
        assert_eq!(told("v2", &history, Some(7)), "the server has no revision 7 (it has 43, 42)");
        assert_eq!(
            told("v2", &history, Some(42)),
            "42 (of Some(43)): you named it; nothing shows that it served"
        );
    }

    #[test]
    fn where_there_is_nothing_to_go_back_to_it_says_so() {
        assert_eq!(
            told("v1", &[set(1, "v1", 0, 3, "")], None),
            "there is no older revision (the history may be limited (revisionHistoryLimit))"
        );
        let mut paused = deployment("v2");
        paused["spec"]["paused"] = json!(true);
        let problem = choose(&paused, &[], None).unwrap_err();
        assert!(problem.text.contains("paused"), "{problem}");
    }

    #[test]
    fn sets_keep_their_revisions_apart() {
        let mut set = deployment("v2");
        set["kind"] = json!("StatefulSet");
        let revision = |number: u64, image: &str| {
            json!({"kind": "ControllerRevision", "revision": number, "metadata": {"name": image, "ownerReferences": [{"uid": "d"}],
                "creationTimestamp": "2023-11-14T00:00:00Z"},
                "data": {"spec": {"template": {"$patch": "replace", "metadata": {"labels": {"app": "web"}},
                    "spec": {"containers": [{"name": "app", "image": image}]}}}}})
        };
        let choice = choose(&set, &[revision(1, "v1"), revision(2, "v2")], None).unwrap();
        assert_eq!((choice.revision.number, choice.current), (1, Some(2)));
        assert_eq!(choice.revision.template["spec"]["containers"][0]["image"], "v1");
        assert!(choice.revision.template.get("$patch").is_none());
    }
}
