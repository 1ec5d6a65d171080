//! Reading scenario files. What the scenarios do to a whole world is in `journeys`.

use std::path::Path;

use super::file::parse;
use super::load::sources;
use super::*;

const GOOD: &str = "name = \"a\"\ntitle = \"A\"\nsummary = \"b\"\n";

fn wrong(more: &str) -> (String, String) {
    let problem = parse(&format!("{GOOD}{more}"), Path::new("my.toml")).unwrap_err();
    (problem.text.to_string(), problem.hint.to_string())
}

#[test]
fn every_built_in_scenario_reads_and_is_named_as_it_is_listed() {
    for (name, source) in sources() {
        let scenario = parse(source, Path::new(name)).unwrap_or_else(|problem| panic!("{}: {}", problem.text, problem.hint));
        assert_eq!(scenario.name, name);
        assert!(scenario.steps.is_empty() || !scenario.cures.is_empty(), "{name} can be cured");
        assert_eq!(load(name).unwrap(), scenario);
    }
    assert_eq!(builtin().len(), names().len());
}

#[test]
fn what_is_wrong_in_a_file_is_told_with_its_line_and_what_was_meant() {
    for (more, text, hint) in [
        ("sumary = \"x\"\n", "my.toml:4: unknown key `sumary`", "did you mean `summary`?"),
        (
            "[[step]]\nat = \"soon\"\nby = \"x\"\naction = { undo = { workload = \"w\" } }\n",
            "my.toml:5: at: `soon` is not a time",
            "from the start, as in \"-9m\" or \"+90s\"",
        ),
        (
            "environment = \"prodution\"\n",
            "my.toml:4: unknown value `prodution`",
            "did you mean `production`?",
        ),
        (
            "[[step]]\nat = \"-4h\"\nby = \"x\"\naction = { undo = { workload = \"w\" } }\n",
            "my.toml:4: this step is before the history begins",
            "say a longer `history`, or a later `at`",
        ),
        (
            "history = \"3 days\"\n",
            "my.toml:4: history: `3 days` is not a duration",
            "as in \"90s\", \"3m\" or \"2h\"",
        ),
        (
            "[load]\npods = 10000000\nnodes = 1\nnamespaces = 1\nchanges-per-second = 1\n",
            "my.toml:4: more than a world can hold",
            "at most 50000 pods, 1000 nodes, 100 namespaces and 1000 changes",
        ),
    ] {
        assert_eq!(wrong(more), (text.to_owned(), hint.to_owned()), "{more}");
    }
    let (text, hint) = wrong("[[step]]\nat = \"-4m\"\nby = \"x\"\naction = { undo = { worklod = \"w\" } }\n");
    assert!(text.contains("unknown key `worklod`") && text.starts_with("my.toml:7:"), "{text}");
    assert_eq!(hint, "did you mean `workload`?");
    let (text, hint) = wrong("[[step]]\nat = \"-4m\"\nby = \"x\"\naction = { rollback = { workload = \"w\" } }\n");
    assert!(text.contains("unknown value `rollback`"), "{text}");
    assert!(hint.contains("undo"), "{hint}");
}

#[test]
fn an_unknown_scenario_is_told_with_the_one_that_was_meant() {
    let problem = load("bad-deplyo").unwrap_err();
    assert_eq!(
        (&*problem.text, &*problem.hint),
        ("unknown scenario `bad-deplyo`", "did you mean `bad-deploy`?")
    );
    let problem = load("nothing-of-the-sort").unwrap_err();
    assert!(problem.hint.starts_with("known here: bad-deploy, memory-leak"), "{}", problem.hint);
    let problem = load("/nowhere/mine.toml").unwrap_err();
    assert!(problem.text.starts_with("/nowhere/mine.toml: "), "{}", problem.text);
}
