//! What has to hold of every page and of every value, whatever they are: shared by the tests and the fuzzer.
//!
//! Each of these panics where it does not hold.

use super::command::{Command, Program};
use super::lint::{Known, lint};
use super::page::{Goto, Runbook};
use super::parse;
use super::value::Bindings;
use crate::action::kubectl;
use crate::model::clean_lines;

/// Any text is a page: it is read, judged and bound, its places are in it, and nothing in it steers a terminal.
pub fn page(text: &str) {
    let (book, flaws) = parse("page", text);
    let lines = text.lines().count() + 2;
    let flaws = lint(&book, flaws, &Known::default());
    assert!(
        flaws.iter().all(|flaw| (1..=lines).contains(&flaw.line)),
        "a flaw is outside of the page"
    );
    for step in &book.steps {
        assert!(
            (1..=lines).contains(&step.line) && step.phase < book.phases.len(),
            "a step is outside of the page"
        );
        for branch in &step.branches {
            let there = match branch.goto {
                Goto::Step(at) => at < book.steps.len(),
                Goto::Phase(at) => at < book.phases.len(),
                _ => true,
            };
            assert!(there, "a branch leads out of the page");
        }
        if let Some(command) = step.command() {
            harmless(&command.text);
            harmless(&command.shown());
        }
        harmless(&step.title);
    }
    assert!(
        book.phases.iter().all(|phase| phase.steps.end <= book.steps.len()),
        "a phase has steps that there are not"
    );
    unique(&book);
    let bindings = Bindings::begin(&book, &super::value::Facts::default(), &|_| None);
    let slots = book.slots();
    assert!(bindings.missing(&slots).len() <= slots.len());
}

fn unique(book: &Runbook) {
    let mut ids: Vec<&str> = book.steps.iter().map(|step| step.id.as_str()).collect();
    ids.sort_unstable();
    // A page may have the same heading twice; then its slug has a number.
    assert!(ids.windows(2).all(|two| two.first() != two.last()), "two steps have one id");
}

fn harmless(text: &str) {
    assert_eq!(clean_lines(text), text, "a control sequence came through");
}

/// No value becomes a command, a flag, or more than one word, wherever it is filled in.
pub fn value(line: &str, value: &str) {
    let open = Command::read(line, 1);
    let mut filled = open.clone();
    for variable in open.variables() {
        filled.bind(&variable, value);
    }
    if let Program::Opaque(_) = open.program {
        assert_eq!(filled, open, "a value was pasted into a line that a shell reads");
        return;
    }
    let count = |command: &Command| command.words().map_or(0, |line| line.words().count());
    assert_eq!(count(&open), count(&filled), "a value became several words");
    assert_eq!(open.filters.len(), filled.filters.len());
    if let (Some(before), Some(after)) = (open.words(), filled.words()) {
        for (before, after) in before.words().zip(after.words()) {
            assert!(before.is_open() || before == after, "a value changed another word");
        }
    }
    if let Some(argv) = filled.argv() {
        let flags = |command: &Command| {
            command
                .words()
                .map_or(0, |line| line.words().filter(|word| word.start().starts_with('-')).count())
        };
        assert_eq!(flags(&open), flags(&filled), "a value became a flag: {argv:?}");
        // As it is shown it is what is run, also to a reader of shells. (What steers a terminal is not shown as it is.)
        let shown = filled.shown();
        if clean_lines(value) == value && filled.filters.is_empty() {
            let again = Command::read(&shown, 1);
            if filled.action().is_none_or(|action| action.is_ok()) && !matches!(again.program, Program::Opaque(_)) {
                assert_eq!(again.argv(), Some(argv), "{shown}");
            }
        }
    }
    // No line holds what steers a terminal; a value that does is refused before (`value::checked`).
    if let Some(Ok(action)) = filled.action().filter(|_| !value.chars().any(char::is_control)) {
        let printed = action.to_string();
        assert_eq!(kubectl::parse(&printed).as_ref(), Ok(&action), "{printed}");
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn sections_without_words_have_steps_of_their_own() {
        page("```sh\nls\n```\n}\n---\n```sh\nls\n```\n# a\n```sh\nls\n```\n# a\n```sh\nls\n```\n# a 1\n```sh\nls\n```\n");
    }

    const LINES: [&str; 14] = [
        "kubectl -n $NS logs \"$POD\" -c <container> --previous --tail=200",
        "kubectl exec <backend-pod> -- pg_isready -h <db-host>",
        "kubectl delete pod $POD",
        "kubectl scale deploy/$D --replicas=$N",
        "kubectl get pods -l \"app=$APP\" -o wide",
        "kubectl logs $POD | grep \"$TEXT\" | head -n 5",
        "kubectl rollout undo \"deployment/$D\" --to-revision=\"$R\"",
        "kubectl patch pvc $C -p \"{\\\"a\\\":\\\"$V\\\"}\"",
        "aws rds describe-db-instances --db-instance-identifier \"$DB\" --query 'X[0]'",
        "aws rds describe-events --source-identifier $DB",
        "curl -sS -o /dev/null -w '%{http_code}' \"$BASE_URL/health\"",
        "./infrastructure/scripts/deploy.sh $ENV --tag $TAG",
        "psql -h $HOST -c 'SELECT 1'",
        "for p in $PODS; do kubectl delete pod $p; done",
    ];

    /// Values of people who mean harm, beside any others.
    fn hostile() -> impl Strategy<Value = String> {
        prop_oneof![
            "\\PC{0,20}",
            "[-;|&$(){}<>'\"`\\\\ \n\t*?!#~a-z0-9=/.]{0,16}",
            proptest::sample::select(vec![
                "$(rm -rf /)",
                "`id`",
                "a; rm -rf /",
                "x' || true; echo '",
                "--all",
                "-A",
                "-o/etc/passwd",
                "--kubeconfig=/tmp/x",
                "\u{1b}[2J",
                "a\nkubectl delete ns solia",
                "{{.}}",
                "",
                "@/etc/passwd",
                "file:///etc/passwd",
            ])
            .prop_map(str::to_owned),
        ]
    }

    #[test]
    fn hostile_values_stay_values() {
        for line in LINES {
            for text in [
                "$(rm -rf /)",
                "--all",
                "-A",
                "a\nb",
                "a' b",
                "\u{1b}[2J",
                "",
                "-",
                "x|y",
                "@f",
                "$HOME",
                "<pod>",
            ] {
                value(line, text);
            }
        }
    }

    proptest! {
        #[test]
        fn no_value_becomes_a_command(line in proptest::sample::select(LINES.to_vec()), text in hostile()) {
            value(line, &text);
        }

        #[test]
        fn no_line_and_no_value_break_the_reader(line in "(kubectl|aws|curl|k|\\./x|psql|redis-cli)[ a-z$<>{}'\"|;&A-Z0-9/=.\\-]{0,50}", text in hostile()) {
            value(&line, &text);
        }

        #[test]
        fn any_text_is_a_page(pieces in proptest::collection::vec(proptest::sample::select(vec![
            "---\n", "title: X\n", "oncall:\n  version: 1\n", "  match: [{k8s: {kind: Pod}}]\n", "# A\n", "## Diagnosis\n", "## Mitigation\n", "### Look\n", "### Look\n",
            "```sh\n", "```sh {\"name\":\"a\",\"kind\":\"query\"}\n", "```promql {\"kind\":\"wait\"", "}\n", "```\n", "kubectl get pods $POD\n", "rm -rf /\n", "echo '\n",
            "- **Yes** → [Look](#look)\n", "- **Pass** `exit == 0` → next step\n", "- **No** → [x](other.md)\n", "- [ ] check\n", "> [!CAUTION]\n> no\n", "| a | b |\n| - | - |\n",
            "\u{1b}[2J", "\u{202e}", "\n", "   ", "<pod>", "`", "→", "export X=1\n", "up{a=\"$B\"}\n", "🚀",
        ]), 0..40)) {
            page(&pieces.concat());
        }

        #[test]
        fn any_characters_are_a_page(text in "\\PC{0,200}") {
            page(&text);
        }
    }
}
