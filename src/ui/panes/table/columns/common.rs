//! What the tables share: the columns that all have, and how a share of something is coloured.

use std::borrow::Cow;

use super::Column;
use crate::model::{Health, Object, Quantity};
use crate::ui::panes::table::{Row, Value};
use crate::ui::theme::Role;

/// The value of a cell that needs one body: `cell!(Pod(pod) => Value::text(&pod.node))`.
macro_rules! cell {
    ($body:ident($x:ident) => $value:expr) => {
        |row| match row.body() {
            Some(crate::model::Body::$body($x)) => $value,
            _ => crate::ui::panes::table::Value::None,
        }
    };
}
pub(super) use cell;

/// The first column of kinds that live in namespaces; a view of one namespace leaves it out.
pub(super) const NAMESPACE: Column = Column::text("NAMESPACE", 24, |row| Value::text(row.namespace())).keep(1).muted();

pub(super) const NAME: Column = Column::text("NAME", 63, |row| Value::text(row.name()))
    .keep(0)
    .flex(14)
    .role(name_role);

pub(super) const AGE: Column = Column::age("AGE", |row| row.of().map_or(Value::None, |o| Value::Age(o.meta.created))).keep(0);

pub(super) const OWNER: Column = Column::text("OWNER", 40, |row| row.of().map_or(Value::None, owner)).muted();

fn owner(object: &Object) -> Value<'_> {
    object.meta.owner.as_ref().map_or(Value::None, |o| Value::text(&o.name))
}

/// What is being deleted or has finished steps back; what is broken is seen in the name too.
fn name_role(row: &Row<'_>) -> Role {
    match row.health() {
        Health::Bad => Role::Bad,
        Health::Done => Role::Muted,
        _ if row.of().is_some_and(|o| o.meta.deleting.is_known()) => Role::Muted,
        _ => Role::Text,
    }
}

/// A word for objects whose deletion has been asked for, before anything else that they say.
pub(super) fn unless_deleting<'a>(row: &Row<'a>, otherwise: Value<'a>) -> Value<'a> {
    match row.of() {
        Some(o) if o.meta.deleting.is_known() => Value::text("Terminating"),
        _ => otherwise,
    }
}

/// The colour of a share of what cannot be exceeded: a limit, a node.
pub(super) fn share_role(percent: Option<u32>) -> Role {
    match percent {
        Some(90..) => Role::Bad,
        Some(75..) => Role::Warning,
        _ => Role::Muted,
    }
}

/// The colour of a share of what was asked for. Using it all is what it is for; more than that is
/// borrowed, and the first to be taken back.
pub(super) fn request_role(percent: Option<u32>) -> Role {
    match percent {
        Some(101..) => Role::Warning,
        _ => Role::Muted,
    }
}

/// The percentage in a cell.
pub(super) fn percent(value: &Value<'_>) -> Option<u32> {
    match value {
        Value::Percent(p) => *p,
        _ => None,
    }
}

/// A share of an amount, where there is usage at all.
pub(super) fn share<'a>(used: Option<Quantity>, of: Quantity) -> Value<'a> {
    match used {
        Some(used) if used.get().is_some() => Value::Percent(used.percent_of(of)),
        _ => Value::None,
    }
}

/// Coloured like the row where something is missing, calm otherwise.
pub(super) fn ratio_role(value: &Value<'_>, row: &Row<'_>) -> Role {
    match value {
        Value::Ratio { have, want } if have < want => row.role(),
        _ => Role::Text,
    }
}

/// `so many` of something that is best at zero.
pub(super) fn fault_count_role(count: u32) -> Role {
    if count > 0 { Role::Warning } else { Role::Muted }
}

/// An image without its registry and path, and with a short digest: what tells versions apart.
pub(super) fn short_image(image: &str) -> Cow<'_, str> {
    let name = image.rsplit('/').next().unwrap_or(image);
    match name.split_once("@sha256:") {
        Some((name, digest)) => Cow::Owned(format!("{name}@{}", digest.get(..12).unwrap_or(digest))),
        None => Cow::Borrowed(name),
    }
}

/// Images of a pod template, each once.
pub(super) fn images<'a>(images: impl Iterator<Item = &'a str>) -> Value<'a> {
    let mut seen: Vec<&str> = Vec::new();
    for image in images {
        if !seen.contains(&image) {
            seen.push(image);
        }
    }
    match seen.as_slice() {
        [] => Value::None,
        [one] => Value::Text(short_image(one)),
        many => Value::owned(many.iter().map(|i| short_image(i)).collect::<Vec<_>>().join(",")),
    }
}

/// `key=value` pairs as kubectl prints a selector.
pub(super) fn pairs(labels: &crate::model::Labels) -> String {
    labels.iter().map(|(k, v)| format!("{k}={v}")).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_keeps_what_tells_versions_apart() {
        assert_eq!(
            short_image("1234.dkr.ecr.eu-west-3.amazonaws.com/solia/backend:v1.8.3"),
            "backend:v1.8.3"
        );
        assert_eq!(short_image("nginx"), "nginx");
        assert_eq!(short_image("localhost:5000/app@sha256:0123456789abcdef"), "app@0123456789ab");
        assert_eq!(short_image("app@sha256:é"), "app@é");
        assert_eq!(
            images(["a/b:1", "a/b:1", "c:2"].into_iter()).display(crate::model::Time(1)),
            "b:1,c:2"
        );
    }

    #[test]
    fn shares_warn_before_the_limit() {
        let roles = [None, Some(74), Some(75), Some(90), Some(400)].map(share_role);
        assert_eq!(roles, [Role::Muted, Role::Muted, Role::Warning, Role::Bad, Role::Bad]);
        assert_eq!([Some(100), Some(101)].map(request_role), [Role::Muted, Role::Warning]);
    }
}
