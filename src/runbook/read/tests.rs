use std::fmt::Write as _;

use super::*;
use crate::runbook::page::{Block, Goto, Layer, On, Runbook};

/// A page as text: phases, steps, what each is, and where it leads.
fn told(book: &Runbook, flaws: &[Flaw]) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "{} · {} · {:?}", book.name, book.title, book.layer);
    for step in &book.steps {
        let phase = book.phases.get(step.phase).map_or("", |phase| &phase.title);
        let _ = writeln!(out, "{:>3} {phase} › {} [{}] {}", step.line, step.title, step.id, step.kind.word());
        for text in &step.text {
            let _ = writeln!(out, "      {text}");
        }
        for callout in &step.callouts {
            let _ = writeln!(out, "      {}: {}", callout.alarm.word(), callout.text);
        }
        match &step.block {
            Some(Block::Command(command)) => {
                let reading = command.reading_filled(&[], &|_| None);
                let names = reading.names.first().unwrap_or(&"-");
                let _ = writeln!(out, "      {:?} {names} {}", reading.class, command.text);
                if let Some(why) = reading.why {
                    let _ = writeln!(out, "        {why}");
                }
            }
            Some(other) => {
                let _ = writeln!(out, "      {}", format!("{other:?}").replace('\n', " "));
            }
            None => {}
        }
        for branch in &step.branches {
            let condition = branch.condition.as_ref().map_or("", |condition| condition.text());
            let goto = match &branch.goto {
                Goto::Step(step) => format!("step {}", book.steps[*step].id),
                Goto::Phase(phase) => format!("phase {}", book.phases[*phase].title),
                other => format!("{other:?}"),
            };
            let _ = writeln!(out, "      {:?} {} `{condition}` → {goto}", branch.on, branch.label);
        }
        for (task, done) in &step.tasks {
            let _ = writeln!(out, "      [{}] {task}", if *done { 'x' } else { ' ' });
        }
    }
    for slot in book.slots() {
        let declared = slot.declared.as_ref().and_then(|d| d.default.clone().or(d.prompt.clone()));
        let _ = writeln!(
            out,
            "var {} {:?} {:?} {:?} {declared:?}",
            slot.name, slot.role, slot.hint, slot.captured
        );
    }
    for flaw in flaws {
        let _ = writeln!(out, "flaw {flaw}");
    }
    out
}

#[test]
fn the_teams_page_is_a_runbook_as_it_is() {
    let (book, flaws) = parse("devops-page", include_str!("../../../tests/fixtures/runbooks/devops-page.md"));
    assert_eq!(book.layer, Layer::Page);
    assert_eq!(flaws, []);
    insta::assert_snapshot!(told(&book, &flaws));
}

#[test]
fn the_two_examples_of_the_format_are_read_as_they_are_meant() {
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
        let (book, flaws) = parse(name, text);
        assert_eq!(flaws, [], "{name}");
        assert_eq!(book.layer, Layer::Guided);
        insta::assert_snapshot!(name, told(&book, &flaws));
        insta::assert_snapshot!(
            format!("{name}-front"),
            format!("{:#?}\n{:#?}\n{:#?}", book.front, book.detects, book.contacts)
        );
    }
}

#[test]
fn a_page_with_decisions_alone_is_guided() {
    let text = "# Slow\n\n## Diagnosis\n\n### Is it up?\n\n```sh\nkubectl get pods\n```\n\n- **Yes** → next step\n- **No** → [Call](#call)\n- **Odd** → [Other](other.md)\n\n### Look\n\nAt it.\n\n- [ ] seen\n\n## Call\n\nSomebody.\n";
    let (book, flaws) = parse("slow", text);
    assert_eq!(flaws, []);
    let ids: Vec<&str> = book.steps.iter().map(|step| step.id.as_str()).collect();
    assert_eq!(ids, ["is-it-up", "look"]);
    let gotos: Vec<&Goto> = book.steps[0].branches.iter().map(|branch| &branch.goto).collect();
    assert_eq!(gotos, [&Goto::Next, &Goto::Phase(2), &Goto::Book("other".into())]);
    assert_eq!(book.steps[0].branches[0].on, On::Answer);
    assert_eq!(book.steps[1].tasks, [("seen".to_owned(), false)]);
}

#[test]
fn what_is_wrong_is_told_with_its_line() {
    let front = "---\ntitle: X\ntag: [a, b]\noncall:\n  version: 1\n  reviewd: 2024-11-08\n  budget: soon\n  match:\n    - k8s: {kind: Podd, waitin: [X]}\n    - block: none\n---\n\n# Y\n\n";
    for (text, wanted) in [
        (
            front,
            &[
                "3: RB01 `tag` is a text for Runme",
                "6: RB01 oncall has no `reviewd`; did you mean reviewed?",
                "7: RB01 `budget` is a time, as in 30s, 10m or 2h: `soon` is none",
                "9: RB01 `Podd` is no kind; did you mean Pod?",
                "9: RB01 k8s has no `waitin`; did you mean waiting?",
                "10: RB13 there is no detect block `none`",
                "13: RB01 the front matter calls the page `X`, its heading `Y`",
            ] as &[&str],
        ),
        ("---\ntitle: [\n---\n# X\n", &["2: RB01 the front matter is no YAML"]),
        ("---\ntitle: X\n\n# X\n", &["1: RB01 the front matter is not closed with ---"]),
        ("# X\n\n```sh\nls\n", &["3: RB00 the fence that begins here is not closed"]),
        (
            "# X\n\n```sh {\"name\":\"a\",\"kind\":\"qurey\",\"withn\":\"3s\",\"expect\":\"exit = 0\"}\nls\n```\n",
            &[
                "3: RB02 `qurey` is no kind of block; did you mean query?",
                "3: RB03 the attribute `withn` is not known; did you mean within?",
                "3: RB14 `expect`: after the name stands one of",
            ],
        ),
        (
            "# X\n\n## D\n\n### A\n\n```sh {\"name\":\"a\"}\nls\n```\n\n- **Yes** → [B](#bee)\n- **No** `exit ==` → next step\n\n### A\n\n```sh {\"name\":\"a\"}\nls\n```\n",
            &[
                "11: RB13 no heading is #bee",
                "12: RB14 `exit ==`: a number, or text in single quotes, is missing",
                "14: RB04 another heading is called `A`",
                "16: RB04 another block is called `a`",
            ],
        ),
    ] {
        let (_, flaws) = parse("x", text);
        let found: Vec<String> = flaws.iter().map(ToString::to_string).collect();
        assert_eq!(found.len(), wanted.len(), "{found:#?}");
        for (found, wanted) in found.iter().zip(wanted) {
            assert!(found.starts_with(wanted), "{found} is not {wanted}");
        }
    }
}

#[test]
fn control_characters_of_a_page_reach_nobody() {
    let (book, _) = parse("x\u{1b}", "# A\u{1b}[2J\n\n```sh\nkubectl get pods \u{202e} -A\necho \u{7}\n```\n");
    let all = format!("{book:?}");
    assert!(
        !all.contains("\\u{1b}") && !all.contains("\\u{202e}") && !all.contains("\\u{7}"),
        "{all}"
    );
}

#[test]
fn a_page_without_a_heading_has_its_steps_all_the_same() {
    let (book, flaws) = parse("notes", "```sh\nkubectl get pods\n```\n");
    assert_eq!((book.steps.len(), book.phases.len(), book.title.as_str()), (1, 1, "notes"));
    assert_eq!(flaws, []);
}

#[test]
fn a_page_of_ten_megabytes_is_read_as_far_as_is_sensible() {
    for piece in [
        "# A\n\n```sh\nkubectl get pods\n```\n\n",
        "```sh\necho '\n",
        "- **A** → [x](#x)\n",
        "> [!NOTE]\n> ",
        "[",
        "*a ",
        "<",
        "| a ",
        "---\n",
    ] {
        let text = piece.repeat((10 << 20) / piece.len());
        let (book, flaws) = parse("large", &text);
        assert!(flaws.iter().any(|flaw| flaw.rule == Rule::Readable), "{piece}");
        assert!(book.steps.len() <= MOST);
    }
}
