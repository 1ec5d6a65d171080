//! A draft of a page: what was done, in the form of the format, for a person to finish.
//!
//! Names of objects become variables, so that the page is about the next time, too: the first pod that a line names is `$POD`
//! in all of them, others stay as they are. What was looked at comes first, then what was changed, then the question whether it
//! helped.

use std::fmt::Write as _;

use super::command::Command;
use super::slug;
use crate::action::Class;

/// Something that was done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Done {
    /// What it is called, where a page said so.
    pub title: String,
    /// The line, as it ran.
    pub command: String,
    /// Why, in the words of whoever did it.
    pub reason: String,
    /// What came of it, in a line.
    pub said: String,
    /// Whether it did what it should.
    pub went_well: bool,
}

/// What a draft is made of.
#[derive(Clone, Debug, Default)]
pub struct Session {
    pub title: String,
    /// Who did it: the owner.
    pub owner: String,
    /// `2026-11-29`
    pub day: String,
    /// Where it was done, as the environments are called.
    pub environments: Vec<String>,
    /// In the order in which it was done.
    pub done: Vec<Done>,
    /// What was noted meanwhile.
    pub notes: Vec<String>,
}

/// The last question of each draft.
const WELL: &str = "Is it well again?";

/// The page.
pub fn draft(session: &Session) -> String {
    let mut names = Names::default();
    let steps: Vec<Step> = session.done.iter().map(|done| Step::of(done, &mut names)).collect();
    let (reads, changes): (Vec<&Step>, Vec<&Step>) = steps.iter().partition(|step| step.class == Class::R);
    let mut used = vec![slug(WELL)];
    let mut out = String::new();
    // Writing to a string does not fail.
    let _ = write!(
        out,
        "---\ntitle: {}\ndescription: {}\nshell: bash\noncall:\n  version: 1\n  owner: {}\n  reviewed: {}\n  budget: 15m\n  escalate:\n    - {{after: 10m, to: \"whoever owns the service\", via: \"slack:#incidents\"}}\n---\n\n# {}\n\n",
        quoted(&session.title),
        quoted(&about(session)),
        quoted(&session.owner),
        session.day,
        session.title
    );
    out.push_str("## Meaning\n\nA draft: say what is wrong when this page helps, and in `oncall.match` how one sees it.\n\n");
    out.push_str("## Impact\n\nSay who notices, and how much.\n\n");
    if !session.notes.is_empty() {
        out.push_str("Noted meanwhile:\n\n");
        session.notes.iter().for_each(|note| {
            let _ = writeln!(out, "- {}", line(note));
        });
        out.push('\n');
    }
    names.declare(&mut out);
    out.push_str("## Diagnosis\n\n");
    for (nth, step) in reads.iter().enumerate() {
        step.write(&mut out, &mut used);
        // Where the looking ends, somebody decides.
        if nth + 1 == reads.len() {
            judge(&mut out, changes.is_empty());
        }
    }
    if reads.is_empty() {
        out.push_str("### What is wrong?\n\nSay what to look at, and what tells that this page is the right one.\n\n");
        judge(&mut out, changes.is_empty());
    }
    if !changes.is_empty() {
        out.push_str("## Mitigation\n\n");
        for (nth, step) in changes.iter().enumerate() {
            step.write(&mut out, &mut used);
            let next = if nth + 1 == changes.len() {
                "[Is it well again?](#is-it-well-again)"
            } else {
                "next step"
            };
            let _ = write!(out, "- **Pass** → {next}\n- **Fail** → [Escalation](#escalation)\n\n");
        }
    }
    out.push_str("## Verification\n\n### Is it well again?\n\nSay what shows it.\n\n```sh {\"name\":\"look-again\",\"kind\":\"query\",\"interactive\":\"false\",\"evidence\":\"true\"}\nkubectl -n \"$NAMESPACE\" get pods\n```\n\n- **Yes** → done\n- **No** → [Escalation](#escalation)\n\n");
    out.push_str("## Escalation\n\n| When | Who | How |\n| --- | --- | --- |\n| after 10 min | whoever owns the service | #incidents |\n");
    out
}

fn judge(out: &mut String, only_looked: bool) {
    let on = if only_looked {
        "[Is it well again?](#is-it-well-again)"
    } else {
        "next step"
    };
    let _ = write!(
        out,
        "- **This is it** → {on}\n- **It is something else** → [Escalation](#escalation)\n\n"
    );
}

fn about(session: &Session) -> String {
    let place = match session.environments.as_slice() {
        [] => String::new(),
        some => format!(" in {}", some.join(", ")),
    };
    match session.done.is_empty() {
        true => "A draft: say in one line when it helps.".to_owned(),
        false => format!("A draft of what was done{place} on {}: say in one line when it helps.", session.day),
    }
}

/// One line of text, which is no heading and no list.
fn line(text: &str) -> String {
    let one = crate::model::clean(text).split_whitespace().collect::<Vec<_>>().join(" ");
    match one.strip_prefix(['#', '-', '>', '|', '`']) {
        Some(_) => format!("\\{one}"),
        None => one,
    }
}

/// A text of the front matter, which holds whatever is in it.
fn quoted(text: &str) -> String {
    format!("\"{}\"", line(text).replace('\\', "\\\\").replace('"', "\\\""))
}

/// A step of the draft.
#[derive(Debug)]
struct Step {
    title: String,
    command: String,
    reason: String,
    said: String,
    went_well: bool,
    class: Class,
    /// Its name in the registry.
    action: Option<&'static str>,
    is_plain: bool,
}

impl Step {
    fn of(done: &Done, names: &mut Names) -> Self {
        let command = names.opened(&done.command);
        let read = Command::read(&command, 1);
        let reading = read.reading_filled(&[], &|_| None);
        // What only a shell can read is not told to be harmless.
        let is_plain = !reading.names.is_empty();
        let title = if done.title.is_empty() {
            title(&command)
        } else {
            line(&done.title)
        };
        Self {
            title,
            reason: line(&done.reason),
            said: line(&done.said),
            went_well: done.went_well,
            class: reading.class,
            action: reading.names.first().copied(),
            is_plain,
            command,
        }
    }

    fn write(&self, out: &mut String, used: &mut Vec<String>) {
        let title = another(&self.title, used);
        let _ = write!(out, "### {title}\n\n");
        if !self.reason.is_empty() {
            let _ = write!(out, "Why: {}.\n\n", self.reason.trim_end_matches('.'));
        }
        if !self.said.is_empty() {
            let word = if self.went_well { "It said" } else { "It did not go well" };
            let _ = write!(out, "{word}: {}\n\n", self.said);
        }
        let name = slug(&title).replace('_', "-");
        let mut attributes = vec![("name", name.as_str())];
        match (self.class, self.action.filter(|_| self.is_plain)) {
            (Class::R, _) => attributes.extend([("kind", "query"), ("interactive", "false"), ("evidence", "true")]),
            (class, Some(action)) => attributes.extend([
                ("kind", "action"),
                ("action", action),
                ("confirm", confirm(class)),
                ("excludeFromRunAll", "true"),
            ]),
            (_, None) => attributes.extend([("kind", "run"), ("confirm", "token"), ("excludeFromRunAll", "true")]),
        }
        let attributes: Vec<String> = attributes.iter().map(|(key, value)| format!("\"{key}\":\"{value}\"")).collect();
        let fence = if self.command.contains("```") { "~~~~" } else { "```" };
        let _ = write!(out, "{fence}sh {{{}}}\n{}\n{fence}\n\n", attributes.join(","), self.command);
    }
}

fn confirm(class: Class) -> &'static str {
    match class {
        Class::R | Class::T | Class::W1 => "key",
        Class::W2 | Class::X => "token",
        Class::D => "full",
    }
}

/// `kubectl rollout undo "deployment/$DEPLOYMENT"` as `Rollout undo deployment`.
fn title(command: &str) -> String {
    let mut words = command.split_whitespace().skip_while(|word| *word == "kubectl");
    let mut text: Vec<String> = Vec::new();
    while let Some(word) = words.next() {
        match word {
            "--" | "|" => break,
            "-n" | "--namespace" => drop(words.next()),
            flag if flag.starts_with('-') => {
                if TAKES_VALUE.contains(&flag) {
                    words.next();
                }
            }
            word => match word.split_once('$') {
                Some((before, variable)) => {
                    let kind = before.trim_matches(['"', '/']);
                    let variable = variable.trim_matches(['"', '{', '}']).to_lowercase();
                    let word = if kind.is_empty() { variable.as_str() } else { kind };
                    // `describe pod "$POD"` names the kind already.
                    let is_said = text.last().and_then(|last| of_kind(last)).is_some();
                    if !is_said {
                        text.push(word.to_owned());
                    }
                }
                None => text.push(word.to_owned()),
            },
        }
        if text.len() == 4 {
            break;
        }
    }
    let text = text
        .join(" ")
        .replace(['"', '\'', '`', '<', '>', '[', ']', '{', '}', '#', '*', '\\'], "");
    let mut chars = text.trim().chars();
    match chars.next() {
        Some(first) => first.to_uppercase().chain(chars).collect(),
        None => "Step".to_owned(),
    }
}

/// A title that no other step has: their anchors and names would be the same.
fn another(title: &str, used: &mut Vec<String>) -> String {
    let mut name = title.to_owned();
    let mut nth = 1;
    while used.contains(&slug(&name)) {
        nth += 1;
        name = format!("{title}, once more{}", if nth > 2 { format!(" ({nth})") } else { String::new() });
    }
    used.push(slug(&name));
    name
}

/// Which names are variables.
#[derive(Debug, Default)]
struct Names {
    /// The variable, and what stood in its place.
    known: Vec<(&'static str, String)>,
}

/// How kubectl's lines call what has a variable.
const KINDS: [(&str, &[&str]); 4] = [
    ("POD", &["pod", "pods", "po"]),
    (
        "DEPLOYMENT",
        &["deployment", "deployments", "deploy", "deployment.apps", "deployments.apps"],
    ),
    ("SERVICE", &["service", "services", "svc"]),
    ("NODE", &["node", "nodes", "no"]),
];

impl Names {
    /// The line with variables in the places of names. One that is not kubectl's, or not in plain words, stays as it is.
    fn opened(&mut self, command: &str) -> String {
        let command = command.trim();
        let is_plain = !command.contains(['\'', '"', '\\', '\n', '|', '$', '`', '#']);
        if !is_plain || !command.starts_with("kubectl ") {
            return command.to_owned();
        }
        let mut out: Vec<String> = Vec::new();
        let mut words = command.split_whitespace().peekable();
        let mut verb = "";
        let mut kind: Option<&'static str> = None;
        let mut after = false;
        while let Some(word) = words.next() {
            // What follows belongs to the program in the container.
            if after || word == "--" {
                after = true;
                out.push(word.to_owned());
                continue;
            }
            match word {
                // Where it is done, whoever walks the page says.
                "--context" => drop(words.next()),
                word if word.starts_with("--context=") => {}
                "-n" | "--namespace" => {
                    let namespace = words.next().unwrap_or_default();
                    out.extend(["-n".to_owned(), self.variable("NAMESPACE", namespace)]);
                }
                word if word.starts_with("--namespace=") => {
                    let namespace = word.trim_start_matches("--namespace=");
                    out.extend(["-n".to_owned(), self.variable("NAMESPACE", namespace)]);
                }
                word if word.starts_with('-') => {
                    out.push(word.to_owned());
                    // A flag's value is no name of an object.
                    if !word.contains('=') && TAKES_VALUE.contains(&word) {
                        out.extend(words.next().map(str::to_owned));
                    }
                }
                word => {
                    if let Some((before, name)) = word.split_once('/') {
                        match of_kind(before) {
                            Some(variable) => {
                                let name = self.variable(variable, name);
                                out.push(format!("{before}/{}", name.trim_matches('"')).replacen('/', "/", 1));
                                quote_last(&mut out);
                            }
                            None => out.push(word.to_owned()),
                        }
                    } else if let Some(variable) = kind.take() {
                        out.push(self.variable(variable, word));
                    } else if verb.is_empty() && word != "kubectl" {
                        verb = word;
                        kind = match word {
                            "logs" | "exec" | "attach" => Some("POD"),
                            "cordon" | "uncordon" | "drain" => Some("NODE"),
                            _ => None,
                        };
                        out.push(word.to_owned());
                    } else {
                        kind = of_kind(word);
                        out.push(word.to_owned());
                    }
                }
            }
        }
        out.join(" ")
    }

    /// The variable that stands for a name: the first name of its kind. Another name stays.
    fn variable(&mut self, variable: &'static str, name: &str) -> String {
        match self.known.iter().find(|(known, _)| *known == variable) {
            Some((_, first)) if first == name => format!("\"${variable}\""),
            Some(_) => name.to_owned(),
            None => {
                self.known.push((variable, name.to_owned()));
                format!("\"${variable}\"")
            }
        }
    }

    /// The block of variables: what they were stands as a comment, since the next time it is another.
    fn declare(&self, out: &mut String) {
        if self.known.is_empty() {
            return;
        }
        out.push_str("## Variables\n\n```sh {\"name\":\"vars\",\"kind\":\"vars\",\"promptEnv\":\"always\",\"interactive\":\"true\",\"excludeFromRunAll\":\"true\"}\n");
        for (variable, was) in &self.known {
            let _ = writeln!(out, "export {variable}=The {} (it was {was})", variable.to_lowercase());
        }
        out.push_str("```\n\n");
    }
}

/// Flags of kubectl that stand before their value.
const TAKES_VALUE: [&str; 14] = [
    "-c",
    "--container",
    "-l",
    "--selector",
    "-o",
    "--output",
    "-f",
    "--replicas",
    "--tail",
    "--since",
    "--sort-by",
    "--to-revision",
    "--field-selector",
    "--timeout",
];

fn of_kind(word: &str) -> Option<&'static str> {
    KINDS.iter().find(|(_, names)| names.contains(&word)).map(|(variable, _)| *variable)
}

/// A word with a variable in it stands between quotes.
fn quote_last(out: &mut [String]) {
    if let Some(last) = out.last_mut().filter(|last| last.contains('$')) {
        *last = format!("\"{last}\"");
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::runbook::lint::{Known, lint};
    use crate::runbook::page::StepKind;
    use crate::runbook::parse;

    fn done(command: &str) -> Done {
        Done {
            command: command.into(),
            went_well: true,
            ..Done::default()
        }
    }

    fn session(done: Vec<Done>) -> Session {
        Session {
            title: "Backend crashes".into(),
            owner: "ann@bastion".into(),
            day: "2026-11-29".into(),
            environments: vec!["prod".into()],
            done,
            notes: vec!["the new image has no STRIPE_KEY".into()],
        }
    }

    #[test]
    fn what_was_done_is_a_page_that_keeps_the_rules() {
        let mut scale = done("kubectl --context solia-prod -n default scale deployment/backend-deployment --replicas=5");
        (scale.reason, scale.said) = ("load".into(), "deployment.apps/backend-deployment scaled".into());
        let text = draft(&session(vec![
            done("kubectl -n default get pods"),
            done("kubectl logs -n default backend-7d9f-x2x9k --previous --tail=200"),
            scale,
            done("kubectl rollout undo deployment/backend-deployment --namespace=default --to-revision=41"),
            done("kubectl delete pod other-1 -n default"),
        ]));
        insta::assert_snapshot!("draft", text);
        let (book, flaws) = parse("draft", &text);
        assert_eq!(lint(&book, flaws, &Known::default()), [], "{text}");
        let kinds: Vec<StepKind> = book.steps.iter().map(|step| step.kind).collect();
        use StepKind::*;
        assert_eq!(kinds, [Query, Query, Action, Action, Action, Query]);
    }

    #[test]
    fn a_draft_of_nothing_is_a_frame() {
        let text = draft(&Session {
            done: Vec::new(),
            notes: Vec::new(),
            environments: Vec::new(),
            ..session(Vec::new())
        });
        let (book, flaws) = parse("draft", &text);
        assert_eq!(lint(&book, flaws, &Known::default()), [], "{text}");
        assert_eq!(book.steps.len(), 2);
    }

    #[test]
    fn names_are_variables_and_others_stay() {
        let mut names = Names::default();
        for (line, expected) in [
            ("kubectl get pods -n a -o wide", "kubectl get pods -n \"$NAMESPACE\" -o wide"),
            (
                "kubectl --context=x describe pod web-1 -n a",
                "kubectl describe pod \"$POD\" -n \"$NAMESPACE\"",
            ),
            ("kubectl logs web-1 -c app -n b", "kubectl logs \"$POD\" -c app -n b"),
            ("kubectl logs web-2", "kubectl logs web-2"),
            ("kubectl exec web-1 -- cat pod/web-1", "kubectl exec \"$POD\" -- cat pod/web-1"),
            ("kubectl drain node-1 --force", "kubectl drain \"$NODE\" --force"),
            (
                "kubectl scale deploy/web --replicas 3",
                "kubectl scale \"deploy/$DEPLOYMENT\" --replicas 3",
            ),
            (
                "kubectl get pod web-1 -o jsonpath='{.x}'",
                "kubectl get pod web-1 -o jsonpath='{.x}'",
            ),
            ("psql -c 'select 1'", "psql -c 'select 1'"),
        ] {
            assert_eq!(names.opened(line), expected, "{line}");
        }
    }

    proptest! {
        /// Whatever was said of what was done, and whatever the page is called: no command of the draft is made of it.
        #[test]
        fn only_what_was_done_is_a_command_of_the_draft(lines in prop::collection::vec("[ -~]{1,60}", 0..6), said in "\\PC{0,40}", title in "\\PC{1,30}") {
            let all: Vec<Done> = lines.iter().map(|line| Done { said: said.clone(), reason: said.clone(), ..done(line) }).collect();
            let text = draft(&Session { title, notes: vec![said.clone()], ..session(all) });
            let (book, _) = parse("draft", &text);
            let mut names = Names::default();
            let look = "kubectl -n \"$NAMESPACE\" get pods".to_owned();
            let meant: Vec<String> = lines.iter().map(|line| names.opened(line)).chain([look]).collect();
            for step in &book.steps {
                if let Some(command) = step.command() {
                    prop_assert!(meant.iter().any(|line| line.contains(command.text.trim())), "{:?} in {text}", command.text);
                }
            }
        }
    }
}
