//! Roles and who has them. (What the two identities of the kubeconfig may do is decided by the API's face.)

use serde_json::{Value, json};

use super::builder::{Seeder, days};

fn rule(groups: &[&str], resources: &[&str], verbs: &[&str]) -> Value {
    json!({"apiGroups": groups, "resources": resources, "verbs": verbs})
}

const READ: &[&str] = &["get", "list", "watch"];
const ALL: &[&str] = &["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];
const CORE: &[&str] = &[
    "configmaps",
    "endpoints",
    "events",
    "persistentvolumeclaims",
    "pods",
    "pods/log",
    "serviceaccounts",
    "services",
    "namespaces",
    "nodes",
];

impl Seeder<'_> {
    /// Puts roles and bindings.
    pub fn roles(&mut self) {
        let created = self.ago(days(214, 20));
        let workloads = ["apps", "autoscaling", "batch", "networking.k8s.io", "policy"];
        let everything = json!([{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}, {"nonResourceURLs": ["*"], "verbs": ["*"]}]);
        let view = json!([
            rule(&[""], CORE, READ),
            rule(&workloads, &["*"], READ),
            rule(&["metrics.k8s.io"], &["*"], READ)
        ]);
        let edit = json!([
            rule(&[""], CORE, ALL),
            rule(&workloads, &["*"], ALL),
            rule(&[""], &["pods/exec", "pods/portforward"], &["create"])
        ]);
        let exporter = json!([
            rule(&[""], &["nodes", "nodes/metrics", "services", "endpoints", "pods"], READ),
            json!({"nonResourceURLs": ["/metrics"], "verbs": ["get"]})
        ]);
        let scaler = json!([rule(&[""], &["nodes", "pods"], READ), rule(&[""], &["pods/eviction"], &["create"])]);
        for (name, rules) in [
            ("cluster-admin", everything),
            ("view", view.clone()),
            ("edit", edit.clone()),
            ("admin", edit),
            ("oncall-readonly", view),
            ("prometheus", exporter),
            ("cluster-autoscaler", scaler),
        ] {
            let mut meta = json!({"name": name});
            if matches!(name, "cluster-admin" | "view" | "edit" | "admin") {
                meta["labels"] = json!({"kubernetes.io/bootstrapping": "rbac-defaults"});
                meta["annotations"] = json!({"rbac.authorization.kubernetes.io/autoupdate": "true"});
            }
            self.put("clusterroles", created, json!({"metadata": meta, "rules": rules}));
        }
        let group = |name: &str| json!([{"kind": "Group", "apiGroup": "rbac.authorization.k8s.io", "name": name}]);
        let account = |namespace: &str, name: &str| json!([{"kind": "ServiceAccount", "namespace": namespace, "name": name}]);
        for (name, role, subjects) in [
            ("cluster-admin", "cluster-admin", group("system:masters")),
            ("devops", "cluster-admin", group("solia:devops")),
            ("oncall-readonly", "oncall-readonly", group("solia:oncall")),
            ("prometheus", "prometheus", account("monitoring", "prometheus")),
            (
                "cluster-autoscaler",
                "cluster-autoscaler",
                account("kube-system", "cluster-autoscaler"),
            ),
        ] {
            self.put(
                "clusterrolebindings",
                created,
                json!({"metadata": {"name": name}, "roleRef": role_ref("ClusterRole", role), "subjects": subjects}),
            );
        }
        self.put(
            "roles",
            created,
            json!({"metadata": {"name": "deployer", "namespace": "default"},
                "rules": [rule(&["apps"], &["deployments"], &["get", "list", "patch", "update", "watch"]), rule(&["batch"], &["jobs"], ALL)]}),
        );
        self.put(
            "rolebindings",
            created,
            json!({"metadata": {"name": "github-actions", "namespace": "default"}, "roleRef": role_ref("Role", "deployer"),
                "subjects": [{"kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": "github-actions"}]}),
        );
    }
}

fn role_ref(kind: &str, name: &str) -> Value {
    json!({"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": name})
}
