//! What becomes of each pod on a node that is drained, by kubectl's own rules.

use serde_json::Value;

use super::crowd::{controller, is_over};
use crate::action::Drain;

/// What becomes of a pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    Goes,
    Stays(Stay),
    /// Nothing is drained while it is there: for each of these a flag is missing.
    Blocks(Vec<Hurdle>),
}

/// Why a pod stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stay {
    /// Its daemon set would put it back: it does not mind a cordon.
    DaemonSet,
    /// The kubelet runs it from a file of its own; the server only mirrors it.
    Mirror,
}

/// What is in the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Hurdle {
    DaemonSet,
    EmptyDir,
    Alone,
}

impl Hurdle {
    pub const ALL: [Self; 3] = [Self::DaemonSet, Self::EmptyDir, Self::Alone];

    /// The flag that allows it.
    pub fn flag(self) -> &'static str {
        match self {
            Self::DaemonSet => "--ignore-daemonsets",
            Self::EmptyDir => "--delete-emptydir-data",
            Self::Alone => "--force",
        }
    }

    /// What it is about one pod, and about several.
    pub fn said(self, many: bool) -> &'static str {
        match (self, many) {
            (Self::DaemonSet, false) => "belongs to a daemon set",
            (Self::DaemonSet, true) => "belong to daemon sets",
            (Self::EmptyDir, false) => "keeps data in an emptyDir, which would be lost",
            (Self::EmptyDir, true) => "keep data in an emptyDir, which would be lost",
            (Self::Alone, false) => "has no controller that would make it anew",
            (Self::Alone, true) => "have no controller that would make them anew",
        }
    }

    /// The same drain with its flag.
    pub fn allowed(self, drain: &mut Drain) {
        match self {
            Self::DaemonSet => drain.ignore_daemonsets = true,
            Self::EmptyDir => drain.delete_emptydir_data = true,
            Self::Alone => drain.force = true,
        }
    }
}

/// Decides it. What is over may always go, and a daemon set's pod stays whatever else is true of it.
pub fn fate(pod: &Value, drain: &Drain) -> Fate {
    let owner = controller(pod);
    let over = is_over(pod);
    if pod["metadata"]["annotations"]["kubernetes.io/config.mirror"].is_string() {
        return Fate::Stays(Stay::Mirror);
    }
    if !over && owner.is_some_and(|owner| owner["kind"] == "DaemonSet") {
        return match drain.ignore_daemonsets {
            true => Fate::Stays(Stay::DaemonSet),
            false => Fate::Blocks(vec![Hurdle::DaemonSet]),
        };
    }
    let mut hurdles = Vec::new();
    if !over && keeps_data(pod) && !drain.delete_emptydir_data {
        hurdles.push(Hurdle::EmptyDir);
    }
    if !over && owner.is_none() && !drain.force {
        hurdles.push(Hurdle::Alone);
    }
    match hurdles.is_empty() {
        true => Fate::Goes,
        false => Fate::Blocks(hurdles),
    }
}

/// Whether a volume of it lives and dies with it.
pub fn keeps_data(pod: &Value) -> bool {
    let volumes = pod["spec"]["volumes"].as_array();
    volumes.is_some_and(|all| all.iter().any(|volume| volume.get("emptyDir").is_some()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::action::Verb;
    use crate::action::kubectl::parse;

    fn drain(flags: &str) -> Drain {
        match parse(&format!("kubectl drain worker-1 {flags}")).unwrap().verb {
            Verb::Drain(drain) => drain,
            other => panic!("{other:?}"),
        }
    }

    fn pod(kind: &str) -> Value {
        let owners = match kind {
            "" => json!([]),
            kind => json!([{"kind": kind, "name": "x", "controller": true}]),
        };
        json!({"metadata": {"name": "p", "ownerReferences": owners}, "spec": {}, "status": {"phase": "Running"}})
    }

    fn with(mut pod: Value, path: &str, value: Value) -> Value {
        let (parent, key) = path.rsplit_once('/').unwrap();
        pod.pointer_mut(parent).unwrap()[key] = value;
        pod
    }

    #[test]
    fn pods_go_stay_or_stand_in_the_way_as_kubectl_has_it() {
        use Hurdle::{Alone, DaemonSet, EmptyDir};
        let data = |pod| with(pod, "/spec/volumes", json!([{"name": "a", "emptyDir": {}}]));
        let over = |pod| with(pod, "/status/phase", json!("Succeeded"));
        let mirror = |pod| with(pod, "/metadata/annotations", json!({"kubernetes.io/config.mirror": "x"}));
        let blocks = |hurdles: &[Hurdle]| Fate::Blocks(hurdles.to_vec());
        let all = "--force --ignore-daemonsets --delete-emptydir-data";
        for (name, pod, flags, expected) in [
            ("replicated", pod("ReplicaSet"), "", Fate::Goes),
            ("of a stateful set", pod("StatefulSet"), "", Fate::Goes),
            ("of a job", pod("Job"), "", Fate::Goes),
            ("alone", pod(""), "", blocks(&[Alone])),
            ("alone, forced", pod(""), "--force", Fate::Goes),
            ("alone and over", over(pod("")), "", Fate::Goes),
            ("daemon", pod("DaemonSet"), "", blocks(&[DaemonSet])),
            (
                "daemon, ignored",
                pod("DaemonSet"),
                "--ignore-daemonsets",
                Fate::Stays(Stay::DaemonSet),
            ),
            ("daemon, all flags", pod("DaemonSet"), all, Fate::Stays(Stay::DaemonSet)),
            (
                "daemon with data",
                data(pod("DaemonSet")),
                "--ignore-daemonsets",
                Fate::Stays(Stay::DaemonSet),
            ),
            ("mirror", mirror(pod("Node")), "", Fate::Stays(Stay::Mirror)),
            ("mirror, all flags", mirror(pod("Node")), all, Fate::Stays(Stay::Mirror)),
            ("data", data(pod("ReplicaSet")), "", blocks(&[EmptyDir])),
            ("data, allowed", data(pod("ReplicaSet")), "--delete-emptydir-data", Fate::Goes),
            ("data and over", over(data(pod("ReplicaSet"))), "", Fate::Goes),
            ("data, alone", data(pod("")), "", blocks(&[EmptyDir, Alone])),
            ("data, alone, forced", data(pod("")), "--force", blocks(&[EmptyDir])),
        ] {
            assert_eq!(fate(&pod, &drain(flags)), expected, "{name} {flags}");
        }
    }

    #[test]
    fn the_flag_of_each_hurdle_takes_it_away() {
        for hurdle in Hurdle::ALL {
            let mut drain = drain("");
            hurdle.allowed(&mut drain);
            let line = crate::action::Action {
                place: crate::action::Place::default(),
                verb: Verb::Drain(drain),
            };
            assert!(line.to_string().contains(hurdle.flag()), "{line}");
        }
    }
}
