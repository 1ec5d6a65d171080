//! What a container does whose image the platform knows nothing about, as far as its command tells: `sh -c
//! "echo hello; sleep 5; exit 3"`, `false`, `sleep 100`, a program that does not exist.

use jiff::SignedDuration;
use serde_json::Value;

use crate::model::Quantity;
use crate::sim::scenario::Behaviour;
use crate::sim::world::World;

/// The way of a container from its start.
#[derive(Clone, Debug, PartialEq)]
pub struct Course {
    pub end: End,
    /// Lines that it prints, each with its time after the start.
    pub says: Vec<(SignedDuration, String)>,
    pub on_term: OnTerm,
    pub serves: Serves,
}

/// How it ends by itself.
#[derive(Clone, Debug, PartialEq)]
pub enum End {
    Never,
    Exits {
        after: SignedDuration,
        code: i32,
        reason: &'static str,
    },
    /// The runtime cannot start it; its answer.
    CannotStart(String),
}

/// What SIGTERM does to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnTerm {
    /// It finishes its work and exits with 0.
    Exits,
    /// The first process of a container that installs no handler is not ended by it: the grace passes, then SIGKILL.
    Ignores,
}

/// Whether anything listens on its ports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Serves {
    Ports,
    Nothing,
}

/// Programs that an image of a shell has; any other is taken for the application itself.
const TOOLS: [&str; 14] = [
    "sh", "bash", "ash", "sleep", "echo", "printf", "true", "false", "exit", "dd", "cat", "tail", "date", "env",
];

/// The way of a container (an element of `spec.containers` or `spec.initContainers`) of this pod: the scenario
/// is asked first, then the command.
pub fn course(world: &World, pod: &Value, container: &Value) -> Course {
    match crate::sim::scenario::behaviour(world, pod, container) {
        Some(Behaviour::Runs) => Course {
            end: End::Never,
            says: Vec::new(),
            on_term: OnTerm::Exits,
            serves: Serves::Ports,
        },
        Some(Behaviour::Exits { after, code, last_words }) => Course {
            end: End::Exits {
                after,
                code,
                reason: reason(code),
            },
            says: last_words.into_iter().map(|words| (after, words)).collect(),
            on_term: OnTerm::Exits,
            serves: Serves::Ports,
        },
        None => match crate::sim::seed::takes(container) {
            // A job of the platform's own is done after a while.
            Some(after) => Course {
                end: End::Exits {
                    after,
                    code: 0,
                    reason: reason(0),
                },
                says: Vec::new(),
                on_term: OnTerm::Exits,
                serves: Serves::Nothing,
            },
            None => interpreted(container),
        },
    }
}

/// The reason that goes with an exit code.
pub fn reason(code: i32) -> &'static str {
    if code == 0 { "Completed" } else { "Error" }
}

/// What a command does; a container without one does its image's work for ever.
pub fn interpreted(container: &Value) -> Course {
    let words = |field: &str| -> Vec<String> {
        let list = container[field].as_array().into_iter().flatten();
        list.filter_map(|w| w.as_str().map(str::to_owned)).collect()
    };
    let (command, args) = (words("command"), words("args"));
    let all: Vec<String> = command.iter().chain(&args).cloned().collect();
    let application = Course {
        end: End::Never,
        says: Vec::new(),
        on_term: OnTerm::Exits,
        serves: Serves::Ports,
    };
    let Some(program) = all.first() else { return application };
    if let Some(message) = cannot_start(program).filter(|_| !command.is_empty()) {
        return Course {
            end: End::CannotStart(message),
            ..application
        };
    }
    let name = program.rsplit('/').next().unwrap_or(program);
    if !TOOLS.contains(&name) {
        return application;
    }
    let memory = Quantity::parse(container["resources"]["limits"]["memory"].as_str().unwrap_or_default());
    let mut shell = Shell {
        clock: SignedDuration::ZERO,
        says: Vec::new(),
        memory: memory.get().map(|milli| milli / 1000),
        end: None,
        status: 0,
    };
    shell.run_words(&all);
    let end = shell.end.unwrap_or(End::Exits {
        after: shell.clock,
        code: shell.status,
        reason: reason(shell.status),
    });
    Course {
        end,
        says: shell.says,
        on_term: OnTerm::Ignores,
        serves: Serves::Nothing,
    }
}

/// The runtime's answer if there is no such program: paths that no image has, and names that say so.
fn cannot_start(program: &str) -> Option<String> {
    let odd = [
        "no/such",
        "nonexistent",
        "does-not-exist",
        "not-found",
        "missing-binary",
        "nosuch",
        "typo",
    ];
    if !odd.iter().any(|part| program.contains(part)) {
        return None;
    }
    let why = if program.contains('/') {
        format!("stat {program}: no such file or directory")
    } else {
        "executable file not found in $PATH".to_owned()
    };
    Some(format!(
        "failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: \
         unable to start container process: exec: \"{program}\": {why}: unknown"
    ))
}

/// Whether a command that a probe runs succeeds; its output if not.
pub fn probe(command: &[String]) -> Result<(), String> {
    let Some(program) = command.first() else { return Ok(()) };
    let name = program.rsplit('/').next().unwrap_or(program);
    if !TOOLS.contains(&name) || matches!(name, "cat" | "env" | "date" | "tail") {
        return Ok(());
    }
    let mut shell = Shell {
        clock: SignedDuration::ZERO,
        says: Vec::new(),
        memory: None,
        end: None,
        status: 0,
    };
    shell.run_words(command);
    let code = match shell.end {
        Some(End::Exits { code, .. }) => code,
        Some(_) => 0,
        None => shell.status,
    };
    if code == 0 {
        return Ok(());
    }
    let lines: Vec<String> = shell.says.into_iter().map(|(_, line)| line + "\n").collect();
    Err(lines.concat())
}

/// A shell that understands the little that test containers do.
struct Shell {
    clock: SignedDuration,
    says: Vec<(SignedDuration, String)>,
    /// The most memory it may use, in bytes.
    memory: Option<i64>,
    end: Option<End>,
    /// Of the last command.
    status: i32,
}

impl Shell {
    /// Runs one program with its arguments.
    fn run_words(&mut self, words: &[String]) {
        let Some((program, args)) = words.split_first() else { return };
        let arg = |i: usize| args.get(i).map(String::as_str).unwrap_or_default();
        self.status = 0;
        match program.rsplit('/').next().unwrap_or(program) {
            "exec" => self.run_words(args),
            // A shell without a script ends at once.
            "sh" | "bash" | "ash" => {
                if let Some(at) = args.iter().position(|a| a.starts_with('-') && a.ends_with('c')) {
                    self.script(args.get(at + 1).map(String::as_str).unwrap_or_default());
                }
            }
            "sleep" => match span(arg(0)) {
                Some(time) => self.clock = self.clock.saturating_add(time),
                None => self.end = Some(End::Never),
            },
            "usleep" => {
                let micros = arg(0).parse().unwrap_or(0);
                self.clock = self.clock.saturating_add(SignedDuration::from_micros(micros));
            }
            "echo" | "printf" => {
                let args = args.iter().filter(|a| !matches!(a.as_str(), "-n" | "-e") && !a.starts_with('>'));
                let text: Vec<&str> = args.map(String::as_str).collect();
                let said = text.join(" ");
                let lines = said.split('\n').filter(|l| !l.is_empty());
                self.says.extend(lines.map(|line| (self.clock, line.to_owned())));
            }
            "false" => self.status = 1,
            "exit" => {
                let code = arg(0).parse().unwrap_or(0);
                self.end = Some(End::Exits {
                    after: self.clock,
                    code,
                    reason: reason(code),
                });
            }
            "tail" if args.iter().any(|a| a.starts_with("-f") || a == "-F") => self.end = Some(End::Never),
            "dd" => {
                let block = args.iter().find_map(|a| a.strip_prefix("bs="));
                let block = Quantity::parse(&block.unwrap_or("0").replace('K', "Ki").replace('M', "Mi").replace('G', "Gi"));
                if self.memory.zip(block.get()).is_some_and(|(most, block)| block / 1000 > most) {
                    self.end = Some(End::Exits {
                        after: self.clock,
                        code: 137,
                        reason: "OOMKilled",
                    });
                }
            }
            _ => {}
        }
    }

    /// Runs a script: commands between `;`, `&&`, `||` and line ends; `while true` goes on for ever.
    fn script(&mut self, text: &str) {
        for (joint, command) in commands(text) {
            if self.end.is_some() {
                return;
            }
            let skipped = match joint {
                Joint::Then => false,
                Joint::And => self.status != 0,
                Joint::Or => self.status == 0,
            };
            if skipped {
                continue;
            }
            let words = words(&command);
            match words.first().map(String::as_str) {
                Some("while" | "until") => self.end = Some(End::Never),
                // A loop's body is done once: good enough for a migration that prints a few lines.
                Some("do" | "then") => self.run_words(words.get(1..).unwrap_or_default()),
                Some("for" | "done" | "if" | "fi" | "else" | "trap" | "set") | None => {}
                Some(_) => self.run_words(&words),
            }
        }
    }
}

/// How a command follows the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Joint {
    Then,
    And,
    Or,
}

/// The commands of a script, quotes respected.
fn commands(text: &str) -> Vec<(Joint, String)> {
    let mut list = Vec::new();
    let (mut joint, mut command, mut quote) = (Joint::Then, String::new(), None);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let next = match (quote, c) {
            (None, ';' | '\n') => Some(Joint::Then),
            (None, '&') if chars.peek() == Some(&'&') => Some(Joint::And),
            (None, '|') if chars.peek() == Some(&'|') => Some(Joint::Or),
            _ => None,
        };
        if let Some(next) = next {
            if next != Joint::Then {
                chars.next();
            }
            list.push((joint, std::mem::take(&mut command)));
            joint = next;
            continue;
        }
        match (quote, c) {
            (None, '\'' | '"') => quote = Some(c),
            (Some(q), c) if q == c => quote = None,
            _ => {}
        }
        command.push(c);
    }
    list.push((joint, command));
    list
}

/// The words of a command; quotes are taken off, redirections dropped.
fn words(command: &str) -> Vec<String> {
    let (mut list, mut word, mut quote, mut open) = (Vec::new(), String::new(), None, false);
    for c in command.chars() {
        match (quote, c) {
            (None, '\'' | '"') => (quote, open) = (Some(c), true),
            (Some(q), c) if q == c => quote = None,
            (None, c) if c.is_whitespace() => {
                if open || !word.is_empty() {
                    list.push(std::mem::take(&mut word));
                }
                open = false;
            }
            (_, c) => word.push(c),
        }
    }
    if open || !word.is_empty() {
        list.push(word);
    }
    if let Some(at) = list
        .iter()
        .position(|w| w.starts_with('>') || w.starts_with("2>") || w.starts_with("1>"))
    {
        list.truncate(at);
    }
    list
}

/// How long `sleep` sleeps: seconds, or with a unit; `None` for ever.
fn span(text: &str) -> Option<SignedDuration> {
    let split = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let unit = match unit {
        "m" => 60.0,
        "h" => 3600.0,
        "d" => 86_400.0,
        _ => 1.0,
    };
    let seconds = number.parse::<f64>().ok().filter(|_| text != "infinity")? * unit;
    // Longer than ten years is for ever.
    (seconds < 3e8).then(|| SignedDuration::from_millis((seconds * 1000.0) as i64))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn exits(command: &Value) -> (i64, i32, &'static str) {
        match interpreted(&json!({"command": command, "resources": {"limits": {"memory": "32Mi"}}})).end {
            End::Exits { after, code, reason } => (after.as_secs(), code, reason),
            other => panic!("{command}: {other:?}"),
        }
    }

    #[test]
    fn commands_end_as_they_would() {
        assert_eq!(exits(&json!(["false"])), (0, 1, "Error"));
        assert_eq!(exits(&json!(["true"])), (0, 0, "Completed"));
        assert_eq!(exits(&json!(["sleep", "30"])), (30, 0, "Completed"));
        assert_eq!(exits(&json!(["sh", "-c", "sleep 5; exit 1"])), (5, 1, "Error"));
        assert_eq!(exits(&json!(["/bin/sh", "-c", "false && exit 4; exit 3"])), (0, 3, "Error"));
        assert_eq!(exits(&json!(["sh", "-ec", "true || exit 4; sleep 1m"])), (60, 0, "Completed"));
        let hog = "echo allocating 200M; sleep 2; exec dd if=/dev/zero of=/dev/null bs=200M count=100";
        assert_eq!(exits(&json!(["sh", "-c", hog])), (2, 137, "OOMKilled"));
    }

    #[test]
    fn what_it_prints_is_known_and_when() {
        let script = "echo starting; sleep 2; echo 'panic: cannot reach database; giving up' >&2; exit 3";
        let course = interpreted(&json!({"command": ["sh", "-c", script]}));
        let says: Vec<(i64, &str)> = course.says.iter().map(|(at, text)| (at.as_secs(), text.as_str())).collect();
        assert_eq!(says, [(0, "starting"), (2, "panic: cannot reach database; giving up")]);
        assert_eq!(
            course.on_term,
            OnTerm::Ignores,
            "the first process of a container has no default handlers"
        );
    }

    #[test]
    fn loops_and_applications_go_on_and_missing_programs_do_not_start() {
        for command in [
            json!(["sh", "-c", "while true; do echo x; sleep 3; done"]),
            json!(["node", "server.js"]),
            json!([]),
        ] {
            assert_eq!(interpreted(&json!({"command": command})).end, End::Never, "{command}");
        }
        let End::CannotStart(message) = interpreted(&json!({"command": ["/no/such/binary"]})).end else {
            panic!("it started")
        };
        assert!(message.ends_with("exec: \"/no/such/binary\": stat /no/such/binary: no such file or directory: unknown"));
    }

    #[test]
    fn probes_that_run_commands_fail_by_them() {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(probe(&words("false")), Err(String::new()));
        assert_eq!(probe(&words("pg_isready -h 127.0.0.1")), Ok(()));
        assert_eq!(probe(&["sh".into(), "-c".into(), "echo no; exit 1".into()]), Err("no\n".into()));
    }
}
