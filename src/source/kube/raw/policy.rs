//! Pod disruption budgets (`policy/v1beta1` up to 1.24, `policy/v1` from 1.21 on) and service accounts.

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::fields::{Count, List, Maybe, Text};
use super::managed::ManagedFields;
use super::meta::{HasMeta, Item, RawMeta, RawSelector};
use super::strings::Strings;
use crate::model::{Body, cluster};

pub type Budget<'a> = Item<'a, BudgetSpec<'a>, BudgetStatus, ManagedFields<'a>>;

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct BudgetSpec<'a> {
    #[serde(borrow)]
    pub min_available: Text<'a>,
    pub max_unavailable: Text<'a>,
    pub selector: Maybe<RawSelector<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct BudgetStatus {
    pub disruptions_allowed: Count,
    pub current_healthy: Count,
    pub desired_healthy: Count,
    pub expected_pods: Count,
}

pub fn budget(raw: &Budget<'_>, _: &mut Strings) -> Body {
    let (spec, status) = (&*raw.spec, &*raw.status);
    Body::DisruptionBudget(Box::new(cluster::DisruptionBudget {
        min_available: spec.min_available.clean(),
        max_unavailable: spec.max_unavailable.clean(),
        allowed: status.disruptions_allowed.get(),
        healthy: status.current_healthy.get(),
        desired: status.desired_healthy.get(),
        expected: status.expected_pods.get(),
        selector: spec.selector.labels(),
    }))
}

/// A service account has no `spec`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Account<'a> {
    #[serde(borrow)]
    pub metadata: Maybe<RawMeta<'a>>,
    pub secrets: List<IgnoredAny>,
    pub image_pull_secrets: List<IgnoredAny>,
}

impl<'a> HasMeta<'a> for Account<'a> {
    type Managed = IgnoredAny;
    fn meta(&self) -> &RawMeta<'a> {
        &self.metadata
    }
}

pub fn account(raw: &Account<'_>, _: &mut Strings) -> Body {
    let count = |list: &[IgnoredAny]| u16::try_from(list.len()).unwrap_or(u16::MAX);
    Body::ServiceAccount(cluster::ServiceAccount {
        secrets: count(&raw.secrets),
        image_pull_secrets: count(&raw.image_pull_secrets),
        role: raw.metadata.annotations.role.clean(),
    })
}
