//! Nodes as EKS has them, with their leases.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::Environment;
use super::builder::{Room, Seeder, days};
use super::names::digits;
use crate::sim::store::{micros, seconds};

/// What a machine type offers to pods: thousandths of a core, KiB of memory, pods; and what it has in all.
struct Machine {
    name: &'static str,
    allocatable: (i64, i64),
    memory: i64,
    pods: u32,
}

const LARGE: Machine = Machine {
    name: "m6i.large",
    allocatable: (1930, 7_433_232),
    memory: 8_123_920,
    pods: 29,
};
const MEDIUM: Machine = Machine {
    name: "t3.medium",
    allocatable: (1930, 3_388_364),
    memory: 3_943_372,
    pods: 17,
};

/// Last two numbers of the address, zone, days of age. The third number's subnet belongs to the zone.
type Place = (&'static str, &'static str, i64);

const PRODUCTION: [Place; 6] = [
    ("12.34", "eu-west-3a", 34),
    ("12.187", "eu-west-3a", 34),
    ("48.71", "eu-west-3b", 34),
    ("48.206", "eu-west-3b", 20),
    ("96.15", "eu-west-3c", 34),
    ("96.143", "eu-west-3c", 12),
];
const STAGING: [Place; 3] = [
    ("12.58", "eu-west-3a", 41),
    ("48.112", "eu-west-3b", 41),
    ("96.229", "eu-west-3c", 17),
];
const DEVELOPMENT: [Place; 2] = [("12.19", "eu-west-3a", 55), ("48.83", "eu-west-3b", 55)];

impl Seeder<'_> {
    /// Puts the nodes; returns when each of them joined.
    pub fn nodes(&mut self) -> Vec<Timestamp> {
        // Each environment has a network of its own.
        let (net, machine, places): (u8, _, &[Place]) = match self.environment {
            Environment::Production => (0, LARGE, &PRODUCTION),
            Environment::Staging => (1, LARGE, &STAGING),
            Environment::Development => (2, MEDIUM, &DEVELOPMENT),
        };
        let mut births = Vec::new();
        for (i, (place, zone, age)) in places.iter().enumerate() {
            let ip = format!("10.{net}.{place}");
            let name = format!("ip-{}.eu-west-3.compute.internal", ip.replace('.', "-"));
            let minutes = i64::try_from(i).unwrap_or(0) * 17 + 211;
            let born = self.ago(days(*age, minutes));
            self.node(&machine, &name, &ip, zone, born);
            let (cpu, kib) = machine.allocatable;
            self.rooms.push(Room::new(name, ip, zone, cpu, kib / 1024));
            births.push(born);
        }
        births
    }

    fn node(&mut self, machine: &Machine, name: &str, ip: &str, zone: &str, born: Timestamp) {
        let group = format!("solia-{}-general", self.environment.short());
        let instance = format!("i-0{}", digits(name, 16));
        let (cpu, memory) = machine.allocatable;
        let stored = self.put(
            "nodes",
            born,
            json!({
                "metadata": {
                    "name": name,
                    "annotations": {
                        "alpha.kubernetes.io/provided-node-ip": ip,
                        "csi.volume.kubernetes.io/nodeid": format!("{{\"ebs.csi.aws.com\":\"{instance}\"}}"),
                        "node.alpha.kubernetes.io/ttl": "0",
                        "volumes.kubernetes.io/controller-managed-attach-detach": "true",
                    },
                    "labels": {
                        "beta.kubernetes.io/arch": "amd64", "beta.kubernetes.io/instance-type": machine.name, "beta.kubernetes.io/os": "linux",
                        "eks.amazonaws.com/capacityType": "ON_DEMAND", "eks.amazonaws.com/nodegroup": group,
                        "failure-domain.beta.kubernetes.io/region": "eu-west-3", "failure-domain.beta.kubernetes.io/zone": zone,
                        "k8s.io/cloud-provider-aws": digits("cloud-provider", 32), "kubernetes.io/arch": "amd64",
                        "kubernetes.io/hostname": name, "kubernetes.io/os": "linux", "node.kubernetes.io/instance-type": machine.name,
                        "topology.ebs.csi.aws.com/zone": zone, "topology.kubernetes.io/region": "eu-west-3",
                        "topology.kubernetes.io/zone": zone,
                    },
                },
                "spec": {"providerID": format!("aws:///{zone}/{instance}")},
                "status": {
                    "addresses": [
                        {"type": "InternalIP", "address": ip}, {"type": "InternalDNS", "address": name}, {"type": "Hostname", "address": name},
                    ],
                    "capacity": {
                        "cpu": "2", "ephemeral-storage": "83873772Ki", "hugepages-1Gi": "0", "hugepages-2Mi": "0",
                        "memory": format!("{}Ki", machine.memory), "pods": machine.pods.to_string(),
                    },
                    "allocatable": {
                        "cpu": format!("{cpu}m"), "ephemeral-storage": "76224326324", "hugepages-1Gi": "0", "hugepages-2Mi": "0",
                        "memory": format!("{memory}Ki"), "pods": machine.pods.to_string(),
                    },
                    "conditions": self.node_conditions(born),
                    "daemonEndpoints": {"kubeletEndpoint": {"Port": 10250}},
                    "nodeInfo": {
                        "architecture": "amd64", "bootID": boot(name, "boot"), "containerRuntimeVersion": "containerd://2.1.5",
                        "kernelVersion": "6.12.46-66.121.amzn2023.x86_64", "kubeProxyVersion": "", "kubeletVersion": "v1.36.1-eks-3abbec1",
                        "machineID": digits(name, 32), "operatingSystem": "linux", "osImage": "Amazon Linux 2023.9.20260914",
                        "systemUUID": boot(name, "system"),
                    },
                },
            }),
        );
        let renewed = self.world.now() - SignedDuration::from_millis(i64::try_from(super::names::hash(name) % 9000).unwrap_or(0));
        self.put(
            "leases",
            born,
            json!({
                "metadata": {"name": name, "namespace": "kube-node-lease",
                    "ownerReferences": [{"apiVersion": "v1", "kind": "Node", "name": name, "uid": &*stored.uid}]},
                "spec": {"holderIdentity": name, "leaseDurationSeconds": 40, "renewTime": micros(renewed)},
            }),
        );
    }

    fn node_conditions(&self, born: Timestamp) -> Value {
        let heartbeat = seconds(self.world.now() - SignedDuration::from_secs(97));
        let born_text = seconds(born);
        let ready = seconds(born + SignedDuration::from_secs(21));
        let condition = |kind: &str, status: &str, reason: &str, message: &str, since: &str| {
            json!({"type": kind, "status": status, "reason": reason, "message": message,
                "lastHeartbeatTime": heartbeat, "lastTransitionTime": since})
        };
        json!([
            condition(
                "MemoryPressure",
                "False",
                "KubeletHasSufficientMemory",
                "kubelet has sufficient memory available",
                &born_text
            ),
            condition(
                "DiskPressure",
                "False",
                "KubeletHasNoDiskPressure",
                "kubelet has no disk pressure",
                &born_text
            ),
            condition(
                "PIDPressure",
                "False",
                "KubeletHasSufficientPID",
                "kubelet has sufficient PID available",
                &born_text
            ),
            condition("Ready", "True", "KubeletReady", "kubelet is posting ready status", &ready),
        ])
    }
}

/// An identifier in the form of a uid that follows from the node's name.
fn boot(node: &str, what: &str) -> String {
    let d = digits(&format!("{node}/{what}"), 32);
    let part = |from: usize, to: usize| d.get(from..to).unwrap_or_default();
    format!("{}-{}-{}-{}-{}", part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32))
}
