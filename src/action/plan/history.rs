//! The revisions of a workload, for the eye: which to go back to, and what that changes.

use serde_json::Value;

use super::difference::{Step, between};
use super::rollback::{self, Revision};
use crate::model::{ObjectRef, Problem, Time};

/// The revisions of a workload as they are.
#[derive(Clone, Debug, PartialEq)]
pub struct History {
    pub object: ObjectRef,
    /// Newest first.
    pub revisions: Vec<Revision>,
    /// What runs, or is rolling out; also where no revision is it.
    current: Value,
    /// The number of the revision that a roll-back takes where none is named, and why it; or why there is none.
    pub choice: Result<(u64, String), Problem>,
    pub at: Time,
}

impl History {
    /// The history of a workload. `items` may hold the revisions of others, too.
    pub fn of(object: ObjectRef, workload: &Value, items: &[Value], at: Time) -> Self {
        Self {
            object,
            revisions: rollback::revisions(workload, items),
            current: rollback::plain(&workload["spec"]["template"]),
            choice: rollback::choose(workload, items, None).map(|choice| (choice.revision.number, choice.why)),
            at,
        }
    }

    /// Where the cursor starts: on the revision that a roll-back takes, else on the newest.
    pub fn start(&self) -> usize {
        let wanted = self.choice.as_ref().ok().map(|(number, _)| *number);
        self.find(wanted.unwrap_or(0)).unwrap_or(0)
    }

    /// The row of a revision.
    pub fn find(&self, number: u64) -> Option<usize> {
        self.revisions.iter().position(|revision| revision.number == number)
    }

    /// What going back to a revision changes in the pod template.
    pub fn difference(&self, revision: &Revision) -> Vec<Step> {
        between(&self.current, &revision.template)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::{Known, ObjectRef};

    fn set(number: u64, image: &str, ready: u64) -> Value {
        json!({"kind": "ReplicaSet", "metadata": {"name": image, "creationTimestamp": format!("2026-01-0{number}T00:00:00Z"),
            "annotations": {"deployment.kubernetes.io/revision": number.to_string()}, "ownerReferences": [{"uid": "d"}]},
            "spec": {"template": {"metadata": {"labels": {"app": "web", "pod-template-hash": image}},
                "spec": {"containers": [{"name": "app", "image": image}]}}}, "status": {"readyReplicas": ready}})
    }

    fn history(items: &[Value], runs: &str) -> History {
        let workload = json!({"kind": "Deployment", "metadata": {"name": "web", "uid": "d"}, "spec": {"template": {
            "metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "app", "image": runs}]}}}});
        let object = ObjectRef {
            kind: Known::Deployment.into(),
            namespace: "solia".into(),
            name: "web".into(),
        };
        History::of(object, &workload, items, Time(0))
    }

    #[test]
    fn the_cursor_starts_on_what_served_and_the_difference_is_to_what_runs() {
        let history = history(&[set(1, "a:1", 0), set(2, "a:2", 2), set(3, "a:3", 0)], "a:3");
        let numbers: Vec<u64> = history.revisions.iter().map(|revision| revision.number).collect();
        assert_eq!(numbers, [3, 2, 1]);
        assert_eq!(history.start(), 1);
        assert!(
            history.choice.as_ref().unwrap().1.contains("2 of its pods are ready now"),
            "{:?}",
            history.choice
        );
        let told: Vec<String> = history
            .difference(&history.revisions[2])
            .iter()
            .map(|step| format!("{} {:?}", step.path, step.values()))
            .collect();
        assert_eq!(told, [r#"spec.containers[app].image ("a:3", "a:1")"#]);
    }

    #[test]
    fn one_revision_alone_is_shown_and_says_that_there_is_no_older_one() {
        let history = history(&[set(1, "a:1", 2)], "a:1");
        assert_eq!((history.start(), history.revisions.len()), (0, 1));
        assert!(history.choice.unwrap_err().text.contains("no older revision"));
    }
}
