//! `qd config check`: asks each endpoint of each environment, all at once, and prints one line for each.

use std::fmt::Write as _;
use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::future::{join, join_all, join3};
use tokio::sync::mpsc;

use super::{FINDINGS, http, report};
use crate::config::probe::Via;
use crate::config::{Chosen, Config, Endpoint, Environment, Probe, Tier, Who};
use crate::execute::forward::ProbeForwards;
use crate::model::{EnvId, ProbeState, Problem, ProblemKind};
use crate::runbook::library::Library;
use crate::source::http::Door;
use crate::source::kube::link;
use crate::source::{Task, health};

/// What an endpoint answered: what there is to say about it, or what went wrong.
pub type Answer = Result<String, Problem>;

/// One line of the report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub environment: String,
    /// `kubernetes`, `prometheus`, `probe backend`.
    pub endpoint: String,
    /// The word that says how it is: `ok`, `refused`, `timed out`.
    pub word: &'static str,
    /// The rest; may be empty.
    pub detail: String,
    pub verdict: Verdict,
}

/// Whether a line counts as a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Ok,
    Failed,
}

/// Checks the environments that the configuration opens: the one asked for, else all of them.
///
/// With a library of runbooks, also what `--ready` says. `kubernetes` connects to an environment's cluster and says what it found (`v1.33, 34 ms, as anna`).
/// Each endpoint has `deadline`; a slow one delays no other.
pub async fn check(
    config: &Config,
    deadline: Duration,
    ready: Option<&Library>,
    kubernetes: impl AsyncFn(&Environment) -> Answer,
) -> Result<Vec<Line>, Problem> {
    let read_commands = &config.guard.read_commands;
    let wanted = |at: usize| config.chosen == Chosen::ByState || at == config.default_environment;
    let environments = config.environments.iter().enumerate().filter(|(at, _)| wanted(*at));
    let lines = environments.map(|(_, environment)| async {
        let mut lines = of_environment(environment, deadline, ready.is_some(), &kubernetes).await;
        // Where it cannot be reached, the line above says why.
        let reached = |line: &Line| line.endpoint == "kubernetes" && line.verdict == Verdict::Ok;
        if let (Some(library), true) = (ready, lines.iter().any(reached)) {
            let more = super::ready::of_environment(environment, library, read_commands, deadline).await;
            lines.extend(more.into_iter().map(|(endpoint, answer)| line(environment, endpoint, answer)));
        }
        lines
    });
    let lines = join_all(lines).await.into_iter().flatten();
    Ok(lines.chain(deployment(config)).collect())
}

/// Whether the team's deployment script is where the configuration has it, and can be run: at night is too late to see.
fn deployment(config: &Config) -> Option<Line> {
    use std::os::unix::fs::PermissionsExt as _;
    let script = config.runbooks.deploy.as_ref()?;
    let at = script.display();
    let answer = match std::fs::metadata(script) {
        Err(error) => Err(Problem::new(ProblemKind::NotFound, format!("{at}: {error}")).hint("[runbooks] deploy names it")),
        Ok(meta) if !meta.is_file() => Err(Problem::new(ProblemKind::Config, format!("{at} is no file"))),
        Ok(meta) if meta.permissions().mode() & 0o111 == 0 => {
            Err(Problem::new(ProblemKind::Config, format!("{at} may not be run")).hint(format!("chmod +x {at}")))
        }
        Ok(_) => Ok(at.to_string()),
    };
    Some(told("runbooks", "deploy".into(), answer))
}

async fn of_environment(
    environment: &Environment,
    deadline: Duration,
    ready: bool,
    kubernetes: &impl AsyncFn(&Environment) -> Answer,
) -> Vec<Line> {
    let line = |endpoint: String, answer: Answer| line(environment, endpoint, answer);
    let cluster = async {
        match environment.kubernetes {
            Some(_) => Some(line("kubernetes".into(), limited(deadline, kubernetes(environment)).await)),
            None => None,
        }
    };
    // Who reads while it is locked is somebody else, with credentials of their own.
    let reader = async {
        let mut reading = environment.clone();
        reading.kubernetes = environment.as_whom(Who::Reader).filter(|_| environment.has_reader());
        match reading.kubernetes {
            Some(_) => Some(line("kubernetes, locked".into(), limited(deadline, kubernetes(&reading)).await)),
            None => None,
        }
    };
    let one = |name: &'static str, service| move |endpoint: &Endpoint| (name, service, endpoint.clone());
    let services = environment.prometheus.iter().map(one("prometheus", http::Service::Prometheus));
    let services = services.chain(environment.alerting().map(one("alertmanager", http::Service::Alertmanager)));
    let services = services.chain(environment.grafana.iter().map(one("grafana", http::Service::Grafana)));
    let mut asked: Vec<(String, http::Question)> = Vec::new();
    for (name, service, endpoint) in services {
        let twins = asked.iter().filter(|(other, _)| other.split(' ').next() == Some(name)).count();
        let name = if twins > 0 {
            format!("{name} {}", twins + 1)
        } else {
            name.to_owned()
        };
        asked.push((name, http::Question::Service(service, Door::new(endpoint), ready)));
    }
    for place in &environment.cloudwatch {
        asked.push(("cloudwatch".into(), http::Question::CloudWatch(place.clone())));
    }
    let ask = |(name, question): (String, http::Question)| async {
        let answer = limited(deadline, http::ask(question)).await;
        line(name, answer)
    };
    let probes = environment.probes.iter().map(|probe| async {
        let answer = limited(deadline, probed(environment, probe, ready)).await;
        line(format!("probe {}", probe.name), answer)
    });
    let clusters = join(cluster, reader);
    let ((cluster, reader), services, probes) = join3(clusters, join_all(asked.into_iter().map(ask)), join_all(probes)).await;
    cluster.into_iter().chain(reader).chain(services).chain(probes).collect()
}

/// Asks a health probe once, as the cockpit does again and again.
async fn probed(environment: &Environment, probe: &Probe, ready: bool) -> Answer {
    let is_forwarded = matches!(probe.via, Via::Forward(_));
    if is_forwarded && (!ready || environment.tier == Tier::Guarded) {
        return Ok(format!("not asked: it goes through a port-forward, {}", probe.url));
    }
    // What goes through the cluster needs a connection to it, for as long as it takes.
    let (tell, mut told) = mpsc::channel(64);
    let through = environment
        .kubernetes
        .clone()
        .filter(|_| matches!(probe.via, Via::Api(_) | Via::Forward(_)));
    let link = through.map(|settings| link::spawn(EnvId::default(), settings, tell));
    let apis = link.as_ref().map(|link| link.apis.clone());
    // The link says what happens to it; here nobody asks.
    let _listens = Task::spawn(async move { while told.recv().await.is_some() {} });
    let means = health::Means {
        forwards: is_forwarded.then(|| Arc::new(ProbeForwards) as Arc<dyn health::Forwards>),
        ..health::Means::default()
    };
    let answer = health::ask(probe, apis, &means).await;
    let from = if ready {
        format!(", {}", probe.place().vantage.words())
    } else {
        String::new()
    };
    let wrong = answer.wrong();
    let code = answer.code.map_or_else(|| "connected".to_owned(), |code| code.to_string());
    match (&answer.silence, answer.state()) {
        (Some(silence), _) => Err(silence.problem.clone()),
        (None, ProbeState::Down) => Err(Problem::new(kind_of(answer.code), format!("{wrong}, {} ms", answer.timings.total))),
        (None, _) if wrong.is_empty() => Ok(format!("{code}, {} ms{from}", answer.timings.total)),
        (None, _) => Ok(format!("{code}, {} ms{from}; {wrong}", answer.timings.total)),
    }
}

/// What sort of failure an answer is that is not as it should be.
fn kind_of(code: Option<u16>) -> ProblemKind {
    code.and_then(|code| ::http::StatusCode::from_u16(code).ok())
        .map_or(ProblemKind::BadAnswer, http::kind_of)
}

async fn limited(deadline: Duration, answer: impl Future<Output = Answer>) -> Answer {
    let started = Instant::now();
    match tokio::time::timeout(deadline, answer).await {
        Ok(answer) => answer,
        Err(_) => {
            let text = format!("no answer in {} s", started.elapsed().as_secs().max(deadline.as_secs()));
            Err(Problem::new(ProblemKind::TimedOut, text))
        }
    }
}

fn line(environment: &Environment, endpoint: String, answer: Answer) -> Line {
    told(&environment.name, endpoint, answer)
}

fn told(environment: &str, endpoint: String, answer: Answer) -> Line {
    let (word, detail, verdict) = match answer {
        Ok(detail) => ("ok", detail, Verdict::Ok),
        Err(problem) => (word(&problem), problem.to_string(), Verdict::Failed),
    };
    Line {
        environment: environment.to_owned(),
        endpoint,
        word,
        detail,
        verdict,
    }
}

/// The report's word for a problem; it says a little more than a pane's title where it can.
fn word(problem: &Problem) -> &'static str {
    let text = problem.text.to_lowercase();
    match problem.kind {
        ProblemKind::Unreachable if text.contains("refused") => "refused",
        ProblemKind::Unreachable if ["no such host", "resolve", "dns", "lookup"].iter().any(|part| text.contains(part)) => "not resolved",
        ProblemKind::Tls => "tls error",
        _ => problem.word(),
    }
}

/// Prints the lines in columns; the exit code says whether all is well.
///
/// # Errors
/// Where standard output cannot be written.
pub fn print(lines: &[Line], out: &mut impl Write) -> Result<ExitCode, Problem> {
    report::print(out, &render(lines))?;
    Ok(match lines.iter().all(|line| line.verdict == Verdict::Ok) {
        true => ExitCode::SUCCESS,
        false => ExitCode::from(FINDINGS),
    })
}

fn render(lines: &[Line]) -> String {
    use unicode_width::UnicodeWidthStr;
    let widest = |part: fn(&Line) -> &str| lines.iter().map(|line| part(line).width()).max().unwrap_or_default();
    let (first, second, third) = (widest(|l| &l.environment), widest(|l| &l.endpoint), widest(|l| l.word));
    let pad = |text: &str, to: usize| format!("{text}{}", " ".repeat(to.saturating_sub(text.width())));
    let mut text = String::new();
    for line in lines {
        let row = [pad(&line.environment, first), pad(&line.endpoint, second), pad(line.word, third)].join("  ");
        let row = format!("{row}  {}", line.detail);
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{}", row.trim_end());
    }
    if lines.is_empty() {
        text.push_str("nothing to check: no environment has an endpoint\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_stand_in_columns_and_say_what_is_wrong() {
        let of = |name: &str, endpoint: &str, answer: Answer| {
            let environment = Environment {
                name: name.into(),
                ..Environment::default()
            };
            line(&environment, endpoint.into(), answer)
        };
        let wrong = |kind, text: &str| Err(Problem::new(kind, text));
        let lines = [
            of("production", "kubernetes", Ok("v1.33, 34 ms, as anna".into())),
            of(
                "dev",
                "probe backend",
                wrong(ProblemKind::Unreachable, "connection refused by localhost:4000"),
            ),
            of("dev", "grafana", wrong(ProblemKind::Unreachable, "no such host: grafana.test")),
            of("dev", "kubernetes", wrong(ProblemKind::Denied, "may not list pods in namespace x")),
        ];
        let expected = "production  kubernetes     ok            v1.33, 34 ms, as anna\n\
                        dev         probe backend  refused       connection refused by localhost:4000\n\
                        dev         grafana        not resolved  no such host: grafana.test\n\
                        dev         kubernetes     denied        may not list pods in namespace x\n";
        assert_eq!(render(&lines), expected);
    }
}
