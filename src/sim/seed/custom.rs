//! Kinds that the cluster's own parts bring along, with objects of them.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::builder::{Seeder, days};
use super::names::digits;
use crate::sim::store::seconds;

/// A custom kind.
struct Definition {
    group: &'static str,
    version: &'static str,
    kind: &'static str,
    plural: &'static str,
    short: &'static [&'static str],
    /// Columns of a table: name, type, path.
    columns: &'static [(&'static str, &'static str, &'static str)],
}

const DEFINITIONS: [Definition; 2] = [
    Definition {
        group: "elbv2.k8s.aws",
        version: "v1beta1",
        kind: "TargetGroupBinding",
        plural: "targetgroupbindings",
        short: &[],
        columns: &[
            ("SERVICE-NAME", "string", ".spec.serviceRef.name"),
            ("SERVICE-PORT", "string", ".spec.serviceRef.port"),
            ("TARGET-TYPE", "string", ".spec.targetType"),
            ("AGE", "date", ".metadata.creationTimestamp"),
        ],
    },
    Definition {
        group: "external-secrets.io",
        version: "v1",
        kind: "ExternalSecret",
        plural: "externalsecrets",
        short: &["es"],
        columns: &[
            ("Store", "string", ".spec.secretStoreRef.name"),
            ("Refresh Interval", "string", ".spec.refreshInterval"),
            ("Status", "string", ".status.conditions[?(@.type==\"Ready\")].reason"),
            ("Ready", "string", ".status.conditions[?(@.type==\"Ready\")].status"),
        ],
    },
];

impl Seeder<'_> {
    /// Puts the definitions and their objects.
    pub fn custom(&mut self) {
        let created = self.ago(days(201, 70));
        for definition in &DEFINITIONS {
            self.definition(definition, created);
        }
        let short = self.environment.short();
        for (service, port) in [("backend", 4000), ("frontend", 3000)] {
            self.put(
                "targetgroupbindings.elbv2.k8s.aws",
                created,
                json!({
                    "metadata": {
                        "name": format!("k8s-default-{service}-{}", digits(&format!("{short}{service}"), 10)), "namespace": "default",
                        "generation": 1, "finalizers": ["elbv2.k8s.aws/resources"],
                        "labels": {"ingress.k8s.aws/stack": "solia"},
                    },
                    "spec": {
                        "ipAddressType": "ipv4", "serviceRef": {"name": service, "port": "http"}, "targetType": "ip",
                        "targetGroupARN": format!("arn:aws:elasticloadbalancing:eu-west-3:123456789012:targetgroup/k8s-default-{service}/{}", digits(service, 16)),
                        "networking": {"ingress": [{"from": [{"ipBlock": {"cidr": "10.0.0.0/8"}}], "ports": [{"port": port, "protocol": "TCP"}]}]},
                    },
                    "status": {"observedGeneration": 1},
                }),
            );
        }
        self.external_secret(
            "backend-secrets",
            &["DATABASE_URL", "JWT_SECRET", "REDIS_URL", "STRIPE_KEY"],
            created,
        );
    }

    fn external_secret(&mut self, name: &str, keys: &[&str], created: Timestamp) {
        let remote = format!("solia/{}/{name}", self.environment.name());
        let data: Vec<Value> = keys
            .iter()
            .map(|key| json!({"secretKey": key, "remoteRef": {"key": remote, "property": key, "conversionStrategy": "Default"}}))
            .collect();
        let refreshed = seconds(self.ago(super::builder::minutes(23)));
        self.put(
            "externalsecrets.external-secrets.io",
            created,
            json!({
                "metadata": {"name": name, "namespace": "default", "generation": 1},
                "spec": {
                    "data": data, "refreshInterval": "1h0m0s", "secretStoreRef": {"kind": "ClusterSecretStore", "name": "aws-secrets-manager"},
                    "target": {"creationPolicy": "Owner", "deletionPolicy": "Retain", "name": name},
                },
                "status": {
                    "binding": {"name": name}, "refreshTime": refreshed,
                    "conditions": [{"type": "Ready", "status": "True", "reason": "SecretSynced", "message": "secret synced",
                        "lastTransitionTime": seconds(created)}],
                },
            }),
        );
    }

    fn definition(&mut self, of: &Definition, created: Timestamp) {
        let columns: Vec<Value> = of
            .columns
            .iter()
            .map(|(name, kind, path)| json!({"name": name, "type": kind, "jsonPath": path}))
            .collect();
        let names = json!({
            "kind": of.kind, "listKind": format!("{}List", of.kind), "plural": of.plural, "singular": of.kind.to_lowercase(),
            "shortNames": of.short,
        });
        let anything = json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true});
        let condition = |kind: &str, reason: &str, message: &str| json!({"type": kind, "status": "True", "reason": reason, "message": message, "lastTransitionTime": seconds(created)});
        self.put(
            "customresourcedefinitions",
            created,
            json!({
                "metadata": {"name": format!("{}.{}", of.plural, of.group), "generation": 1},
                "spec": {
                    "group": of.group, "names": names, "scope": "Namespaced", "conversion": {"strategy": "None"},
                    "versions": [{
                        "name": of.version, "served": true, "storage": true, "subresources": {"status": {}},
                        "additionalPrinterColumns": columns,
                        "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": anything, "status": anything}}},
                    }],
                },
                "status": {
                    "acceptedNames": names, "storedVersions": [of.version],
                    "conditions": [
                        condition("NamesAccepted", "NoConflicts", "no conflicts found"),
                        condition("Established", "InitialNamesAccepted", "the initial names have been accepted"),
                    ],
                },
            }),
        );
    }
}
