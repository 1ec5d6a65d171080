//! What every object carries, and the frame around one.

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::fields::{Count, Flag, List, Maybe, Pairs, Present, Text, When};
use super::managed::Managed;
use super::strings::Strings;
use crate::model::{Condition, ConditionStatus, Labels, Meta, Owner, Uid};

/// An object with a specification and a status. `F` is how much of its `managedFields` is read: nothing, unless said.
#[derive(Debug, Deserialize)]
#[serde(bound(deserialize = "'de: 'a, S: Deserialize<'de> + Default, T: Deserialize<'de> + Default, F: Deserialize<'de> + Default"))]
pub struct Item<'a, S, T, F = IgnoredAny> {
    #[serde(borrow, default)]
    pub metadata: Maybe<RawMeta<'a, F>>,
    #[serde(default)]
    pub spec: Maybe<S>,
    #[serde(default)]
    pub status: Maybe<T>,
}

/// What has metadata.
pub trait HasMeta<'a> {
    /// How much of its `managedFields` is read.
    type Managed: Managed;
    /// The metadata.
    fn meta(&self) -> &RawMeta<'a, Self::Managed>;
}

impl<'a, S, T, F: Managed> HasMeta<'a> for Item<'a, S, T, F> {
    type Managed = F;
    fn meta(&self) -> &RawMeta<'a, F> {
        &self.metadata
    }
}

/// `metadata`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a, F: Deserialize<'de> + Default"))]
pub struct RawMeta<'a, F = IgnoredAny> {
    #[serde(borrow)]
    pub name: Text<'a>,
    pub namespace: Text<'a>,
    pub uid: Text<'a>,
    pub resource_version: Text<'a>,
    pub generation: Option<i64>,
    pub creation_timestamp: When,
    pub deletion_timestamp: When,
    pub deletion_grace_period_seconds: Option<i64>,
    pub owner_references: List<RawOwner<'a>>,
    pub labels: Pairs<'a>,
    pub annotations: Maybe<Annotations<'a>>,
    pub finalizers: List<Text<'a>>,
    pub managed_fields: F,
}

/// The annotations that mean something here. All others are skipped while parsing: they may be
/// large, and those of a secret may hold its values (`last-applied-configuration`).
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Annotations<'a> {
    #[serde(borrow, rename = "deployment.kubernetes.io/revision")]
    pub revision: Text<'a>,
    #[serde(rename = "kubernetes.io/change-cause")]
    pub change_cause: Text<'a>,
    #[serde(rename = "eks.amazonaws.com/role-arn")]
    pub role: Text<'a>,
    #[serde(rename = "kubernetes.io/ingress.class")]
    pub ingress_class: Text<'a>,
    #[serde(rename = "volume.beta.kubernetes.io/storage-class")]
    pub storage_class: Text<'a>,
    /// What autoscaling/v1 has no fields for, as JSON.
    #[serde(rename = "autoscaling.alpha.kubernetes.io/metrics")]
    pub metrics: Text<'a>,
    #[serde(rename = "autoscaling.alpha.kubernetes.io/current-metrics")]
    pub current_metrics: Text<'a>,
    #[serde(rename = "autoscaling.alpha.kubernetes.io/conditions")]
    pub conditions: Text<'a>,
    /// On a bookmark: the state at the time of the request is now complete.
    #[serde(rename = "k8s.io/initial-events-end")]
    pub initial_events_end: Text<'a>,
}

/// One of `metadata.ownerReferences`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct RawOwner<'a> {
    #[serde(borrow)]
    pub api_version: Text<'a>,
    pub kind: Text<'a>,
    pub name: Text<'a>,
    pub uid: Text<'a>,
    pub controller: Flag,
}

impl<F: Managed> RawMeta<'_, F> {
    /// The metadata as the store keeps it.
    pub fn read(&self, strings: &mut Strings) -> Meta {
        let owners = &self.owner_references;
        let owner = owners.iter().find(|o| o.controller.yes()).or(owners.first());
        // The timestamp is when the grace period ends; what a person wants to know is when it began.
        let grace = self.deletion_grace_period_seconds.unwrap_or(0).clamp(0, 31_536_000);
        let deleting = self.deletion_timestamp.0;
        Meta {
            uid: self.identity(),
            namespace: strings.get(&self.namespace),
            name: self.name.clean(),
            created: self.creation_timestamp.0,
            deleting: if deleting.is_known() { deleting + -grace } else { deleting },
            owner: owner.map(|o| {
                Box::new(Owner {
                    group: o.api_version.split_once('/').map_or("", |(group, _)| group).into(),
                    kind: o.kind.clean(),
                    name: o.name.clean(),
                    uid: Uid::parse(&o.uid),
                })
            }),
            labels: self.labels.labels(),
            grace: u32::try_from(grace).unwrap_or(0),
            finalizers: self.finalizers.iter().map(|name| strings.get(name)).collect(),
            writes: self.managed_fields.writes(strings),
        }
    }
}

impl<F> RawMeta<'_, F> {
    /// The uid, or for APIs that give none, one made from the name.
    pub fn identity(&self) -> Uid {
        if self.uid.is_empty() {
            Uid::of(&format!("{}/{}", &*self.namespace, &*self.name))
        } else {
            Uid::parse(&self.uid)
        }
    }
}

/// One of `status.conditions`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct RawCondition<'a> {
    #[serde(borrow, rename = "type")]
    pub kind: Text<'a>,
    pub status: Text<'a>,
    pub reason: Text<'a>,
    pub message: Text<'a>,
    pub last_transition_time: When,
}

impl RawCondition<'_> {
    /// Whether it holds.
    pub fn holds(&self) -> bool {
        &*self.status == "True"
    }
}

/// The conditions as the store keeps them.
pub fn conditions(raw: &[RawCondition<'_>], strings: &mut Strings) -> Box<[Condition]> {
    raw.iter()
        .map(|c| Condition {
            name: strings.get(&c.kind),
            status: match &*c.status {
                "True" => ConditionStatus::True,
                "False" => ConditionStatus::False,
                _ => ConditionStatus::Unknown,
            },
            reason: strings.get(&c.reason),
            message: c.message.message(),
            since: c.last_transition_time.0,
        })
        .collect()
}

/// A label selector.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct RawSelector<'a> {
    #[serde(borrow)]
    pub match_labels: Pairs<'a>,
    pub match_expressions: List<Expression<'a>>,
}

/// One of `matchExpressions`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Expression<'a> {
    #[serde(borrow)]
    pub key: Text<'a>,
    pub operator: Text<'a>,
    pub values: List<Text<'a>>,
}

impl RawSelector<'_> {
    /// The labels that it asks for. Of the expressions only "in one value" is a label; the others
    /// narrow a selection further, and leaving them out shows a few objects more, never fewer.
    pub fn labels(&self) -> Labels {
        let single = self.match_expressions.iter().filter_map(|e| match (&*e.operator, &*e.values) {
            ("In", [value]) => Some((&*e.key, &**value)),
            _ => None,
        });
        Labels::new(self.match_labels.iter().chain(single))
    }

    /// The same to be read by a person, with every expression: a network policy that selects by an
    /// expression alone must not look as if it selected everything.
    pub fn described(&self) -> Labels {
        let expressions: Vec<_> = self
            .match_expressions
            .iter()
            .map(|e| {
                let values: Vec<_> = e.values.iter().map(|v| &**v).collect();
                let text = match (&*e.operator, values.as_slice()) {
                    ("In", [value]) => (*value).to_owned(),
                    ("In", _) => format!("({})", values.join("|")),
                    ("NotIn", _) => format!("!({})", values.join("|")),
                    ("Exists", _) => "*".to_owned(),
                    ("DoesNotExist", _) => "!*".to_owned(),
                    (other, _) => other.to_owned(),
                };
                (&*e.key, text)
            })
            .collect();
        Labels::new(self.match_labels.iter().chain(expressions.iter().map(|(k, v)| (*k, v.as_str()))))
    }
}

/// A pod template, as far as jobs show it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Template<'a> {
    #[serde(borrow)]
    pub spec: Maybe<TemplateSpec<'a>>,
}

/// The specification of a pod template.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct TemplateSpec<'a> {
    #[serde(borrow)]
    pub containers: List<TemplateContainer<'a>>,
}

/// A container of a pod template.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct TemplateContainer<'a> {
    #[serde(borrow)]
    pub image: Text<'a>,
}

impl Template<'_> {
    /// Its images, in order.
    pub fn images(&self, strings: &mut Strings) -> Box<[std::sync::Arc<str>]> {
        self.spec.containers.iter().map(|c| strings.get(&c.image)).collect()
    }
}

/// A port of a service, container or endpoint slice.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct RawPort<'a> {
    #[serde(borrow)]
    pub name: Text<'a>,
    pub protocol: Text<'a>,
    pub port: Count,
    pub container_port: Count,
    pub node_port: Count,
}

impl RawPort<'_> {
    /// `TCP`, unless it says otherwise.
    pub fn protocol(&self) -> &str {
        if self.protocol.is_empty() { "TCP" } else { &self.protocol }
    }

    /// `http:8080/TCP`, or `8080/TCP` where it has no name.
    pub fn named(&self) -> Box<str> {
        let number = self.container_port.0.or(self.port.0).unwrap_or(0);
        let text = match &*self.name {
            "" => format!("{number}/{}", self.protocol()),
            name => format!("{name}:{number}/{}", self.protocol()),
        };
        crate::model::clean(&text).into()
    }
}

/// The addresses of a load balancer.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Balanced<'a> {
    #[serde(borrow)]
    pub load_balancer: Maybe<Balancer<'a>>,
}

/// `status.loadBalancer`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Balancer<'a> {
    #[serde(borrow)]
    pub ingress: List<Address<'a>>,
}

/// One address of a load balancer.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Address<'a> {
    #[serde(borrow)]
    pub ip: Text<'a>,
    pub hostname: Text<'a>,
}

impl Balanced<'_> {
    /// Its addresses, in order.
    pub fn addresses(&self) -> Vec<Box<str>> {
        self.load_balancer
            .ingress
            .iter()
            .map(|a| a.ip.or(&a.hostname).clean())
            .filter(|a| !a.is_empty())
            .collect()
    }
}

/// A probe or another part of which only the presence matters.
pub type Set = Present;
