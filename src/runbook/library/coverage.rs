//! What has no page: findings and alert rules.

use super::{Library, bare};
use crate::diagnosis::CHECKS;

/// Something that can go wrong and that no page is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Uncovered {
    /// A finding whose page is not there.
    Finding { id: &'static str, page: &'static str },
    /// An alert that neither its address nor its name leads anywhere.
    Alert { name: String, severity: String, url: String },
}

/// An alerting rule, as far as pages are concerned.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AlertRule {
    pub name: String,
    pub severity: String,
    pub runbook_url: String,
}

/// The alerting rules of a Prometheus rule file, also where it is wrapped in a `PrometheusRule`.
///
/// # Errors
///
/// It is no YAML.
pub fn alert_rules(text: &str) -> Result<Vec<AlertRule>, String> {
    let tree: serde_json::Value =
        serde_saphyr::from_str(text).map_err(|error| error.to_string().lines().next().unwrap_or_default().to_owned())?;
    let groups = tree.get("groups").or_else(|| tree.get("spec")?.get("groups"));
    let rules = groups
        .and_then(serde_json::Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|group| group.get("rules")?.as_array())
        .flatten();
    let text = |value: Option<&serde_json::Value>| value.and_then(serde_json::Value::as_str).unwrap_or_default().to_owned();
    let rule = |rule: &serde_json::Value| {
        Some(AlertRule {
            name: rule.get("alert")?.as_str()?.to_owned(),
            severity: text(rule.get("labels").and_then(|labels| labels.get("severity"))),
            runbook_url: text(rule.get("annotations").and_then(|a| a.get("runbook_url"))),
        })
    };
    Ok(rules.filter_map(rule).collect())
}

/// What of all this has no page in the library.
pub fn uncovered(library: &Library, rules: &[AlertRule]) -> Vec<Uncovered> {
    let findings = CHECKS
        .iter()
        .filter(|check| library.get(check.runbook).is_none())
        .map(|check| Uncovered::Finding {
            id: check.id,
            page: check.runbook,
        });
    let led = |rule: &AlertRule| {
        let by_name = library.iter().any(|page| {
            let matchers = page.book.front.matchers.iter().filter_map(|matcher| matcher.alert.as_ref());
            matchers
                .flat_map(|alert| &alert.names)
                .any(|name| crate::model::fits(name, &rule.name))
        });
        by_name || page_of_url(&rule.runbook_url).is_some_and(|name| library.get(&name).is_some())
    };
    let alerts = rules.iter().filter(|rule| !led(rule)).map(|rule| Uncovered::Alert {
        name: rule.name.clone(),
        severity: rule.severity.clone(),
        url: rule.runbook_url.clone(),
    });
    findings.chain(alerts).collect()
}

/// The page that a `runbook_url` means: its fragment, or else the last part of its path.
pub fn page_of_url(url: &str) -> Option<String> {
    let (before, fragment) = url.split_once('#').unwrap_or((url, ""));
    let path = before.split('?').next().unwrap_or_default().trim_end_matches('/');
    let last = if fragment.is_empty() {
        path.rsplit('/').next().unwrap_or_default()
    } else {
        fragment
    };
    Some(bare(last)).filter(|name| !name.is_empty() && !path.is_empty())
}

/// The page and the section of it that a `runbook_url` names, as `docs/operations.md#high-memory`; none, where it names no section.
pub fn section_of_url(url: &str) -> Option<(String, String)> {
    let (before, fragment) = url.split_once('#')?;
    let path = before.split('?').next().unwrap_or_default().trim_end_matches('/');
    let page = bare(path.rsplit('/').next().unwrap_or_default());
    Some((page, fragment.to_lowercase())).filter(|(page, section)| !page.is_empty() && !section.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::prometheus::rules::GROUPS;

    #[test]
    fn every_finding_and_every_alert_of_the_platform_has_a_page() {
        let rules: Vec<AlertRule> = GROUPS
            .iter()
            .flat_map(|group| group.rules)
            .map(|rule| AlertRule {
                name: rule.name.to_owned(),
                severity: rule.severity.to_owned(),
                runbook_url: format!("https://docs.solia-invest.com/runbooks/{}", rule.runbook),
            })
            .collect();
        assert_eq!(uncovered(&Library::built_in(), &rules), []);
        let all = uncovered(&Library::default(), &rules);
        assert_eq!(all.len(), CHECKS.len() + rules.len());
    }

    #[test]
    fn rules_are_read_from_a_file_of_either_shape() {
        let bare = "groups:\n- name: a\n  rules:\n  - record: x\n    expr: up\n  - alert: Down\n    expr: up == 0\n    labels: {severity: critical}\n    annotations: {runbook_url: 'https://x/y/Down.md'}\n";
        let wanted = [AlertRule {
            name: "Down".into(),
            severity: "critical".into(),
            runbook_url: "https://x/y/Down.md".into(),
        }];
        assert_eq!(alert_rules(bare).unwrap(), wanted);
        let indented = bare.replace('\n', "\n  ");
        let wrapped = format!("kind: PrometheusRule\nspec:\n  {indented}");
        assert_eq!(alert_rules(&wrapped).unwrap(), wanted);
        assert!(alert_rules("a: [").is_err());
        assert_eq!(page_of_url("https://x/y/Down.md").as_deref(), Some("down"));
        assert_eq!(page_of_url("https://x/y#alert-name-pod_crash").as_deref(), Some("pod-crash"));
        assert_eq!(page_of_url(""), None);
    }
}
