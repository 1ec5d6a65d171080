use std::sync::Arc;

use super::*;
use crate::model::{Body, Container, EvidenceKind, Exit, Kind, Known, Labels, Meta, Object, Pod, State, Subject, TailKey, Time, Uid};
use crate::model::{Evidence, Severity};
use crate::runbook::library::{Place, Trust};
use crate::runbook::value::Bindings;

fn page(name: &str, oncall: &str, body: &str) -> (String, String) {
    (
        name.to_owned(),
        format!("---\ntitle: {name}\noncall:\n  version: 1\n{oncall}\n---\n\n# {name}\n\n{body}\n"),
    )
}

fn library() -> Library {
    let crash = "  match:\n    - k8s: {kind: Pod, waiting: [CrashLoopBackOff]}\n    - alert: {name: \"PodCrashLooping|KubePodCrash*\"}";
    let memory = "  match:\n    - k8s: {kind: Pod, terminated: [OOMKilled], exitCode: [137]}";
    let memory = &memory.replace(", exitCode: [137]}", "}\n    - k8s: {kind: Pod, exitCode: [137]}");
    let database = "  reviewed: 2024-01-01\n  match:\n    - block: logs\n    - health: {target: backend, path: /health, not: 200, for: 1m}";
    let detect = "## Detection\n\n```logs {\"name\":\"logs\",\"kind\":\"detect\",\"ignore\":\"true\"}\n?\"too many clients already\"\n```\n\n```sh\nkubectl logs $POD -c $CONTAINER -n $NAMESPACE\n```\n";
    let mut library = Library::default();
    for (name, text) in [
        page("pod-crashloop", crash, "```sh\nkubectl logs $POD\n```"),
        page("high-memory", memory, ""),
        page("database-connection", database, detect),
        page(
            "production-only",
            "  env: {allow: [prod]}\n  match:\n    - alert: {name: \"*\"}",
            "",
        ),
    ] {
        library.add(&name, &text, Place::BuiltIn, Trust::BuiltIn);
    }
    for page in library.iter() {
        assert!(
            page.flaws.iter().all(|flaw| flaw.rule != crate::runbook::Rule::Front),
            "{:?}",
            page.flaws
        );
    }
    library
}

fn finding(runbook: &'static str, title: &str, evidence: &[(EvidenceKind, &str)]) -> Finding {
    let subject = Subject {
        kind: Kind::Known(Known::Deployment),
        namespace: "solia".into(),
        name: "backend-deployment".into(),
        uid: Uid(1),
    };
    let mut finding =
        Finding::new(Severity::Critical, subject, title).evidence(evidence.iter().map(|(kind, text)| Evidence::new(*kind, text, Time(1))));
    finding.runbook = runbook;
    finding.tail = Some(TailKey {
        namespace: "solia".into(),
        pod: "backend-1".into(),
        uid: Uid(2),
        container: "backend".into(),
        run: 3,
        previous: true,
        look: 0,
    });
    finding
}

fn told(situation: &Situation<'_>) -> Vec<String> {
    let library = library();
    let all = suggest(&library, situation);
    all.iter()
        .map(|one| format!("{} {} because {}", one.score, one.page.book.name, one.reason))
        .collect()
}

#[test]
fn a_finding_opens_its_page_and_its_evidence_may_open_another() {
    let exit = (EvidenceKind::Exit, "container backend ended: exit 1");
    let plain = [finding("pod-crashloop", "3 of 5 pods crash · exit 1", &[exit])];
    let situation = |findings| Situation {
        findings,
        ..Situation::default()
    };
    assert_eq!(
        told(&situation(&plain)),
        ["70 pod-crashloop because backend-deployment 3 of 5 pods crash · exit 1"]
    );
    let starved = [finding(
        "pod-crashloop",
        "3 of 5 pods crash · exit 1",
        &[exit, (EvidenceKind::Log, "FATAL: sorry, too many clients already")],
    )];
    assert_eq!(
        told(&situation(&starved)),
        [
            "90 database-connection because the log of backend-deployment says \"FATAL: sorry, too many clients already\"",
            "70 pod-crashloop because backend-deployment 3 of 5 pods crash · exit 1",
        ]
    );
    let killed = [finding(
        "pod-crashloop",
        "2 pods crash · exit 137",
        &[(EvidenceKind::Exit, "container backend: OOMKilled, exit 137")],
    )];
    let found = told(&situation(&killed));
    assert!(found[0].starts_with("120 high-memory because backend-deployment "), "{found:?}");
    let library = library();
    let all = suggest(&library, &situation(&starved));
    assert_eq!(best(&all).len(), 2, "within 20 points both are offered");
    let bindings = Bindings::begin(&all[0].page.book, &all[0].facts, &|_| None);
    let bound: Vec<String> = bindings
        .iter()
        .map(|(name, value)| format!("{name}={} {}", value.text, value.origin.said()))
        .collect();
    assert_eq!(
        bound,
        [
            "CONTAINER=backend from the finding",
            "NAMESPACE=solia from the finding",
            "POD=backend-1 from the finding"
        ]
    );
}

#[test]
fn alerts_lead_by_address_by_name_and_by_pattern() {
    let labels = [("pod", "backend-1"), ("severity", "warning")];
    let url = [("runbook_url", "https://docs/runbooks/Pod_CrashLoop.md")];
    for (name, annotations, score) in [
        ("Anything", &url[..], Some(100)),
        ("PodCrashLooping", &[], Some(90)),
        ("KubePodCrashLoopingFast", &[], Some(80)),
        ("Other", &[], None),
    ] {
        let alerts = [Firing {
            name,
            labels: &labels,
            annotations,
        }];
        let library = library();
        let all = suggest(
            &library,
            &Situation {
                alerts: &alerts,
                ..Situation::default()
            },
        );
        let found = all.iter().find(|one| &*one.page.book.name == "pod-crashloop").map(|one| one.score);
        assert_eq!(found, score, "{name}");
    }
}

#[test]
fn a_page_for_another_environment_is_shown_last_with_the_reason() {
    let alerts = [Firing {
        name: "Other",
        ..Firing::default()
    }];
    let environment = Environment {
        name: "staging".into(),
        tier: crate::config::Tier::Confirm,
        ..Environment::default()
    };
    let library = library();
    let all = suggest(
        &library,
        &Situation {
            alerts: &alerts,
            environment: Some(&environment),
            ..Situation::default()
        },
    );
    assert_eq!(all.len(), 1);
    assert_eq!(all[0].barred.as_deref(), Some("it is for prod, not for staging"));
}

#[test]
fn health_lines_and_age_count() {
    let unwell = |status, since| {
        [Unwell {
            target: "backend",
            path: "/health",
            status,
            since,
        }]
    };
    let today = Some("2026-11-28".parse().unwrap());
    for (health, found) in [
        (unwell(Some(503), 90), vec!["45 database-connection because backend answers 503"]),
        (unwell(None, 90), vec!["45 database-connection because backend does not answer"]),
        (unwell(Some(200), 90), vec![]),
        (unwell(Some(503), 30), vec![]),
    ] {
        let situation = Situation {
            health: &health,
            today,
            ..Situation::default()
        };
        assert_eq!(told(&situation), found);
    }
    let lines = ["ok", "too many clients already"];
    let found = told(&Situation {
        lines: &lines,
        ..Situation::default()
    });
    assert_eq!(found, ["40 database-connection because the log says \"too many clients already\""]);
}

#[test]
fn what_an_object_shows_fits_or_does_not() {
    let exit = Exit {
        code: 137,
        reason: "OOMKilled".into(),
        finished: Time(1_000),
        ..Exit::default()
    };
    let container = Container {
        name: "backend".into(),
        state: State::Waiting {
            reason: "CrashLoopBackOff".into(),
            message: "".into(),
        },
        last: Some(Box::new(exit)),
        restarts: 6,
        ..Container::default()
    };
    let object = Object {
        meta: Meta {
            namespace: "solia".into(),
            name: "backend-1".into(),
            labels: Labels::new([("app", "backend")]),
            ..Meta::default()
        },
        body: Body::Pod(Box::new(Pod {
            containers: [container].into(),
            node: Arc::from("worker-1"),
            ..Pod::default()
        })),
    };
    let shown = Shown {
        kind: Known::Pod,
        object: &object,
        events: vec!["BackOff"],
        now: Time(1_100),
        deployment: Some("backend-deployment"),
    };
    let library = library();
    let all = suggest(
        &library,
        &Situation {
            object: Some(&shown),
            ..Situation::default()
        },
    );
    let told: Vec<String> = all
        .iter()
        .map(|one| format!("{} {} because {}", one.score, one.page.book.name, one.reason))
        .collect();
    assert_eq!(
        told,
        [
            "80 high-memory because backend-1 shows terminated=OOMKilled",
            "80 pod-crashloop because backend-1 shows waiting=CrashLoopBackOff",
        ]
    );
    let signs = |yaml: &str| {
        let (book, flaws) = crate::runbook::parse(
            "x",
            &format!("---\ntitle: x\noncall:\n  version: 1\n  match:\n    - k8s: {yaml}\n---\n# x\n"),
        );
        assert_eq!(flaws, []);
        book.front.matchers[0].k8s.clone().unwrap()
    };
    for (yaml, fits) in [
        ("{kind: Pod, restarts: \">=3/10m\"}", true),
        ("{kind: Pod, restarts: \">=7/10m\"}", false),
        ("{kind: Pod, restarts: \">=3/1m\"}", false),
        ("{kind: Node, waiting: [CrashLoopBackOff]}", false),
        ("{namespace: \"sol*\", event: [\"Back*\"]}", true),
        ("{labels: {app: frontend}, event: [BackOff]}", false),
        ("{kind: Pod}", false),
        ("{condition: \"Ready=False\"}", false),
    ] {
        assert_eq!(shown.fits(&signs(yaml)).is_some(), fits, "{yaml}");
    }
}

fn with(findings: &[Finding]) -> Situation<'_> {
    Situation {
        findings,
        ..Situation::default()
    }
}

/// The page that a team has already: nothing in it says what it is for.
#[test]
fn a_part_of_a_plain_page_is_found_by_its_address_and_by_its_heading() {
    let mut library = library();
    let text = include_str!("../../../tests/fixtures/runbooks/devops-page.md");
    library.add("devops-page", text, Place::BuiltIn, Trust::BuiltIn);
    let page = library.get("devops-page").unwrap().book.clone();
    let at = |suggestions: &[Suggestion<'_>]| {
        let found = suggestions.iter().find(|one| &*one.page.book.name == "devops-page");
        found.map(|one| (one.score, page.steps[one.at.unwrap()].title.clone(), one.reason.clone()))
    };
    let address = "https://forge.example.com/solia/docs/blob/main/DevOps-Page.md#high-memory-usage";
    let annotations = [("runbook_url", address)];
    let firing = |annotations| {
        [Firing {
            name: "ContainerMemory",
            labels: &[],
            annotations,
        }]
    };
    let alerts = firing(&annotations);
    let by_address = Situation {
        alerts: &alerts,
        ..Situation::default()
    };
    assert_eq!(
        at(&suggest(&library, &by_address)),
        Some((
            105,
            "Check resource usage".into(),
            "the alert ContainerMemory leads to this part of it".into()
        ))
    );
    for (runbook, step) in [
        ("pod-crashloop", "Check logs"),
        ("high-memory", "Check resource usage"),
        ("database-connection", "Check database connectivity"),
    ] {
        let findings = [finding(runbook, "it is not well", &[])];
        let found = at(&suggest(&library, &with(&findings))).unwrap_or_default();
        assert_eq!((found.0, found.1.as_str()), (30, step), "{runbook}: {}", found.2);
    }
    let findings = [finding("certificate-expiring", "it is not well", &[])];
    assert_eq!(at(&suggest(&library, &with(&findings))), None, "no part is about it");
    // A part that the page does not have is none.
    let annotations = [("runbook_url", "https://x/devops-page.md#no-such-part")];
    let other = firing(&annotations);
    let by_other = Situation {
        alerts: &other,
        ..Situation::default()
    };
    assert_eq!(at(&suggest(&library, &by_other)), None);
}
