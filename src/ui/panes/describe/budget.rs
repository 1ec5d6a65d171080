//! A pod disruption budget: how many pods may be taken away now.

use serde_json::Value;

use super::condition::conditions;
use super::page::{Fields, Page, Parts};
use super::read::{at, count, map, number, plain, selector, text};
use crate::model::{Known, Time};
use crate::ui::theme::Role;

/// Everything about a budget that is not in its header.
pub fn budget(page: &mut Page, document: &Value, now: Time) {
    let (spec, status) = (at(document, "/spec"), at(document, "/status"));
    page.section("Disruption budget", |page| {
        let mut fields = Fields::default();
        fields.add("Now", allowed(status));
        let (least, most) = (plain(spec, "/minAvailable"), plain(spec, "/maxUnavailable"));
        let rule = match (least.as_str(), most.as_str()) {
            ("", "") => String::new(),
            ("", most) => format!("at most {most} may be missing"),
            (least, _) => format!("at least {least} must stay"),
        };
        fields.add("Rule", rule);
        fields.add(
            "For pods",
            match selector(spec, "/selector") {
                none if none.is_empty() => "no selector".to_owned(),
                terms => terms,
            },
        );
        fields.add("Not healthy pods", text(spec, "/unhealthyPodEvictionPolicy"));
        let disrupted: Vec<_> = map(status, "/disruptedPods").map(|(name, _)| name.as_str()).collect();
        fields.add("Being evicted", disrupted.join(", "));
        page.fields(fields);
    });
    conditions(page, &Known::PodDisruptionBudget.into(), document, now);
}

/// `1 of 2 healthy pods may be disrupted`, or why none may.
fn allowed(status: &Value) -> Parts {
    let Some(allowed) = number(status, "/disruptionsAllowed") else {
        return Parts::of(Role::Busy, "the controller has said nothing yet");
    };
    let have = |pointer| number(status, pointer).unwrap_or_default();
    let (healthy, wanted, expected) = (have("/currentHealthy"), have("/desiredHealthy"), have("/expectedPods"));
    if expected == 0 {
        return Parts::of(Role::Muted, "it has no pods");
    }
    let facts = format!("{healthy} of {} healthy, {wanted} must be", count(expected, "pod", "pods"));
    if allowed > 0 {
        let pods = count(allowed, "pod", "pods");
        return Parts::of(Role::Ok, format!("{pods} may be disrupted")).and(Role::Text, format!(": {facts}"));
    }
    let role = if healthy < wanted { Role::Bad } else { Role::Warning };
    Parts::of(role, "no pod may be disrupted").and(Role::Text, format!(": {facts}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_may_be_disrupted_is_a_sentence() {
        let of = |allowed, healthy, wanted, expected| {
            allowed_of(
                &json!({"disruptionsAllowed": allowed, "currentHealthy": healthy, "desiredHealthy": wanted, "expectedPods": expected}),
            )
        };
        fn allowed_of(status: &Value) -> String {
            allowed(status).text()
        }
        assert_eq!(of(1, 2, 1, 2), "1 pod may be disrupted: 2 of 2 pods healthy, 1 must be");
        assert_eq!(of(0, 1, 1, 2), "no pod may be disrupted: 1 of 2 pods healthy, 1 must be");
        assert_eq!(of(0, 0, 0, 0), "it has no pods");
        assert_eq!(allowed_of(&json!({})), "the controller has said nothing yet");
    }
}
