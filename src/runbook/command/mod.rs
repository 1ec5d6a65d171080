//! A command line of a page: what program it is, what it does to the world, what is left to fill in.
//!
//! ```text
//!  line ──► split at `|` ──► words (the reader of `action`; no shell) ──► kubectl ── action::kubectl, run natively
//!                                                                       ├ aws, curl, psql, redis-cli, ./deploy.sh ── by a table
//!                                                                       └ everything else: opaque, class X
//! ```
//!
//! Values are bound to words, which nothing reads again; an opaque line gets them as environment variables. So no value can
//! become a command. Whether a line only reads is proven of the words with their values in, never declared.

mod aws;
mod filter;
mod http;
mod programs;
mod split;

pub use aws::Logs;
pub use filter::Filter;
pub use http::{fetch, of_fence};

use crate::action::variables::{Line, Variable};
use crate::action::{Action, Class, Piece, Rollout, Verb, Word};
use crate::model::{clean, clean_lines};

/// One command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// As the page has it, without a prompt; may go on over several lines. Harmless to print.
    pub text: String,
    /// Where it begins.
    pub line: usize,
    pub program: Program,
    /// What its output goes through.
    pub filters: Vec<Filter>,
}

/// What is run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Program {
    Kubectl(Line),
    Aws(Line),
    Curl(Line),
    Psql(Line),
    Redis(Line),
    /// A program of the team's, by its path.
    Script(Line),
    /// What only a shell can read, and why.
    Opaque(String),
}

/// How a command line is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// By this program itself: nothing else has to be installed.
    Native,
    /// By another program, whose arguments are known.
    Program,
    /// By a shell, with the variables as environment.
    Shell,
}

/// What is known of a command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// What it does to the world.
    pub class: Class,
    pub how: How,
    /// The names of the registry that fit it, the usual first; empty: it is not in there.
    pub names: Vec<&'static str>,
    /// Whether it goes on until it is stopped.
    pub endless: bool,
    /// Why it is not better, where that helps.
    pub why: Option<String>,
}

impl Command {
    /// Reads a command line; whatever it is, it is one.
    pub fn read(text: &str, line: usize) -> Self {
        let (program, filters) = match read(text) {
            Ok(both) => both,
            Err(why) => (Program::Opaque(clean(&why).into_owned()), Vec::new()),
        };
        Self {
            text: clean_lines(text),
            line,
            program,
            filters,
        }
    }

    /// Whether it is the team's deployment script, in a use that is known.
    pub fn is_deployment(&self) -> bool {
        matches!(&self.program, Program::Script(line) if programs::deploy(line).is_some())
    }

    /// The same line, run by the program of this path.
    #[must_use]
    pub fn run_by(mut self, path: &str) -> Self {
        if let Some(line) = self.words_mut() {
            line.run_by(path);
        }
        self
    }

    /// What is still to be filled in, each once, in the order of the line.
    pub fn variables(&self) -> Vec<Variable> {
        let mut all = match self.words() {
            Some(line) => line.variables(),
            None if self.text.len() > LONG => Vec::new(),
            None => loose_variables(&self.text),
        };
        for variable in self.filters.iter().flat_map(Filter::variables) {
            if !all.contains(&variable) {
                all.push(variable);
            }
        }
        all
    }

    /// Fills a place in. An opaque line is left as it is: it gets its values as environment variables.
    pub fn bind(&mut self, variable: &Variable, value: &str) {
        if let Some(line) = self.words_mut() {
            line.bind(variable, value);
        }
        self.filters.iter_mut().for_each(|filter| filter.bind(variable, value));
    }

    /// The words of the program, where it could be read.
    pub fn words(&self) -> Option<&Line> {
        match &self.program {
            Program::Kubectl(line)
            | Program::Aws(line)
            | Program::Curl(line)
            | Program::Psql(line)
            | Program::Redis(line)
            | Program::Script(line) => Some(line),
            Program::Opaque(_) => None,
        }
    }

    fn words_mut(&mut self) -> Option<&mut Line> {
        match &mut self.program {
            Program::Kubectl(line)
            | Program::Aws(line)
            | Program::Curl(line)
            | Program::Psql(line)
            | Program::Redis(line)
            | Program::Script(line) => Some(line),
            Program::Opaque(_) => None,
        }
    }

    /// What kubectl would do; none, where it is another program.
    ///
    /// # Errors
    ///
    /// The value that was filled in makes no sense there, as a sentence.
    pub fn action(&self) -> Option<Result<Action, String>> {
        match &self.program {
            Program::Kubectl(line) => Some(line.action().map_err(|fault| said(&fault))),
            _ => None,
        }
    }

    /// What the log view can answer of it, without that program.
    pub fn logs(&self) -> Option<Logs> {
        match &self.program {
            Program::Aws(line) if self.filters.is_empty() => aws::logs(line),
            _ => None,
        }
    }

    /// The program and its arguments, where nothing is left to fill in and no value would be a flag.
    pub fn argv(&self) -> Option<Vec<String>> {
        let line = self.words().filter(|line| line.filled_flag().is_none())?;
        line.words().map(|word| word.plain().map(str::to_owned)).collect()
    }

    /// The line that is run, with what was filled in, to be read and copied.
    pub fn shown(&self) -> String {
        let Some(line) = self.words() else {
            return self.text.clone();
        };
        let one = |line: &Line| line.words().map(Word::to_string).collect::<Vec<_>>().join(" ");
        let all = std::iter::once(one(line)).chain(self.filters.iter().map(|filter| one(filter.line())));
        clean_lines(&all.collect::<Vec<_>>().join(" | "))
    }

    /// What is known of it, with what was filled in. `also` are programs in containers that the configuration counts as reading.
    pub fn reading(&self, also: &[String]) -> Reading {
        let reading = |class, how, names: &[&'static str]| Reading {
            class,
            how,
            names: names.to_vec(),
            endless: false,
            why: None,
        };
        let because = |class, how, why: String| Reading {
            class,
            how,
            names: Vec::new(),
            endless: false,
            why: Some(why),
        };
        let mut known = match &self.program {
            Program::Kubectl(line) => match line.action() {
                Ok(action) => Reading {
                    endless: is_endless(&action.verb),
                    ..reading(action.class(also), How::Native, names(&action, also))
                },
                Err(fault) => because(Class::X, How::Shell, said(&fault)),
            },
            Program::Aws(line) => match aws::read(line) {
                Ok(call) => Reading {
                    endless: call.endless,
                    ..reading(call.class, How::Program, call.names)
                },
                Err(why) => because(Class::X, How::Program, why),
            },
            Program::Curl(line) => match http::read(line) {
                Ok(()) => reading(Class::R, How::Native, &["http.get"]),
                Err(why) => because(Class::X, How::Program, why),
            },
            Program::Psql(line) => match programs::psql(line) {
                Ok(()) => reading(Class::R, How::Program, &["pg.query"]),
                Err(why) => because(Class::X, How::Program, why),
            },
            Program::Redis(line) => match programs::redis(line) {
                Ok((class, name)) => reading(class, How::Program, &[name]),
                Err(why) => because(Class::X, How::Program, why),
            },
            Program::Script(line) => match programs::deploy(line) {
                Some((class, name)) => reading(class, How::Program, &[name]),
                None => because(Class::X, How::Program, "nobody knows what the script does".to_owned()),
            },
            Program::Opaque(why) => because(Class::X, How::Shell, why.clone()),
        };
        // kubectl's own reader says so by itself.
        let flag = self
            .words()
            .filter(|_| !matches!(self.program, Program::Kubectl(_)))
            .and_then(Line::filled_flag);
        let flag = flag.map(|word| format!("`{}` was filled in and would be a flag", word.said()));
        if let Some(why) = flag.or_else(|| self.filters.iter().find_map(|filter| filter.check().err())) {
            known.class = Class::X;
            known.how = How::Shell;
            known.names.clear();
            known.why = Some(why);
        }
        known
    }

    /// The same for a line whose places are still open: as it will be when a harmless value is in each. Before it runs, what was
    /// really filled in is judged again.
    pub fn reading_filled(&self, also: &[String], sample: &dyn Fn(&Variable) -> Option<String>) -> Reading {
        let open = self.reading(also);
        if open.class == Class::X && !matches!(self.program, Program::Kubectl(_)) {
            return open;
        }
        let mut filled = self.clone();
        for variable in self.variables() {
            let value = sample(&variable).unwrap_or_else(|| "1".to_owned());
            filled.bind(&variable, &value);
        }
        let reading = filled.reading(also);
        match filled.action() {
            // A sample that makes no sense there says nothing: then the open line is judged.
            Some(Err(_)) => self.reading(also),
            _ => reading,
        }
    }
}

/// Whether it never ends by itself.
fn is_endless(verb: &Verb) -> bool {
    match verb {
        Verb::Logs(logs) => logs.follow,
        Verb::Get(get) => get.watch,
        Verb::Events(events) => events.watch,
        Verb::PortForward(_) => true,
        _ => false,
    }
}

/// The names that the registry has for what kubectl does, the usual first.
fn names(action: &Action, also: &[String]) -> &'static [&'static str] {
    match &action.verb {
        Verb::Get(get) if get.target.kinds().iter().all(|kind| kind.is(crate::model::Known::Event)) && !get.target.kinds().is_empty() => {
            &["k8s.events", "k8s.get"]
        }
        Verb::Get(_) => &["k8s.get"],
        Verb::Describe(_) => &["k8s.describe"],
        Verb::Logs(_) => &["k8s.logs"],
        Verb::Events(_) => &["k8s.events"],
        Verb::Top(_) => &["k8s.top"],
        Verb::CanI(_) => &["k8s.can-i"],
        Verb::Exec(_) if action.class(also) == Class::R => &["k8s.exec-read", "k8s.exec"],
        Verb::Exec(_) => &["k8s.exec"],
        Verb::Attach(_) => &["k8s.attach"],
        Verb::Cp(_) => &["k8s.cp"],
        Verb::Debug(_) => &["k8s.debug"],
        Verb::PortForward(_) => &["k8s.port-forward"],
        Verb::Scale(_) => &["k8s.scale"],
        Verb::Rollout { rollout, .. } => match rollout {
            Rollout::Status { .. } => &["k8s.rollout-status"],
            Rollout::History { .. } => &["k8s.rollout-history"],
            Rollout::Undo { .. } => &["k8s.rollout-undo"],
            Rollout::Restart => &["k8s.rollout-restart"],
            Rollout::Pause => &["k8s.rollout-pause"],
            Rollout::Resume => &["k8s.rollout-resume"],
        },
        Verb::SetImage(_) => &["k8s.set-image"],
        Verb::SetEnv(_) => &["k8s.set-env"],
        Verb::SetResources(_) => &["k8s.set-resources"],
        Verb::Label(_) => &["k8s.label"],
        Verb::Annotate(_) => &["k8s.annotate"],
        Verb::Delete(delete) if delete.target.kinds().iter().all(|kind| kind.is(crate::model::Known::Pod)) => {
            &["k8s.delete-pod", "k8s.delete"]
        }
        Verb::Delete(_) => &["k8s.delete"],
        Verb::Cordon { .. } => &["k8s.cordon"],
        Verb::Uncordon { .. } => &["k8s.uncordon"],
        Verb::Drain(_) => &["k8s.drain"],
        Verb::Evict(_) => &["k8s.evict"],
        Verb::Taint(_) => &["k8s.taint"],
        Verb::Autoscale(_) => &["k8s.autoscale"],
        Verb::CreateJob(_) => &["k8s.create-job"],
        Verb::Apply(_) => &["k8s.apply"],
        Verb::Edit(_) => &["k8s.edit"],
        Verb::Patch(_) => &["k8s.patch"],
        // A program of this machine: no name of the registry is one.
        Verb::Run(_) => &[],
        // Nor is a silence a line of kubectl.
        Verb::Silence(_) => &[],
    }
}

/// Every name of the registry.
pub const REGISTRY: &[&str] = &[
    "deploy.dry-run",
    "deploy.rollback",
    "deploy.tag",
    "http.get",
    "k8s.annotate",
    "k8s.apply",
    "k8s.attach",
    "k8s.autoscale",
    "k8s.can-i",
    "k8s.cordon",
    "k8s.cp",
    "k8s.create-job",
    "k8s.debug",
    "k8s.delete",
    "k8s.delete-pod",
    "k8s.describe",
    "k8s.drain",
    "k8s.edit",
    "k8s.events",
    "k8s.evict",
    "k8s.exec",
    "k8s.exec-read",
    "k8s.get",
    "k8s.label",
    "k8s.logs",
    "k8s.patch",
    "k8s.port-forward",
    "k8s.rollout-history",
    "k8s.rollout-pause",
    "k8s.rollout-restart",
    "k8s.rollout-resume",
    "k8s.rollout-status",
    "k8s.rollout-undo",
    "k8s.scale",
    "k8s.set-env",
    "k8s.set-image",
    "k8s.set-resources",
    "k8s.taint",
    "k8s.top",
    "k8s.uncordon",
    "logs.query",
    "pg.query",
    "pg.terminate-idle",
    "rds.describe",
    "rds.events",
    "rds.failover",
    "rds.restore-snapshot",
    "rds.snapshots",
    "rds.wait-available",
    "redis.flush",
    "redis.info",
    "secrets.rotate",
];

/// What takes an action of this name back: actions of these names.
pub fn inverses(name: &str) -> &'static [&'static str] {
    match name {
        "k8s.rollout-undo" | "k8s.set-image" | "k8s.set-env" => &["k8s.rollout-undo", "k8s.set-image", "k8s.set-env"],
        "k8s.scale" => &["k8s.scale"],
        "k8s.cordon" | "k8s.drain" => &["k8s.uncordon"],
        "k8s.uncordon" => &["k8s.cordon"],
        "k8s.rollout-pause" => &["k8s.rollout-resume"],
        "k8s.rollout-resume" => &["k8s.rollout-pause"],
        "k8s.taint" => &["k8s.taint"],
        "k8s.label" => &["k8s.label"],
        "k8s.annotate" => &["k8s.annotate"],
        "k8s.patch" | "k8s.apply" | "k8s.edit" => &["k8s.patch", "k8s.apply", "k8s.edit", "k8s.rollout-undo"],
        "deploy.rollback" | "deploy.tag" => &["deploy.tag", "deploy.rollback"],
        _ => &[],
    }
}

/// What a statement of SQL does, as far as its words tell.
pub fn sql(text: &str) -> (Class, &'static [&'static str]) {
    match (programs::selects(text), programs::terminates(text)) {
        (true, _) => (Class::R, &["pg.query"]),
        (false, true) => (Class::W2, &["pg.terminate-idle"]),
        (false, false) => (Class::X, &[]),
    }
}

/// Longer lines are nobody's (bytes).
const LONG: usize = 16 << 10;

fn read(text: &str) -> Result<(Program, Vec<Filter>), String> {
    if text.len() > LONG {
        return Err("the line is too long to be read".to_owned());
    }
    let parts = split::pipeline(text);
    let mut lines = Vec::with_capacity(parts.len());
    for part in &parts {
        lines.push(Line::read(part).map_err(|fault| said(&fault))?);
    }
    let mut lines = lines.into_iter();
    let first = lines.next().ok_or("there is no command")?;
    let name = match first.words().next().map(Word::pieces) {
        None => return Err("there is no command".to_owned()),
        Some([Piece::Text(name)]) => name.clone(),
        Some(_) => return Err("which program it is, is left to fill in".to_owned()),
    };
    let filters = lines.map(Filter::read).collect::<Result<Vec<_>, _>>()?;
    let program = match name.as_str() {
        "kubectl" | "k" => {
            first.action().map_err(|fault| said(&fault))?;
            Program::Kubectl(first)
        }
        "aws" => Program::Aws(first),
        "curl" => Program::Curl(first),
        "psql" => Program::Psql(first),
        "redis-cli" => Program::Redis(first),
        path if path.starts_with("./") || path.starts_with("../") || path.starts_with('/') || path.starts_with("~/") => {
            Program::Script(first)
        }
        other => return Err(format!("`{other}` is not a program that qd knows")),
    };
    Ok((program, filters))
}

/// A fault as a sentence.
fn said(fault: &crate::action::kubectl::Fault) -> String {
    match &fault.hint {
        Some(hint) => format!("{} ({hint})", fault.message),
        None => fault.message.clone(),
    }
}

/// What looks like variables in a line that only a shell can read, to be shown and asked for.
fn loose_variables(text: &str) -> Vec<Variable> {
    let mut all: Vec<Variable> = Vec::new();
    let mut add = |variable: Variable| {
        if !all.contains(&variable) {
            all.push(variable);
        }
    };
    let mut rest = text;
    while let Some(at) = rest.find(['$', '<', '\'']) {
        let tail = rest.get(at..).unwrap_or_default();
        let inside = tail.get(1..).unwrap_or_default();
        rest = inside;
        if tail.starts_with('\'') {
            // In single quotes nothing is filled in.
            rest = inside.split_once('\'').map_or(inside, |(_, after)| after);
        } else if tail.starts_with('<') {
            let blank = inside.split_once('>').and_then(|(name, _)| Variable::of(&format!("<{name}>")));
            if let Some(blank) = blank {
                add(blank);
            }
        } else {
            let inside = inside.strip_prefix('{').unwrap_or(inside);
            let length = inside
                .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
                .unwrap_or(inside.len());
            let name = inside.get(..length).unwrap_or_default();
            if name.starts_with(|c: char| c.is_ascii_alphabetic()) {
                add(Variable::Named(name.to_owned()));
            }
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Reading {
        Command::read(line, 1).reading_filled(&[], &|_| None)
    }

    #[test]
    fn what_lines_are_recognised_as() {
        use How::{Native, Program, Shell};
        for (line, class, how, name) in [
            ("kubectl get pods -A", Class::R, Native, "k8s.get"),
            ("kubectl logs -f <pod-name>", Class::R, Native, "k8s.logs"),
            ("kubectl get events --sort-by='.lastTimestamp'", Class::R, Native, "k8s.events"),
            (
                "kubectl scale deployment backend-deployment --replicas=5",
                Class::W1,
                Native,
                "k8s.scale",
            ),
            (
                "kubectl exec \"$POD\" -- pg_isready -h \"$DB_HOST\"",
                Class::R,
                Native,
                "k8s.exec-read",
            ),
            (
                "kubectl exec -it <backend-pod> -- pg_isready -h <db-host>",
                Class::T,
                Native,
                "k8s.exec",
            ),
            (
                "kubectl logs <backend-pod> | grep \"connection pool\"",
                Class::R,
                Native,
                "k8s.logs",
            ),
            ("kubectl get pods | awk '{print $1}'", Class::X, Shell, ""),
            ("kubectl get pods | sort -o /etc/passwd", Class::X, Shell, ""),
            ("kubectl get pods | grep -f /etc/passwd x", Class::X, Shell, ""),
            ("kubectl get pods > pods.txt", Class::X, Shell, ""),
            ("kubectl get pods; rm -rf /", Class::X, Shell, ""),
            ("kubectl get pods && ls", Class::X, Shell, ""),
            ("kubectl get $(cat x)", Class::X, Shell, ""),
            ("sudo kubectl get pods", Class::X, Shell, ""),
            ("$CMD get pods", Class::X, Shell, ""),
            ("git push origin main", Class::X, Shell, ""),
            (
                "aws rds describe-db-instances --query 'DBInstances[0].X' --output text",
                Class::R,
                Program,
                "rds.describe",
            ),
            (
                "aws --region eu-west-3 rds describe-events --duration 60",
                Class::R,
                Program,
                "rds.events",
            ),
            (
                "aws rds restore-db-instance-from-db-snapshot \\\n  --db-instance-identifier x \\\n  --db-snapshot-identifier y",
                Class::D,
                Program,
                "rds.restore-snapshot",
            ),
            ("aws rds delete-db-instance --db-instance-identifier x", Class::D, Program, ""),
            ("aws secretsmanager get-secret-value --secret-id x", Class::T, Program, ""),
            ("aws ec2 run-instances", Class::X, Program, ""),
            ("aws s3api get-object --bucket b --key k out", Class::X, Program, ""),
            ("aws $SERVICE describe-x", Class::X, Program, ""),
            (
                "curl -sS -o /dev/null -w '%{http_code}' \"$BASE_URL/health\"",
                Class::R,
                Native,
                "http.get",
            ),
            ("curl -X DELETE https://x", Class::X, Program, ""),
            ("curl -o /etc/passwd https://x", Class::X, Program, ""),
            ("curl -K $FILE https://x", Class::X, Program, ""),
            (
                "./infrastructure/scripts/deploy.sh prod --rollback",
                Class::W2,
                Program,
                "deploy.rollback",
            ),
            (
                "./infrastructure/scripts/deploy.sh staging --dry-run",
                Class::T,
                Program,
                "deploy.dry-run",
            ),
            (
                "./infrastructure/scripts/deploy.sh prod --tag v1.2.3",
                Class::W2,
                Program,
                "deploy.tag",
            ),
            ("./infrastructure/scripts/deploy.sh prod --force", Class::X, Program, ""),
            ("./wipe.sh", Class::X, Program, ""),
            ("redis-cli info stats", Class::R, Program, "redis.info"),
            ("redis-cli flushall", Class::D, Program, "redis.flush"),
            ("redis-cli eval 'x' 0", Class::X, Program, ""),
            ("psql -c 'SELECT 1'", Class::R, Program, "pg.query"),
            ("psql -c 'DROP TABLE x'", Class::X, Program, ""),
            ("psql -f x.sql", Class::X, Program, ""),
            ("", Class::X, Shell, ""),
            ("# only words", Class::X, Shell, ""),
        ] {
            let found = read(line);
            assert_eq!(
                (found.class, found.how, found.names.first().copied().unwrap_or_default()),
                (class, how, name),
                "{line}: {found:?}"
            );
        }
    }

    #[test]
    fn every_name_that_is_given_is_in_the_registry() {
        assert!(REGISTRY.is_sorted());
        for line in [
            "kubectl get pods",
            "kubectl rollout pause deploy/x",
            "redis-cli flushdb",
            "aws rds describe-db-snapshots",
        ] {
            let names = read(line).names;
            assert!(!names.is_empty() && names.iter().all(|name| REGISTRY.contains(name)), "{line}");
        }
    }

    #[test]
    fn what_is_filled_in_is_judged_again() {
        let mut command = Command::read("kubectl exec \"$POD\" -- nc -z -w 3 \"$DB_HOST\" 5432", 1);
        assert_eq!(command.reading(&[]).class, Class::T, "an open line is not proven");
        assert_eq!(command.reading_filled(&[], &|_| None).class, Class::R);
        let mut evil = command.clone();
        evil.bind(&Variable::Named("POD".into()), "web-1");
        evil.bind(&Variable::Named("DB_HOST".into()), "-e/bin/sh");
        assert_eq!(evil.reading(&[]).class, Class::T);
        command.bind(&Variable::Named("POD".into()), "web-1");
        command.bind(&Variable::Named("DB_HOST".into()), "db; rm -rf /");
        assert_eq!(command.argv().unwrap()[8], "db; rm -rf /");
        assert_eq!(command.shown(), "kubectl exec web-1 -- nc -z -w 3 'db; rm -rf /' 5432");
    }

    #[test]
    fn variables_of_an_opaque_line_are_found_and_never_pasted() {
        let mut command = Command::read("for p in $PODS; do echo \"${NS}\" '$NO' <pod-name>; done", 1);
        let names = ["$PODS", "$p", "$NS", "<pod-name>"];
        let wanted: Vec<Variable> = names
            .iter()
            .filter_map(|name| Variable::of(name))
            .filter(|v| *v != Variable::Named("p".into()))
            .collect();
        let found = command.variables();
        assert_eq!(found, wanted);
        let before = command.text.clone();
        command.bind(&found[0], "; rm -rf /");
        assert_eq!(command.shown(), before);
    }
}
