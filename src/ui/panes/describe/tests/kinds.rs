//! The kinds that have little to tell, each as one sample: as servers send them, old and new.

use super::*;

/// A document of each kind that is told in words and has no test of its own.
pub fn samples() -> Vec<(Kind, Value)> {
    let meta = |name: &str| json!({"name": name, "namespace": "solia", "uid": "u"});
    let known: Vec<(Known, Value)> = vec![
        (
            Known::Ingress,
            json!({"kind": "Ingress", "apiVersion": "networking.k8s.io/v1", "metadata": meta("web"), "spec": {
                "ingressClassName": "nginx", "defaultBackend": {"resource": {"kind": "StorageBucket", "name": "static"}},
                "tls": [{"hosts": ["a.example", "b.example"], "secretName": "tls"}, {}],
                "rules": [{"host": "a.example", "http": {"paths": [
                    {"path": "/api", "pathType": "Prefix", "backend": {"service": {"name": "backend", "port": {"number": 4000}}}},
                    {"path": "/", "pathType": "Exact", "backend": {"service": {"name": "frontend", "port": {"name": "http"}}}}]}},
                    {"http": {"paths": [{"backend": {"serviceName": "old", "servicePort": 80}}]}}]},
                "status": {"loadBalancer": {"ingress": [{"hostname": "lb.example"}, {"ip": "192.0.2.1"}]}}}),
        ),
        (
            Known::EndpointSlice,
            json!({"kind": "EndpointSlice", "apiVersion": "discovery.k8s.io/v1", "addressType": "IPv4",
                "metadata": {"name": "backend-x", "namespace": "solia", "labels": {"kubernetes.io/service-name": "backend"}},
                "endpoints": [
                    {"addresses": ["10.0.0.1"], "conditions": {"ready": true}, "targetRef": {"kind": "Pod", "name": "b-1"}, "nodeName": "node-1", "zone": "a"},
                    {"addresses": ["10.0.0.2"], "conditions": {"ready": false, "terminating": true}, "topology": {"kubernetes.io/hostname": "node-2"}},
                    {"addresses": ["10.0.0.3"]}],
                "ports": [{"name": "http", "port": 4000, "protocol": "TCP"}, {"protocol": "UDP"}]}),
        ),
        (
            Known::PersistentVolumeClaim,
            json!({"kind": "PersistentVolumeClaim", "metadata": meta("data-0"), "spec": {"accessModes": ["ReadWriteOnce"], "storageClassName": "gp3", "volumeName": "pv-1",
                "resources": {"requests": {"storage": "1Gi"}}, "dataSource": {"kind": "VolumeSnapshot", "name": "nightly"}},
                "status": {"phase": "Bound", "capacity": {"storage": "2Gi"}, "conditions": [{"type": "FileSystemResizePending", "status": "True", "message": "waits for a pod"}]}}),
        ),
        (
            Known::PersistentVolume,
            json!({"kind": "PersistentVolume", "metadata": {"name": "pv-1"}, "spec": {"accessModes": ["ReadWriteMany"], "capacity": {"storage": "1Gi"},
                "claimRef": {"namespace": "solia", "name": "data-0"}, "persistentVolumeReclaimPolicy": "Delete", "storageClassName": "",
                "csi": {"driver": "ebs.csi.aws.com", "volumeHandle": "vol-1"},
                "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [{"key": "zone", "operator": "In", "values": ["a", "b"]}]}]}}},
                "status": {"phase": "Released"}}),
        ),
        (
            Known::Namespace,
            json!({"kind": "Namespace", "metadata": {"name": "old", "deletionTimestamp": "2026-11-23T03:40:37Z"}, "spec": {"finalizers": ["kubernetes"]},
                "status": {"phase": "Terminating", "conditions": [{"type": "NamespaceContentRemaining", "status": "True", "reason": "SomeResourcesRemain",
                    "message": "Some resources are remaining: pods. has 1 resource instances", "lastTransitionTime": "2026-11-23T03:41:37Z"}]}}),
        ),
        (
            Known::HorizontalPodAutoscaler,
            json!({"kind": "HorizontalPodAutoscaler", "apiVersion": "autoscaling/v2", "metadata": meta("backend"),
                "spec": {"minReplicas": 2, "maxReplicas": 4, "scaleTargetRef": {"kind": "Deployment", "name": "backend"},
                    "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": {"averageUtilization": 80}}}],
                    "behavior": {"scaleDown": {"stabilizationWindowSeconds": 300, "policies": [{"type": "Percent", "value": 100, "periodSeconds": 15}]}}},
                "status": {"currentReplicas": 4, "desiredReplicas": 4, "lastScaleTime": "2026-11-23T03:40:37Z",
                    "currentMetrics": [{"type": "Resource", "resource": {"name": "cpu", "current": {"averageUtilization": 140}}}],
                    "conditions": [{"type": "ScalingLimited", "status": "True", "reason": "TooManyReplicas", "lastTransitionTime": "2026-11-23T03:41:37Z"}]}}),
        ),
        (
            Known::PodDisruptionBudget,
            json!({"kind": "PodDisruptionBudget", "metadata": meta("backend"), "spec": {"maxUnavailable": "50%", "selector": {"matchLabels": {"app": "backend"}}},
                "status": {"disruptionsAllowed": 0, "currentHealthy": 1, "desiredHealthy": 2, "expectedPods": 3,
                    "conditions": [{"type": "DisruptionAllowed", "status": "False", "reason": "InsufficientPods"}]}}),
        ),
        (
            Known::NetworkPolicy,
            json!({"kind": "NetworkPolicy", "metadata": meta("backend"), "spec": {"podSelector": {}, "policyTypes": ["Ingress", "Egress"],
                "ingress": [{"from": [{"podSelector": {"matchLabels": {"app": "web"}}}, {"namespaceSelector": {"matchLabels": {"team": "ops"}}, "podSelector": {}},
                    {"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.1.0.0/16"]}}], "ports": [{"port": 4000, "endPort": 4010}, {"port": "dns", "protocol": "UDP"}]}, {}],
                "egress": []}}),
        ),
        (
            Known::ServiceAccount,
            json!({"kind": "ServiceAccount", "metadata": meta("backend"), "imagePullSecrets": [{"name": "registry"}], "automountServiceAccountToken": false}),
        ),
        (
            Known::Event,
            json!({"kind": "Event", "apiVersion": "v1", "metadata": meta("b.17"), "type": "Warning", "reason": "BackOff", "message": "Back-off restarting failed container",
                "count": 12, "firstTimestamp": "2026-11-23T03:40:37Z", "lastTimestamp": "2026-11-23T04:00:37Z", "eventTime": null,
                "involvedObject": {"kind": "Pod", "namespace": "solia", "name": "b", "fieldPath": "spec.containers{app}"}, "source": {"component": "kubelet", "host": "node-1"}}),
        ),
        (
            Known::Job,
            json!({"kind": "Job", "metadata": meta("migrate"), "spec": {"completions": 3, "parallelism": 1, "backoffLimit": 1, "completionMode": "Indexed", "activeDeadlineSeconds": 90, "suspend": true},
                "status": {"active": 0, "succeeded": 1, "failed": 2, "completedIndexes": "0", "startTime": "2026-11-23T03:40:37Z",
                    "conditions": [{"type": "Failed", "status": "True", "reason": "DeadlineExceeded"}]}}),
        ),
    ];
    let others = [
        (
            ("", "resourcequotas"),
            json!({"kind": "ResourceQuota", "metadata": meta("quota"), "spec": {"hard": {"pods": "50"}, "scopes": ["NotTerminating"]},
                "status": {"hard": {"pods": "20", "requests.memory": "1Gi", "secrets": "10"}, "used": {"pods": "20", "requests.memory": "512Mi"}}}),
        ),
        (
            ("", "limitranges"),
            json!({"kind": "LimitRange", "metadata": meta("limits"), "spec": {"limits": [{"type": "Container", "default": {"memory": "256Mi"}, "defaultRequest": {"memory": "64Mi", "cpu": "10m"}, "max": {"cpu": "2"}}]}}),
        ),
        (
            ("storage.k8s.io", "storageclasses"),
            json!({"kind": "StorageClass", "metadata": {"name": "gp3", "annotations": {"storageclass.kubernetes.io/is-default-class": "true"}}, "provisioner": "ebs.csi.aws.com",
                "parameters": {"type": "gp3"}, "reclaimPolicy": "Delete", "volumeBindingMode": "WaitForFirstConsumer", "allowVolumeExpansion": true,
                "allowedTopologies": [{"matchLabelExpressions": [{"key": "zone", "values": ["a"]}]}]}),
        ),
    ];
    known
        .into_iter()
        .map(|(known, document)| (Kind::Known(known), document))
        .chain(others.map(|((group, resource), document)| (Kind::of(group, resource), document)))
        .collect()
}

#[test]
fn every_kind_that_is_told_in_words() {
    let pages: Vec<String> = samples()
        .iter()
        .map(|(kind, document)| {
            let text = of(kind, document, &[]);
            text.replace("\n\nEvents\n  none (the server forgets them after an hour or so)", "")
        })
        .collect();
    insta::assert_snapshot!(pages.join("\n\n=====\n\n"));
}
