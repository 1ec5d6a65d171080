//! Everything that may be given to `qd open`, as people paste it, and whatever else.

use proptest::prelude::*;

use super::*;
use crate::model::Known;

const NOW: Time = Time(1_800_000_000);

fn environments() -> Vec<Environment> {
    let at = |url: &str| {
        Some(Endpoint {
            url: url.into(),
            ..Endpoint::default()
        })
    };
    vec![
        Environment {
            name: "staging".into(),
            label: "stg".into(),
            prometheus: at("https://prometheus.staging.solia-invest.com"),
            alertmanager: at("https://alertmanager.staging.solia-invest.com"),
            grafana: at("https://grafana.solia-invest.com"),
            ..Environment::default()
        },
        Environment {
            name: "production".into(),
            label: "prod".into(),
            aliases: vec!["live".into()],
            prometheus: at("https://tools.solia-invest.com/prometheus/"),
            alertmanager: at("https://tools.solia-invest.com/alertmanager"),
            grafana: at("https://grafana.solia-invest.com"),
            ..Environment::default()
        },
    ]
}

fn given(text: &str) -> Result<What, Problem> {
    read(text, &environments(), None, NOW)
}

fn alert_of(name: &str, labels: &[(&str, &str)]) -> Aim {
    Aim::Alert {
        name: name.into(),
        labels: labels.iter().map(|(a, b)| ((*a).into(), (*b).into())).collect(),
    }
}

fn query(query: &str, span: Option<u32>, until: Option<i64>) -> Aim {
    Aim::Query {
        query: query.into(),
        range: Range {
            span,
            until: until.map(Time),
        },
    }
}

fn object_of(namespace: &str, known: Known, name: &str) -> Aim {
    Aim::Object {
        namespace: namespace.into(),
        kind: known.into(),
        name: name.into(),
    }
}

#[test]
fn what_people_paste_leads_to_its_place() {
    const STG: Option<EnvId> = Some(EnvId(0));
    const PROD: Option<EnvId> = Some(EnvId(1));
    let table: Vec<(&str, Option<EnvId>, Aim)> = vec![
        ("HighErrorRate", None, alert_of("HighErrorRate", &[])),
        ("  HighErrorRate\n", None, alert_of("HighErrorRate", &[])),
        ("High error rate (5xx)", None, alert_of("High error rate (5xx)", &[])),
        ("prod/HighErrorRate", PROD, alert_of("HighErrorRate", &[])),
        (
            r#"stg/PodCrashLooping{pod="backend-1", path="/a,b"}"#,
            STG,
            alert_of("PodCrashLooping", &[("pod", "backend-1"), ("path", "/a,b")]),
        ),
        (r#"{alertname="A",severity!="info"}"#, None, alert_of("A", &[])),
        ("live", PROD, Aim::Environment),
        (
            "production/default/deployment/backend",
            PROD,
            object_of("default", Known::Deployment, "backend"),
        ),
        (
            "prod/default/deploy/backend",
            PROD,
            object_of("default", Known::Deployment, "backend"),
        ),
        ("prod/-/nodes/node-1", PROD, object_of("", Known::Node, "node-1")),
        ("prod/node/node-1", PROD, object_of("", Known::Node, "node-1")),
        ("default/po/backend-1", None, object_of("default", Known::Pod, "backend-1")),
        ("deploy/backend", None, object_of("", Known::Deployment, "backend")),
        (
            "prod/default/certificates.cert-manager.io/web",
            PROD,
            Aim::Object {
                namespace: "default".into(),
                kind: Kind::of("cert-manager.io", "certificates"),
                name: "web".into(),
            },
        ),
        // Prometheus: what an alert brings along, and what the browser shows.
        (
            "https://prometheus.staging.solia-invest.com/graph?g0.expr=rate%28http_requests_total%5B5m%5D%29+%3E+1&g0.tab=1",
            STG,
            query("rate(http_requests_total[5m]) > 1", None, None),
        ),
        (
            "https://tools.solia-invest.com/prometheus/query?g0.expr=up&g0.range_input=1h30m&g0.end_input=2026-11-28+03%3A00%3A00",
            PROD,
            query("up", Some(5_400), Some(1_795_834_800)),
        ),
        ("https://tools.solia-invest.com/prometheus/alerts", PROD, Aim::Alerts),
        (
            "https://tools.solia-invest.com/prometheus/alerts?search=HighLatency",
            PROD,
            alert_of("HighLatency", &[]),
        ),
        ("https://tools.solia-invest.com/prometheus/", PROD, Aim::Environment),
        // Alertmanager.
        (
            "https://tools.solia-invest.com/alertmanager/#/alerts?silenced=false&filter=%7Balertname%3D%22HighLatency%22%2C%20pod%3D%22x%22%7D",
            PROD,
            alert_of("HighLatency", &[("pod", "x")]),
        ),
        ("https://alertmanager.staging.solia-invest.com/#/alerts", STG, Aim::Alerts),
        ("https://alertmanager.staging.solia-invest.com", STG, Aim::Alerts),
        (
            "https://alertmanager.staging.solia-invest.com/#/silences/0b9d-77",
            STG,
            Aim::Silence("0b9d-77".into()),
        ),
        (
            "https://alertmanager.staging.solia-invest.com/#/silences/new?filter=x",
            STG,
            Aim::Silences,
        ),
        // Grafana.
        (
            "https://grafana.solia-invest.com/d/app-overview/application?orgId=1&var-env=prod&var-namespace=default&var-pod=$__all&from=now-6h&to=now",
            PROD,
            Aim::Board {
                uid: "app-overview".into(),
                namespace: "default".into(),
                workload: String::new(),
                pod: String::new(),
                range: Range {
                    span: Some(21_600),
                    until: None,
                },
            },
        ),
        (
            "https://grafana.solia-invest.com/d/api?var-environment=staging&var-workload=backend&from=1799990000000&to=1799993600000",
            STG,
            Aim::Board {
                uid: "api".into(),
                namespace: String::new(),
                workload: "backend".into(),
                pod: String::new(),
                range: Range {
                    span: Some(3_600),
                    until: Some(Time(1_799_993_600)),
                },
            },
        ),
        (
            "https://grafana.solia-invest.com/explore?var-env=prod&left=%7B%22queries%22:%5B%7B%22refId%22:%22A%22,%22expr%22:%22up%20==%200%22%7D%5D,%22range%22:%7B%22from%22:%22now-1h%22,%22to%22:%22now%22%7D%7D",
            PROD,
            query("up == 0", Some(3_600), None),
        ),
    ];
    for (text, env, aim) in table {
        let what = given(text).unwrap_or_else(|problem| panic!("{text}: {problem}"));
        assert_eq!((what.env, what.aim, what.remark), (env, aim, None), "{text}");
    }
}

#[test]
fn what_was_not_understood_is_said() {
    for (text, part) in [
        ("", "nothing was given"),
        ("ftp://x/y", "is no http address"),
        ("https://", "is no address"),
        ("https://tools.solia-invest.com/wiki/runbooks", "is no page that leads anywhere"),
        ("https://example.com/", "is no page that leads anywhere"),
        ("https://tools.solia-invest.com/prometheus/graph", "is no page that leads anywhere"),
        ("prod/default/gadget/backend", "`gadget` is no kind"),
        ("prod/default/deploy/", "is no name of an object"),
        ("prod/de fault/deploy/x", "`de fault` is no namespace"),
        ("qa/default/deploy/backend", "there is no environment `qa`"),
        ("qa/backend", "neither an environment nor a kind"),
        ("a/b/c/d/e", "neither a name nor"),
        ("bad;name", "is no alert's name"),
        ("A{pod=", "is no alert's name"),
        ("{severity=\"critical\"}", "is no alert's name"),
    ] {
        let problem = given(text).expect_err(text);
        assert!(problem.text.contains(part), "{text}: {}", problem.text);
        assert!(!problem.hint.is_empty(), "{text}: a hint says what may be given");
    }
    let long = "x".repeat(LONGEST + 1);
    assert!(given(&long).unwrap_err().text.contains("too long"));
}

#[test]
fn what_is_not_certain_is_remarked() {
    // An address of inside the cluster: only its shape says what it is.
    let inside = given("http://prometheus-0:9090/graph?g0.expr=up").unwrap();
    assert_eq!((inside.env, inside.aim), (None, query("up", None, None)));
    assert!(inside.remark.unwrap().contains("no environment has the address prometheus-0:9090"));
    let asked = read("http://prometheus-0:9090/graph?g0.expr=up", &environments(), Some(EnvId(1)), NOW).unwrap();
    assert_eq!((asked.env, asked.remark), (Some(EnvId(1)), None));
    // One Grafana for two environments, and nothing says which.
    let shared = given("https://grafana.solia-invest.com/d/api").unwrap();
    assert_eq!(shared.env, Some(EnvId(0)));
    assert!(shared.remark.unwrap().contains("this is stg, --env names another"));
    let asked = read("https://grafana.solia-invest.com/d/api", &environments(), Some(EnvId(1)), NOW).unwrap();
    assert_eq!((asked.env, asked.remark), (Some(EnvId(1)), None));
    let filter = given("https://alertmanager.staging.solia-invest.com/#/alerts?filter=%7Bseverity%3D%22critical%22%7D").unwrap();
    assert_eq!(filter.aim, Aim::Alerts);
    assert!(filter.remark.unwrap().contains("names no alert"));
    let rules = given("https://tools.solia-invest.com/prometheus/rules").unwrap();
    assert!(rules.remark.unwrap().contains("no page of rules"));
}

#[test]
fn ranges_are_those_that_panels_can_show() {
    for (text, seconds) in [
        ("1h", Some(3_600)),
        ("1h30m", Some(5_400)),
        ("2w", Some(1_209_600)),
        ("", None),
        ("1", None),
        ("h", None),
        ("99999999999999999999h", None),
        ("9223372036854775807w", None),
    ] {
        assert_eq!(parse_span(text), seconds, "{text}");
    }
    let wide = ranged(Some(i64::MAX), Some(Time(i64::MIN)), NOW);
    assert_eq!((wide.span, wide.until), (Some(604_800), None));
    let future = ranged(Some(-5), Some(Time(NOW.0 + 5_000)), NOW);
    assert_eq!((future.span, future.until), (None, None));
    assert_eq!(moment("2026-11-28T03:00:00.123Z"), moment("2026-11-28 03:00:00"));
    assert_eq!(moment("yesterday"), None);
}

/// Pieces of which foreign text is made.
fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("https://tools.solia-invest.com/prometheus/graph?g0.expr=".to_owned()),
        Just("https://grafana.solia-invest.com/d/".to_owned()),
        Just("https://grafana.solia-invest.com/explore?left=".to_owned()),
        Just("https://alertmanager.staging.solia-invest.com/#/alerts?filter=".to_owned()),
        Just("&g0.range_input=".to_owned()),
        Just("&from=now-".to_owned()),
        Just("&to=".to_owned()),
        Just("prod/".to_owned()),
        Just("{\"expr\":".to_owned()),
        Just("{alertname=\"".to_owned()),
        "[-0-9]{0,22}[smhdwMy]?",
        "\\PC{0,12}",
        any::<String>().prop_map(|text| text.chars().take(12).collect()),
    ]
}

proptest! {
    #[test]
    fn foreign_text_is_read_or_refused_and_what_is_shown_of_it_is_harmless(parts in prop::collection::vec(piece(), 0..6)) {
        let text = parts.concat();
        match given(&text) {
            Ok(what) => {
                if let Some(remark) = &what.remark {
                    prop_assert!(!remark.chars().any(char::is_control), "{remark:?}");
                }
                let range = match what.aim {
                    Aim::Query { range, .. } | Aim::Board { range, .. } => range,
                    _ => Range::default(),
                };
                prop_assert!(range.span.is_none_or(|span| (300..=604_800).contains(&span)));
                prop_assert!(range.until.is_none_or(|until| until.0 > 0 && until < NOW));
            }
            Err(problem) => {
                prop_assert!(!problem.text.chars().any(char::is_control), "{:?}", problem.text);
                prop_assert!(!problem.hint.is_empty());
            }
        }
    }
}
