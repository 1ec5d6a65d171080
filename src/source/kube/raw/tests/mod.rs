//! Every kind, in every version that a server may prefer.

mod managed;
mod pods;
mod templates;

use serde_json::{Value, json};

use super::*;
use crate::model::{ConditionStatus, Time};

fn object(known: Known, value: &Value) -> Object {
    decode(known, value.to_string().as_bytes(), &mut Strings::default())
        .unwrap()
        .unwrap()
        .object
}

fn body(known: Known, value: &Value) -> Body {
    object(known, value).body
}

#[test]
fn workloads_of_all_four_kinds() {
    let raw = json!({
        "metadata": {"name": "web", "generation": 3, "annotations": {"deployment.kubernetes.io/revision": "7"}},
        "spec": {"selector": {"matchLabels": {"app": "web"}, "matchExpressions": [{"key": "tier", "operator": "In", "values": ["a"]}, {"key": "x", "operator": "Exists"}]},
            "paused": true, "strategy": {"type": "RollingUpdate"}, "template": {"spec": {"containers": [{"image": "web:1"}, {"image": "log:2"}]}}},
        "status": {"observedGeneration": 2, "replicas": 5, "updatedReplicas": 2, "readyReplicas": 4, "availableReplicas": 3, "conditions": null},
    });
    let workload = |known, raw: &Value| match body(known, raw) {
        Body::Workload(w) => *w,
        other => panic!("{other:?}"),
    };
    let w = workload(Known::Deployment, &raw);
    assert_eq!(
        (w.kind, w.desired, w.current, w.updated, w.ready, w.available),
        (Known::Deployment, 1, 5, 2, 4, 3)
    );
    assert_eq!((w.paused, w.observed, w.revision, &*w.strategy), (true, false, 7, "RollingUpdate"));
    assert_eq!(w.selector.iter().collect::<Vec<_>>(), [("app", "web"), ("tier", "a")]);
    assert_eq!(w.images.iter().map(|i| &**i).collect::<Vec<_>>(), ["web:1", "log:2"]);
    assert_eq!(workload(Known::ReplicaSet, &raw).updated, 5);
    // Before 1.22, stateful sets do not say how many pods are available.
    let old = json!({"metadata": {"name": "db"}, "spec": {"replicas": 0, "updateStrategy": {"type": "OnDelete"}}, "status": {"replicas": 2, "readyReplicas": 2}});
    let w = workload(Known::StatefulSet, &old);
    assert_eq!((w.desired, w.available, &*w.strategy, w.observed), (0, 2, "OnDelete", true));
    let daemon = json!({"metadata": {"name": "agent"}, "spec": {"template": {"spec": {"nodeSelector": {"os": "linux"}}}},
        "status": {"desiredNumberScheduled": 3, "currentNumberScheduled": 2, "updatedNumberScheduled": 2, "numberReady": 1, "numberAvailable": 1}});
    let w = workload(Known::DaemonSet, &daemon);
    assert_eq!(
        (w.desired, w.current, w.updated, w.ready, w.available, &*w.node_selector),
        (3, 2, 2, 1, 1, "os=linux")
    );
}

#[test]
fn jobs_and_cron_jobs_of_both_versions() {
    let failed = json!({"metadata": {"name": "j"}, "spec": {"completions": 3, "template": null}, "status": {"failed": 2, "startTime": "1970-01-01T00:01:00Z",
        "conditions": [{"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded", "lastTransitionTime": "1970-01-01T00:02:00Z"}]}});
    let Body::Job(j) = body(Known::Job, &failed) else { panic!() };
    assert_eq!((j.completions, j.failed, j.started, j.finished), (Some(3), 2, Time(60), Time(120)));
    for version in ["batch/v1beta1", "batch/v1"] {
        let cron = json!({"apiVersion": version, "metadata": {"name": "c"}, "spec": {"schedule": "*/5 * * * *", "suspend": true, "timeZone": "Europe/Paris",
            "jobTemplate": {"spec": {"template": {"spec": {"containers": [{"image": "b:1"}]}}}}}, "status": {"active": [{}, {}], "lastScheduleTime": "1970-01-01T00:05:00Z"}});
        let Body::CronJob(c) = body(Known::CronJob, &cron) else { panic!() };
        assert_eq!(
            (&*c.schedule, c.suspended, c.active, c.last_scheduled, c.images.len()),
            ("*/5 * * * *", true, 2, Time(300), 1),
            "{version}"
        );
    }
}

#[test]
fn services_and_what_stands_behind_them() {
    let balanced = json!({"metadata": {"name": "s"}, "spec": {"type": "LoadBalancer", "clusterIP": "10.0.0.1", "selector": {"app": "web"}, "externalIPs": null,
        "ports": [{"port": 80, "nodePort": 30080, "protocol": "TCP", "name": "http"}, {"port": 53, "protocol": "UDP"}]}, "status": {"loadBalancer": {"ingress": [{"hostname": "lb.example"}]}}});
    let Body::Service(s) = body(Known::Service, &balanced) else {
        panic!()
    };
    assert_eq!((&*s.external, s.ports.join(" ")), ("lb.example", "80:30080/TCP 53/UDP".to_owned()));
    let named = json!({"metadata": {"name": "s"}, "spec": {"type": "ExternalName", "externalName": "db.example"}});
    let Body::Service(s) = body(Known::Service, &named) else { panic!() };
    assert_eq!((&*s.external, &*s.cluster_ip), ("db.example", ""));
    let old = json!({"metadata": {"name": "s-1", "labels": {"kubernetes.io/service-name": "s"}}, "addressType": "IPv4", "ports": [{"name": "", "port": 80, "protocol": "TCP"}],
        "endpoints": [{"addresses": ["10.1.0.1"], "conditions": {"ready": true}, "targetRef": {"kind": "Pod", "name": "p1"}, "topology": {"zone": "a"}}, {"addresses": ["10.1.0.2", "10.1.0.3"], "conditions": {"ready": false, "terminating": true}}, {"addresses": ["10.1.0.4"], "conditions": {}}]});
    let Body::EndpointSlice(e) = body(Known::EndpointSlice, &old) else {
        panic!()
    };
    assert_eq!((&*e.service, e.ports.join(","), e.endpoints.len()), ("s", "80/TCP".to_owned(), 4));
    let flags: Vec<_> = e.endpoints.iter().map(|e| (e.ready, e.terminating, &*e.target)).collect();
    assert_eq!(
        flags,
        [(true, false, "p1"), (false, true, ""), (false, true, ""), (true, false, "")]
    );
    let none = json!({"metadata": {"name": "s-2"}, "endpoints": null, "ports": null});
    assert!(matches!(body(Known::EndpointSlice, &none), Body::EndpointSlice(e) if e.endpoints.is_empty()));
}

#[test]
fn ingresses_of_all_three_versions_read_the_same() {
    let new = json!({"metadata": {"name": "i"}, "spec": {"ingressClassName": "nginx", "tls": [{}], "defaultBackend": {"resource": {"kind": "Bucket", "name": "b"}},
        "rules": [{"host": "a.example", "http": {"paths": [{"backend": {"service": {"name": "web", "port": {"number": 80}}}}, {"backend": {"service": {"name": "web", "port": {"number": 80}}}}]}}]},
        "status": {"loadBalancer": {"ingress": [{"ip": "1.2.3.4"}]}}});
    let Body::Ingress(i) = body(Known::Ingress, &new) else { panic!() };
    assert_eq!(
        (&*i.class, i.hosts.join(","), i.addresses.join(","), i.backends.join(","), i.tls),
        (
            "nginx",
            "a.example".to_owned(),
            "1.2.3.4".to_owned(),
            "web:80,Bucket/b".to_owned(),
            true
        )
    );
    let old = json!({"metadata": {"name": "i", "annotations": {"kubernetes.io/ingress.class": "alb"}}, "spec": {"backend": {"serviceName": "old", "servicePort": "http"},
        "rules": [{"http": {"paths": [{"backend": {"serviceName": "web", "servicePort": 80}}]}}]}});
    let Body::Ingress(i) = body(Known::Ingress, &old) else { panic!() };
    assert_eq!(
        (&*i.class, i.hosts.join(","), i.backends.join(","), i.tls),
        ("alb", "*".to_owned(), "web:80,old:http".to_owned(), false)
    );
}

#[test]
fn a_policy_that_selects_by_an_expression_does_not_look_as_if_it_selected_everything() {
    let raw = json!({"metadata": {"name": "p"}, "spec": {"podSelector": {"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["a", "b"]}]}, "egress": [{}, {}]}});
    let Body::NetworkPolicy(p) = body(Known::NetworkPolicy, &raw) else {
        panic!()
    };
    assert_eq!((p.pods.get("app"), &*p.types, p.rules), (Some("!(a|b)"), "Ingress,Egress", (0, 2)));
}

#[test]
fn volumes_nodes_and_small_kinds() {
    let claim = json!({"metadata": {"name": "c"}, "spec": {"accessModes": ["ReadWriteOnce", "ReadOnlyMany"], "resources": {"requests": {"storage": "1Gi"}}, "storageClassName": "gp3"}, "status": {"phase": "Pending"}});
    let Body::Claim(c) = body(Known::PersistentVolumeClaim, &claim) else {
        panic!()
    };
    assert_eq!(
        (&*c.phase, &*c.modes, c.capacity.memory(), &*c.class),
        ("Pending", "RWO,ROX", "1Gi".to_owned(), "gp3")
    );
    let volume = json!({"metadata": {"name": "v"}, "spec": {"capacity": {"storage": "2Gi"}, "claimRef": {"namespace": "solia", "name": "c"}, "persistentVolumeReclaimPolicy": "Retain"}, "status": {"phase": "Released", "reason": "r"}});
    let Body::Volume(v) = body(Known::PersistentVolume, &volume) else {
        panic!()
    };
    assert_eq!((&*v.claim, &*v.reclaim, &*v.phase), ("solia/c", "Retain", "Released"));
    let node = json!({"metadata": {"name": "n", "labels": {"node-role.kubernetes.io/worker": "", "node-role.kubernetes.io/etcd": "", "failure-domain.beta.kubernetes.io/zone": "a", "node.kubernetes.io/instance-type": "m5"}},
        "spec": {"unschedulable": true, "providerID": "aws:///a/i-0", "taints": [{"key": "k", "effect": "NoSchedule"}, {"key": "k", "value": "v", "effect": "NoExecute"}]},
        "status": {"capacity": {"cpu": "4", "memory": "8Gi", "pods": "110"}, "allocatable": {"cpu": "3900m", "memory": "7Gi", "pods": "100"}, "conditions": [{"type": "Ready", "status": "Unknown"}],
            "addresses": [{"type": "InternalIP", "address": "10.0.0.1"}], "nodeInfo": {"kubeletVersion": "v1.20.2"}}});
    let Body::Node(n) = body(Known::Node, &node) else { panic!() };
    assert_eq!(
        (&*n.roles, &*n.zone, &*n.instance_type, n.taints.join(" ")),
        ("etcd,worker", "a", "m5", "k:NoSchedule k=v:NoExecute".to_owned())
    );
    assert_eq!(
        (n.ready, n.cpu.get(), n.pods, n.unschedulable, &*n.internal_ip),
        (ConditionStatus::Unknown, Some(3900), 100, true, "10.0.0.1")
    );
    let account = json!({"metadata": {"name": "a", "annotations": {"eks.amazonaws.com/role-arn": "arn:x"}}, "secrets": [{}], "imagePullSecrets": null});
    assert!(matches!(body(Known::ServiceAccount, &account), Body::ServiceAccount(a) if a.secrets == 1 && &*a.role == "arn:x"));
    let budget = json!({"apiVersion": "policy/v1beta1", "metadata": {"name": "b"}, "spec": {"minAvailable": 2, "maxUnavailable": "50%", "selector": null}, "status": {"disruptionsAllowed": 0, "currentHealthy": 1, "desiredHealthy": 2, "expectedPods": 3}});
    let Body::DisruptionBudget(b) = body(Known::PodDisruptionBudget, &budget) else {
        panic!()
    };
    assert_eq!(
        (&*b.min_available, &*b.max_unavailable, b.healthy, b.desired, b.expected),
        ("2", "50%", 1, 2, 3)
    );
}

#[test]
fn a_node_is_silent_since_its_pods_are_being_put_out() {
    let since = |taints: Value| {
        let raw = json!({"metadata": {"name": "n"}, "spec": {"taints": taints},
            "status": {"conditions": [{"type": "Ready", "status": "Unknown", "lastTransitionTime": "1970-01-01T00:01:00Z"}]}});
        let Body::Node(n) = body(Known::Node, &raw) else { panic!() };
        n.silent_since
    };
    let taint =
        |key: &str, effect: &str, added: Value| json!({"key": format!("node.kubernetes.io/{key}"), "effect": effect, "timeAdded": added});
    let at = |seconds: u32| json!(format!("1970-01-01T00:0{}:00Z", seconds / 60));
    let table = [
        (json!(null), Time::NEVER),
        (json!([taint("unreachable", "NoSchedule", at(120))]), Time::NEVER),
        (json!([taint("memory-pressure", "NoExecute", at(120))]), Time::NEVER),
        (json!([taint("unreachable", "NoExecute", at(120))]), Time(120)),
        (
            json!([taint("unreachable", "NoExecute", at(240)), taint("not-ready", "NoExecute", at(180))]),
            Time(180),
        ),
        (json!([taint("not-ready", "NoExecute", json!(null))]), Time(60)),
    ];
    for (taints, want) in table {
        assert_eq!(since(taints.clone()), want, "{taints}");
    }
}

#[test]
fn autoscalers_of_all_versions_say_the_same() {
    let target = json!({"kind": "Deployment", "name": "web"});
    let v1 = json!({"metadata": {"name": "h", "annotations": {
            "autoscaling.alpha.kubernetes.io/metrics": json!([{"type": "Resource", "resource": {"name": "memory", "targetAverageValue": "100Mi"}}]).to_string(),
            "autoscaling.alpha.kubernetes.io/current-metrics": json!([{"type": "Resource", "resource": {"name": "cpu", "currentAverageUtilization": 7}}, {"type": "Resource", "resource": {"name": "memory", "currentAverageValue": "50Mi"}}]).to_string(),
            "autoscaling.alpha.kubernetes.io/conditions": json!([{"type": "AbleToScale", "status": "False", "reason": "FailedGetScale"}]).to_string()}},
        "spec": {"scaleTargetRef": target, "maxReplicas": 5, "targetCPUUtilizationPercentage": 80}, "status": {"currentReplicas": 2, "desiredReplicas": 3, "currentCPUUtilizationPercentage": 7}});
    let v2beta1 = json!({"metadata": {"name": "h"}, "spec": {"scaleTargetRef": target, "minReplicas": 1, "maxReplicas": 5, "metrics": [
            {"type": "Resource", "resource": {"name": "cpu", "targetAverageUtilization": 80}}, {"type": "Resource", "resource": {"name": "memory", "targetAverageValue": "100Mi"}}]},
        "status": {"currentReplicas": 2, "desiredReplicas": 3, "currentMetrics": [{"type": "Resource", "resource": {"name": "cpu", "currentAverageUtilization": 7, "currentAverageValue": "7m"}}, {"type": "Resource", "resource": {"name": "memory", "currentAverageValue": "50Mi"}}],
            "conditions": [{"type": "AbleToScale", "status": "False", "reason": "FailedGetScale"}]}});
    let v2 = json!({"metadata": {"name": "h"}, "spec": {"scaleTargetRef": target, "minReplicas": 1, "maxReplicas": 5, "metrics": [
            {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}}}, {"type": "Resource", "resource": {"name": "memory", "target": {"type": "AverageValue", "averageValue": "100Mi"}}}]},
        "status": {"currentReplicas": 2, "desiredReplicas": 3, "currentMetrics": [{"type": "Resource", "resource": {"name": "cpu", "current": {"averageUtilization": 7, "averageValue": "7m"}}}, {"type": "Resource", "resource": {"name": "memory", "current": {"averageValue": "50Mi"}}}],
            "conditions": [{"type": "AbleToScale", "status": "False", "reason": "FailedGetScale"}]}});
    for (version, raw) in [("v1", v1), ("v2beta1", v2beta1), ("v2", v2)] {
        let Body::Autoscaler(h) = body(Known::HorizontalPodAutoscaler, &raw) else {
            panic!()
        };
        assert_eq!(h.metrics.join(", "), "cpu 7%/80%, memory 50Mi/100Mi", "{version}");
        assert_eq!(
            (&*h.target, h.min, h.max, h.current, h.desired),
            ("Deployment/web", 1, 5, 2, 3),
            "{version}"
        );
        assert_eq!(
            (&*h.conditions[0].name, h.conditions[0].status),
            ("AbleToScale", ConditionStatus::False),
            "{version}"
        );
    }
    let blind = json!({"metadata": {"name": "h"}, "spec": {"scaleTargetRef": target, "maxReplicas": 5, "metrics": [
            {"type": "Resource", "resource": {"name": "cpu", "target": {"averageUtilization": 80}}},
            {"type": "Pods", "pods": {"metric": {"name": "rps"}, "target": {"averageValue": "10"}}},
            {"type": "ContainerResource", "containerResource": {"name": "cpu", "container": "app", "target": {"averageUtilization": 50}}}]},
        "status": {"currentMetrics": [{"type": "Pods", "pods": {"metric": {"name": "rps"}, "current": {"averageValue": "3"}}}, {"type": ""}]}});
    let Body::Autoscaler(h) = body(Known::HorizontalPodAutoscaler, &blind) else {
        panic!()
    };
    assert_eq!(h.metrics.join(", "), "cpu ?/80%, rps 3/10, app:cpu ?/50%");
}

#[test]
fn events_of_the_old_and_the_new_recorder() {
    let old = json!({"metadata": {"name": "e"}, "type": "Warning", "reason": "BackOff", "message": format!("Back-off\n{}", "z".repeat(4096)), "count": 12,
        "firstTimestamp": "1970-01-01T00:01:00Z", "lastTimestamp": "1970-01-01T00:10:00Z", "eventTime": null, "series": null,
        "involvedObject": {"kind": "Pod", "name": "web-1", "uid": "00000000-0000-0000-0000-000000000007", "fieldPath": "spec.containers{app}"}, "source": {"component": "kubelet", "host": "n1"}});
    let Body::Event(e) = body(Known::Event, &old) else { panic!() };
    assert_eq!((e.warning, e.count, e.first, e.last), (true, 12, Time(60), Time(600)));
    assert_eq!(
        (&*e.source, &*e.field, e.object_uid),
        ("kubelet, n1", "spec.containers{app}", crate::model::Uid(7))
    );
    assert!(e.message.starts_with("Back-off zzz") && e.message.chars().count() <= 1024);
    let new = json!({"metadata": {"name": "e"}, "type": "Normal", "reason": "Scheduled", "count": null, "firstTimestamp": null, "lastTimestamp": null, "eventTime": "1970-01-01T00:01:00.123456Z",
        "series": {"count": 3, "lastObservedTime": "1970-01-01T00:09:00.000000Z"}, "involvedObject": {"kind": "Pod", "name": "p"}, "source": {}, "reportingComponent": "default-scheduler"});
    let Body::Event(e) = body(Known::Event, &new) else { panic!() };
    assert_eq!(
        (e.warning, e.count, e.first, e.last, &*e.source),
        (false, 3, Time(60), Time(540), "default-scheduler")
    );
}

#[test]
fn every_kind_reads_an_object_with_nothing_in_it_and_refuses_one_without_a_name() {
    let mut strings = Strings::default();
    for info in &crate::model::KNOWN {
        let bare =
            json!({"metadata": {"name": "x", "labels": null, "annotations": null, "ownerReferences": null}, "spec": null, "status": null});
        let Some(read) = decode(info.known, bare.to_string().as_bytes(), &mut strings) else {
            continue;
        };
        assert_eq!(read.unwrap().object.body.known(), Some(info.known));
        let typed = json!({"kind": info.name, "metadata": {"name": "x", "creationTimestamp": "yesterday"}});
        assert_eq!(
            decode(info.known, typed.to_string().as_bytes(), &mut strings)
                .unwrap()
                .unwrap()
                .object
                .meta
                .created,
            Time::NEVER
        );
        assert!(decode(info.known, b"{\"metadata\":{}}", &mut strings).unwrap().is_err());
        assert!(decode(info.known, b"[]", &mut strings).unwrap().is_err());
    }
}
