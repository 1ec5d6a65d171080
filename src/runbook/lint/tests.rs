use super::*;
use crate::runbook::{Rule, parse};

fn found(text: &str, known: &Known<'_>) -> Vec<String> {
    let (book, flaws) = parse("x", text);
    lint(&book, flaws, known).iter().map(ToString::to_string).collect()
}

/// A page of the format, with this below `## Diagnosis` and this below `## Mitigation`.
fn page(diagnosis: &str, mitigation: &str) -> String {
    format!(
        "---\ntitle: X\noncall:\n  version: 1\n  reviewed: 2026-11-01\n---\n\n# X\n\n## Diagnosis\n\n{diagnosis}\n\n## Mitigation\n\n{mitigation}\n\n## Verification\n\n### Well?\n\n```sh {{\"name\":\"well\",\"kind\":\"query\"}}\nkubectl get pods\n```\n\n- **Pass** → done\n- **Fail** → [Escalation](#escalation)\n\n## Escalation\n\nCall.\n"
    )
}

const ASK: &str = "### Look\n\n```sh {\"name\":\"look\",\"kind\":\"query\"}\nkubectl get pods\n```\n\n- **Yes** → [Do](#do)\n- **No** → [Escalation](#escalation)";

fn act(attributes: &str, line: &str, decisions: &str) -> String {
    format!(
        "### Do\n\n```sh {{\"name\":\"do\",\"kind\":\"action\",\"confirm\":\"token\",\"excludeFromRunAll\":\"true\"{attributes}}}\n{line}\n```\n\n{decisions}"
    )
}

#[test]
fn a_page_that_keeps_the_rules_has_no_flaw() {
    let good = page(
        ASK,
        &act(
            ",\"action\":\"k8s.scale\"",
            "kubectl scale deploy/web --replicas=3",
            "- **Pass** → [Well?](#well)\n- **Fail** → [Escalation](#escalation)",
        ),
    );
    assert_eq!(found(&good, &Known::default()), Vec::<String>::new());
}

#[test]
fn the_examples_of_the_format_keep_the_rules() {
    for (name, text) in [
        (
            "crashloopbackoff",
            include_str!("../../../tests/fixtures/runbooks/crashloopbackoff.md"),
        ),
        (
            "database-connection",
            include_str!("../../../tests/fixtures/runbooks/database-connection.md"),
        ),
    ] {
        let books = ["crashloopbackoff", "database-connection"];
        let known = Known {
            books: Some(&books),
            ..Known::default()
        };
        assert_eq!(found(text, &known), Vec::<String>::new(), "{name}");
    }
}

#[test]
fn each_rule_finds_what_it_is_about() {
    let done = "- **Pass** → [Well?](#well)\n- **Fail** → [Escalation](#escalation)";
    let table: Vec<(Rule, String, &str)> = vec![
        (
            Rule::OneBlock,
            page(
                &format!("{}\n\n```sh {{\"name\":\"b\",\"kind\":\"query\"}}\nkubectl get nodes\n```", ASK),
                "",
            ),
            "a step has one block that runs",
        ),
        (
            Rule::Placed,
            page(&act(",\"action\":\"k8s.scale\"", "kubectl scale deploy/web --replicas=3", done), ""),
            "`Do` changes something, or may",
        ),
        (
            Rule::Registered,
            page(ASK, &act(",\"action\":\"k8s.scale\"", "kubectl rollout restart deploy/web", done)),
            "the text is not `k8s.scale`: it is k8s.rollout-restart",
        ),
        (
            Rule::Registered,
            page(ASK, &act(",\"action\":\"k8s.scal\"", "kubectl scale deploy/web --replicas=3", done)),
            "`k8s.scal` is not in the registry; did you mean k8s.scale?",
        ),
        (
            Rule::Proven,
            page(
                &ASK.replace("get pods", "exec web -- sh"),
                &act(",\"action\":\"k8s.scale\"", "kubectl scale deploy/web --replicas=3", done),
            ),
            "the query is not proven to read only",
        ),
        (
            Rule::Ignored,
            page(
                &format!("### A\n\n```promql {{\"name\":\"a\",\"kind\":\"query\"}}\nup\n```\n\n{ASK}"),
                &act(",\"action\":\"k8s.scale\"", "kubectl scale deploy/web --replicas=3", done),
            ),
            "a block of promql says \"ignore\":\"true\"",
        ),
        (
            Rule::Guarded,
            page(
                ASK,
                &act(",\"action\":\"k8s.scale\"", "kubectl scale deploy/web --replicas=3", done).replace("\"confirm\":\"token\",", ""),
            ),
            "an action says how it is confirmed",
        ),
        (
            Rule::Bounded,
            page(
                &format!("### A\n\n```sh {{\"name\":\"a\",\"kind\":\"wait\",\"until\":\"exit == 0\"}}\nkubectl get pods\n```\n\n{ASK}"),
                &act(",\"action\":\"k8s.scale\"", "kubectl scale deploy/web --replicas=3", done),
            ),
            "a wait says until what, and has a timeout",
        ),
        (
            Rule::Declared,
            page(
                &ASK.replace("get pods", "get pods -l app=$APP"),
                &act(",\"action\":\"k8s.scale\"", "kubectl scale deploy/web --replicas=3", done),
            ),
            "APP is declared nowhere",
        ),
        (
            Rule::Linked,
            page(
                &ASK.replace("(#escalation)", "(gone.md)"),
                &act(",\"action\":\"k8s.scale\"", "kubectl scale deploy/web --replicas=3", done),
            ),
            "there is no page gone.md",
        ),
        (
            Rule::PromQl,
            page(
                &format!("### A\n\n```promql {{\"name\":\"a\",\"kind\":\"query\",\"ignore\":\"true\"}}\nsum by (\n```\n\n{ASK}"),
                &act(",\"action\":\"k8s.scale\"", "kubectl scale deploy/web --replicas=3", done),
            ),
            "the query cannot be read",
        ),
        (
            Rule::Reversible,
            page(
                ASK,
                &act(
                    ",\"action\":\"k8s.scale\",\"rollback\":\"look\"",
                    "kubectl scale deploy/web --replicas=3",
                    done,
                ),
            ),
            "`look` does something else than to take it back",
        ),
        (
            Rule::Reversible,
            page(
                ASK,
                &act(
                    ",\"action\":\"k8s.scale\",\"rollback\":\"gone\"",
                    "kubectl scale deploy/web --replicas=3",
                    done,
                ),
            ),
            "there is no block `gone` that takes it back",
        ),
        (
            Rule::NoSlide,
            page(
                &ASK.replace("**Yes**", "**Pass**"),
                &act(
                    ",\"action\":\"rds.restore-snapshot\"",
                    "aws rds restore-db-instance-from-db-snapshot --db-instance-identifier x",
                    done,
                ),
            ),
            "`Do` may lose data and is reached without an answer",
        ),
        (
            Rule::Verified,
            page(
                ASK,
                &act(
                    ",\"action\":\"k8s.scale\"",
                    "kubectl scale deploy/web --replicas=3",
                    "- **Pass** → done\n- **Fail** → [Escalation](#escalation)",
                ),
            ),
            "after `Do` nothing looks whether it helped",
        ),
        (
            Rule::Exits,
            page(
                &ASK.replace("- **Yes** → [Do](#do)\n- **No** → [Escalation](#escalation)", ""),
                &act(",\"action\":\"k8s.scale\"", "kubectl scale deploy/web --replicas=3", done),
            ),
            "`Look` is the last step of the diagnosis and leads nowhere",
        ),
        (
            Rule::Exits,
            page(
                "### A\n\nLook.\n\n- **Pass** → [B](#b)\n\n### B\n\nLook.\n\n- **Pass** → [A](#a)",
                "",
            ),
            "the page leads in a circle that nobody leaves",
        ),
    ];
    let books = ["x"];
    let known = Known {
        books: Some(&books),
        ..Known::default()
    };
    for (rule, text, wanted) in table {
        let found = found(&text, &known);
        assert!(
            found.iter().any(|flaw| flaw.contains(&rule.to_string()) && flaw.contains(wanted)),
            "{rule} {wanted}\n{found:#?}\n{text}"
        );
    }
}

#[test]
fn how_old_a_page_is_is_asked_only_with_a_day() {
    let text = page(ASK, "").replace("[Do](#do)", "done");
    assert_eq!(found(&text, &Known::default()), Vec::<String>::new());
    let today = Some("2027-03-01".parse().unwrap());
    let flaws = found(&text, &Known { today, ..Known::default() });
    assert_eq!(flaws, ["5: RB19 nobody has reviewed it for 120 days"]);
}

#[test]
fn the_teams_page_of_years_ago_is_not_wrong() {
    let text = include_str!("../../../tests/fixtures/runbooks/devops-page.md");
    assert_eq!(found(text, &Known::default()), Vec::<String>::new());
}
