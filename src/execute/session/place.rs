//! Which container a session is with: the pod and container that an object of an action leads to.

use std::cmp::Reverse;

use k8s_openapi::api::core::v1::{ContainerState, ContainerStatus, Pod};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use kube::api::{Api, ApiResource, DynamicObject, ListParams};
use kube::core::Selector;
use kube::{Client, ResourceExt as _};
use serde_json::Value;

use super::within;
use crate::action::Ref;
use crate::model::{Known, Problem, ProblemKind};

/// The annotation by which a pod names the container that is meant when none is said.
const DEFAULT: &str = "kubectl.kubernetes.io/default-container";

/// A running container: what a session is opened with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inside {
    pub namespace: String,
    pub pod: String,
    /// The pod's uid: another pod of the same name is another place.
    pub uid: String,
    pub container: String,
    pub image: String,
    /// What its main program reads and writes, which decides how it is attached to.
    pub program: Program,
}

/// How the main program of a container is connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Program {
    /// To a terminal.
    Terminal,
    /// It reads input, but has no terminal.
    Input,
    /// It only writes.
    Silent,
}

impl Inside {
    /// `pod/container`, as sentences name it.
    pub fn name(&self) -> String {
        format!("{}/{}", self.pod, self.container)
    }

    pub(super) fn pods(&self, client: &Client) -> Api<Pod> {
        Api::namespaced(client.clone(), &self.namespace)
    }
}

/// Finds the container that is meant: of this pod, or of the best pod of this workload or service. None named: the one
/// that the pod says, else its first.
///
/// # Errors
/// There is no such object, pod or container, it does not run, or it may not be read.
pub async fn find(client: &Client, namespace: &str, object: &Ref, container: Option<&str>) -> Result<Inside, Problem> {
    let name = object.name.plain().filter(|name| !name.is_empty());
    let name = name.ok_or_else(|| Problem::new(ProblemKind::Config, format!("{} is not a name yet", object.name)))?;
    let pods: Api<Pod> = Api::namespaced(client.clone(), namespace);
    let pod = if object.kind.is(Known::Pod) {
        within("the pod", pods.get(name)).await?
    } else {
        let selector = selector(client, namespace, object, name).await?;
        let asked = ListParams::default().labels_from(&selector).limit(500);
        let list = within("its pods", pods.list(&asked)).await?;
        best(list.items).ok_or_else(|| {
            let problem = Problem::new(ProblemKind::NotFound, format!("{} has no pod", object.word()));
            problem.hint("scale it up, or choose a pod")
        })?
    };
    choose(&pod, container)
}

/// The labels of the pods of a workload or service.
async fn selector(client: &Client, namespace: &str, object: &Ref, name: &str) -> Result<Selector, Problem> {
    let crate::action::KindName::Known(known) = &object.kind else {
        return Err(without_pods(object));
    };
    let info = known.info();
    let labelled = matches!(
        known,
        Known::Deployment | Known::ReplicaSet | Known::StatefulSet | Known::DaemonSet | Known::Job | Known::Service
    );
    if !labelled {
        return Err(without_pods(object));
    }
    let version = "v1";
    let api_version = if info.group.is_empty() {
        version.to_owned()
    } else {
        format!("{}/{version}", info.group)
    };
    let resource = ApiResource {
        group: info.group.to_owned(),
        version: version.to_owned(),
        api_version,
        kind: info.name.to_owned(),
        plural: info.resource.to_owned(),
    };
    let objects: Api<DynamicObject> = Api::namespaced_with(client.clone(), namespace, &resource);
    let found = within(info.name, objects.get(name)).await?;
    let spec = &found.data["spec"]["selector"];
    let none = || {
        let problem = Problem::new(ProblemKind::NotFound, format!("{} selects no pods", object.word()));
        problem.hint("choose a pod")
    };
    if *known == Known::Service {
        let labels = spec.as_object().filter(|labels| !labels.is_empty()).ok_or_else(none)?;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        return Ok(labels.iter().map(|(key, value)| (key.clone(), text(value))).collect());
    }
    let selector: LabelSelector = serde_json::from_value(spec.clone()).map_err(|_| none())?;
    let selector = Selector::try_from(selector).map_err(|_| none())?;
    // An empty one would mean every pod of the namespace.
    if selector == Selector::default() {
        Err(none())
    } else {
        Ok(selector)
    }
}

fn without_pods(object: &Ref) -> Problem {
    let problem = Problem::new(ProblemKind::Config, format!("{} has no containers to enter", object.word()));
    problem.hint("choose a pod, or a workload that has pods")
}

/// The pod that a person would choose: one that runs and is ready, not leaving, the one that has been so longest.
fn best(mut pods: Vec<Pod>) -> Option<Pod> {
    let rank = |pod: &Pod| {
        let status = pod.status.as_ref();
        let phase = status.and_then(|s| s.phase.as_deref());
        let conditions = status.and_then(|s| s.conditions.as_ref()).into_iter().flatten();
        let ready = conditions.into_iter().any(|c| c.type_ == "Ready" && c.status == "True");
        let leaving = pod.metadata.deletion_timestamp.is_some();
        let since = pod.metadata.creation_timestamp.as_ref().map(|time| time.0);
        (
            Reverse(!leaving),
            Reverse(phase == Some("Running")),
            Reverse(ready),
            since,
            pod.name_any(),
        )
    };
    pods.sort_by_cached_key(rank);
    pods.into_iter().next()
}

/// The container of this pod that is meant, which must run.
///
/// # Errors
/// The pod has no such container, or it does not run: the sentence says why it does not.
pub fn choose(pod: &Pod, container: Option<&str>) -> Result<Inside, Problem> {
    let name = pod.name_any();
    let spec = pod.spec.as_ref();
    // Name, image, reads input, has a terminal.
    let mut all: Vec<(&str, &str, bool, bool)> = Vec::new();
    if let Some(spec) = spec {
        for c in spec.containers.iter().chain(spec.init_containers.iter().flatten()) {
            all.push((
                &c.name,
                c.image.as_deref().unwrap_or_default(),
                c.stdin == Some(true),
                c.tty == Some(true),
            ));
        }
        for c in spec.ephemeral_containers.iter().flatten() {
            all.push((
                &c.name,
                c.image.as_deref().unwrap_or_default(),
                c.stdin == Some(true),
                c.tty == Some(true),
            ));
        }
    }
    let named = pod.annotations().get(DEFAULT).map(String::as_str);
    // A pod may name a container that it does not have.
    let default = named.filter(|named| all.iter().any(|(name, ..)| name == named));
    let wanted = container.or(default).or(all.first().map(|(name, ..)| *name)).unwrap_or_default();
    let Some((wanted, image, stdin, tty)) = all.iter().find(|(name, ..)| *name == wanted).copied() else {
        let names: Vec<&str> = all.iter().map(|(name, ..)| *name).collect();
        let problem = Problem::new(ProblemKind::NotFound, format!("pod {name} has no container {wanted}"));
        return Err(problem.hint(format!("it has {}", crate::model::clean(&names.join(", ")))));
    };
    runs(pod, &name, wanted)?;
    Ok(Inside {
        namespace: pod.namespace().unwrap_or_default(),
        uid: pod.uid().unwrap_or_default(),
        pod: name,
        container: wanted.to_owned(),
        image: image.to_owned(),
        program: match (tty, stdin) {
            (true, _) => Program::Terminal,
            (false, true) => Program::Input,
            (false, false) => Program::Silent,
        },
    })
}

/// The state of one of a pod's containers, of whichever sort it is.
pub(super) fn status<'a>(pod: &'a Pod, container: &str) -> Option<&'a ContainerStatus> {
    let status = pod.status.as_ref()?;
    let lists = [
        &status.container_statuses,
        &status.init_container_statuses,
        &status.ephemeral_container_statuses,
    ];
    lists
        .into_iter()
        .flat_map(|list| list.iter().flatten())
        .find(|status| status.name == container)
}

fn runs(pod: &Pod, name: &str, container: &str) -> Result<(), Problem> {
    let state = status(pod, container).and_then(|status| status.state.as_ref());
    let ContainerState {
        running,
        terminated,
        waiting,
    } = match state {
        Some(state) => state.clone(),
        None => ContainerState::default(),
    };
    if running.is_some() {
        return Ok(());
    }
    let why = match (terminated, waiting) {
        (Some(ended), _) => format!("it ended with exit code {}", ended.exit_code),
        (None, Some(waiting)) => waiting.reason.unwrap_or_else(|| "it waits".to_owned()),
        (None, None) => match pod.spec.as_ref().and_then(|spec| spec.node_name.as_ref()) {
            Some(_) => "it was not started yet".to_owned(),
            None => "the pod has no node yet".to_owned(),
        },
    };
    let problem = Problem::new(
        ProblemKind::NotFound,
        format!("container {container} of pod {name} does not run: {why}"),
    );
    Err(problem.hint("its logs (`l`, `p` for the run before) say more"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn pod(document: Value) -> Pod {
        serde_json::from_value(document).unwrap()
    }

    fn two(annotation: Option<&str>) -> Pod {
        let mut document = json!({
            "metadata": {"name": "web", "namespace": "shop", "uid": "u"},
            "spec": {"containers": [{"name": "proxy", "image": "p:1"}, {"name": "app", "image": "a:1", "stdin": true, "tty": true}],
                "initContainers": [{"name": "setup", "image": "s:1"}]},
            "status": {"containerStatuses": [{"name": "proxy", "image": "p", "imageID": "", "ready": true, "restartCount": 0, "state": {"running": {}}},
                {"name": "app", "image": "a", "imageID": "", "ready": true, "restartCount": 0, "state": {"running": {}}}],
                "initContainerStatuses": [{"name": "setup", "image": "s", "imageID": "", "ready": true, "restartCount": 0,
                    "state": {"terminated": {"exitCode": 0}}}]}});
        if let Some(name) = annotation {
            document["metadata"]["annotations"] = json!({DEFAULT: name});
        }
        pod(document)
    }

    #[test]
    fn the_container_is_the_one_named_else_the_pods_default_else_the_first() {
        let chosen = |annotation, named| choose(&two(annotation), named).unwrap();
        assert_eq!(chosen(None, None).container, "proxy");
        assert_eq!(chosen(Some("app"), None).container, "app");
        assert_eq!(chosen(Some("app"), Some("proxy")).container, "proxy");
        assert_eq!(chosen(Some("gone"), None).container, "proxy", "an annotation that names nothing");
        assert_eq!(chosen(Some("app"), None).program, Program::Terminal);
        assert_eq!(chosen(None, None).program, Program::Silent);
    }

    #[test]
    fn a_container_that_is_not_there_or_does_not_run_is_said_so() {
        let missing = choose(&two(None), Some("redis")).unwrap_err();
        assert_eq!(&*missing.text, "pod web has no container redis");
        assert_eq!(&*missing.hint, "it has proxy, app, setup");
        let ended = choose(&two(None), Some("setup")).unwrap_err();
        assert_eq!(&*ended.text, "container setup of pod web does not run: it ended with exit code 0");
        let waiting = pod(
            json!({"metadata": {"name": "web"}, "spec": {"nodeName": "n", "containers": [{"name": "app"}]},
            "status": {"containerStatuses": [{"name": "app", "image": "a", "imageID": "", "ready": false, "restartCount": 3,
                "state": {"waiting": {"reason": "CrashLoopBackOff"}}}]}}),
        );
        let waiting = choose(&waiting, None).unwrap_err();
        assert_eq!(&*waiting.text, "container app of pod web does not run: CrashLoopBackOff");
        let pending = pod(json!({"metadata": {"name": "web"}, "spec": {"containers": [{"name": "app"}]}}));
        let pending = choose(&pending, None).unwrap_err();
        assert_eq!(&*pending.text, "container app of pod web does not run: the pod has no node yet");
    }

    #[test]
    fn of_many_pods_the_one_that_serves_is_entered() {
        let one = |name: &str, phase: &str, ready: &str, created: &str, leaving: bool| {
            let mut document = json!({"metadata": {"name": name, "creationTimestamp": created},
                "status": {"phase": phase, "conditions": [{"type": "Ready", "status": ready}]}});
            if leaving {
                document["metadata"]["deletionTimestamp"] = json!("2026-01-05T00:00:00Z");
            }
            pod(document)
        };
        let pods = vec![
            one("pending", "Pending", "False", "2026-01-01T00:00:00Z", false),
            one("unready", "Running", "False", "2026-01-01T00:00:00Z", false),
            one("leaving", "Running", "True", "2026-01-01T00:00:00Z", true),
            one("young", "Running", "True", "2026-01-03T00:00:00Z", false),
            one("old", "Running", "True", "2026-01-02T00:00:00Z", false),
        ];
        assert_eq!(best(pods).unwrap().name_any(), "old");
        assert!(best(Vec::new()).is_none());
    }
}
