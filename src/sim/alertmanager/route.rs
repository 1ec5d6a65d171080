//! Whom alerts reach: e-mail and the team's channel for all, the pager for what is critical.

use super::super::prometheus::promql::Labels;

/// The receivers, in the order of the configuration.
pub const RECEIVERS: [&str; 4] = ["email", "slack-alerts", "pagerduty", "none"];

/// The labels by which alerts are grouped.
pub const GROUPED_BY: [&str; 3] = ["alertname", "namespace", "environment"];

/// The configuration, as the API tells it: without secrets.
pub const CONFIG: &str = "\
global:
  resolve_timeout: 5m
  smtp_from: alerts@solia-invest.com
  smtp_smarthost: email-smtp.eu-west-3.amazonaws.com:587
  slack_api_url: <secret>
  pagerduty_url: https://events.pagerduty.com/v2/enqueue
route:
  receiver: email
  group_by:
  - alertname
  - namespace
  - environment
  group_wait: 30s
  group_interval: 5m
  repeat_interval: 4h
  routes:
  - receiver: none
    matchers:
    - severity=\"none\"
  - receiver: pagerduty
    matchers:
    - severity=\"critical\"
    continue: true
  - receiver: slack-alerts
    matchers:
    - severity=~\"critical|warning\"
    continue: true
  - receiver: email
receivers:
- name: email
  email_configs:
  - to: devops@solia-invest.com
- name: slack-alerts
  slack_configs:
  - channel: '#alerts'
- name: pagerduty
  pagerduty_configs:
  - routing_key: <secret>
- name: none
templates: []
";

/// Who receives an alert, in the order of the routes.
pub fn receivers(labels: &Labels) -> &'static [&'static str] {
    match labels.get("severity").map_or("", |s| s) {
        "none" => &["none"],
        "critical" => &["pagerduty", "slack-alerts", "email"],
        "warning" => &["slack-alerts", "email"],
        _ => &["email"],
    }
}
