//! Storage classes, and the claims of the stateful sets with their volumes.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::builder::{Seeder, days};
use super::names::digits;

/// The claim template of a stateful set.
pub(super) fn claim_template(name: &str, size: &str) -> Value {
    json!([{
        "kind": "PersistentVolumeClaim", "apiVersion": "v1", "metadata": {"name": name},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": size}}, "storageClassName": "gp3", "volumeMode": "Filesystem"},
        "status": {"phase": "Pending"},
    }])
}

impl Seeder<'_> {
    /// Puts the classes.
    pub fn storage_classes(&mut self) {
        let created = self.ago(days(214, 70));
        for (name, provisioner, parameters, default) in [
            ("gp2", "kubernetes.io/aws-ebs", json!({"fsType": "ext4", "type": "gp2"}), "false"),
            (
                "gp3",
                "ebs.csi.aws.com",
                json!({"csi.storage.k8s.io/fstype": "ext4", "encrypted": "true", "type": "gp3"}),
                "true",
            ),
        ] {
            self.put(
                "storageclasses",
                created,
                json!({
                    "metadata": {"name": name, "annotations": {"storageclass.kubernetes.io/is-default-class": default}},
                    "provisioner": provisioner, "parameters": parameters, "reclaimPolicy": "Delete",
                    "volumeBindingMode": "WaitForFirstConsumer", "allowVolumeExpansion": name == "gp3",
                }),
            );
        }
    }

    /// Puts the claim of a stateful set's first pod, and the volume that it is bound to.
    pub fn volume(&mut self, namespace: &str, set: &str, claim: &str, size: &str, zone: &str, created: Timestamp) {
        let uid = self.uid();
        let name = format!("{claim}-{set}-0");
        let volume = format!("pvc-{uid}");
        let node = self.rooms.iter().find(|room| room.zone == zone).map(|room| room.name.clone());
        let spec = json!({
            "accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": size}}, "storageClassName": "gp3",
            "volumeMode": "Filesystem", "volumeName": volume,
        });
        self.put(
            "persistentvolumeclaims",
            created,
            json!({
                "metadata": {
                    "name": name, "namespace": namespace, "uid": uid, "finalizers": ["kubernetes.io/pvc-protection"],
                    "labels": {"app.kubernetes.io/name": set},
                    "annotations": {
                        "pv.kubernetes.io/bind-completed": "yes", "pv.kubernetes.io/bound-by-controller": "yes",
                        "volume.beta.kubernetes.io/storage-provisioner": "ebs.csi.aws.com",
                        "volume.kubernetes.io/selected-node": node, "volume.kubernetes.io/storage-provisioner": "ebs.csi.aws.com",
                    },
                },
                "spec": spec, "status": {"phase": "Bound", "accessModes": ["ReadWriteOnce"], "capacity": {"storage": size}},
            }),
        );
        self.put(
            "persistentvolumes",
            created,
            json!({
                "metadata": {
                    "name": volume, "finalizers": ["external-provisioner.volume.kubernetes.io/finalizer", "kubernetes.io/pv-protection"],
                    "annotations": {"pv.kubernetes.io/provisioned-by": "ebs.csi.aws.com"},
                },
                "spec": {
                    "accessModes": ["ReadWriteOnce"], "capacity": {"storage": size}, "persistentVolumeReclaimPolicy": "Delete",
                    "storageClassName": "gp3", "volumeMode": "Filesystem",
                    "claimRef": {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "namespace": namespace, "name": name, "uid": uid},
                    "csi": {"driver": "ebs.csi.aws.com", "fsType": "ext4", "volumeHandle": format!("vol-0{}", digits(&volume, 16))},
                    "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [
                        {"key": "topology.kubernetes.io/zone", "operator": "In", "values": [zone]}]}]}},
                },
                "status": {"phase": "Bound"},
            }),
        );
    }
}
