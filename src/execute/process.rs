//! A program of this machine: a plugin, or a line for the shell. What it is told of the cluster stands in its environment.

use std::os::unix::process::ExitStatusExt as _;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::AsyncReadExt as _;
use tokio::process::{Child, Command};

use super::session::Kept;
use super::talk::{self, stopped};
use super::write::Run;
use crate::action::plan::Stand;
use crate::action::plan::held::Process;
use crate::action::stage::{News, Output};
use crate::model::{Problem, ProblemKind, clean};
use crate::redact::mask_text;

/// How long a program that was asked to end may take, before it is killed.
const GRACE: Duration = Duration::from_secs(3);

/// Runs it until it ends, or the brake is pulled; gives how it ended, in a sentence.
///
/// # Errors
/// It could not be started, ended badly, or was stopped.
pub async fn run(run: &Run, process: &Process) -> Result<String, Problem> {
    let Some((program, arguments)) = process.argv.split_first() else {
        return Err(Problem::new(ProblemKind::Config, "no program is named"));
    };
    let mut command = Command::new(program);
    command.args(arguments).envs(process.variables.iter().cloned());
    if let Some(directory) = &run.programs {
        let usual = std::env::var_os("PATH").unwrap_or_default();
        let all = std::iter::once(directory.clone()).chain(std::env::split_paths(&usual));
        if let Ok(path) = std::env::join_paths(all) {
            command.env("PATH", path);
        }
    }
    let title = mask_text(&clean(&process.argv.join(" "))).into_owned();
    match process.at {
        Stand::Terminal => {
            super::session::here::say(&format!("qd: {title}\n"));
            let status = command.status().await.map_err(|error| not_started(program, &error))?;
            judged(program, status)
        }
        Stand::Captured => {
            // A group of its own: what it starts is stopped with it, and the keys of this terminal do not reach it.
            // Nobody would see its colours.
            command.env("NO_COLOR", "1").env("TERM", "dumb");
            command
                .process_group(0)
                .stdin(Stdio::null())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped());
            let mut child = command.spawn().map_err(|error| not_started(program, &error))?;
            let (status, written) = listen(run, &mut child).await?;
            let (mut text, stdout, stderr) = (written.both.text(), written.out.text(), written.err.text());
            let verdict = match &status {
                Some(status) => judged(program, *status),
                None => Err(stopped("it was asked to end, and did")),
            };
            let said = match &verdict {
                Ok(said) => said.clone(),
                Err(problem) => problem.text.to_string(),
            };
            if !text.is_empty() && !text.ends_with('\n') {
                text.push('\n');
            }
            text.push_str(&format!("({said})\n"));
            let output = Output {
                draft: run.confirmed.plan().draft.id,
                exit: status.and_then(|status| status.code()),
                was_stopped: status.is_none(),
                title,
                text,
                stdout,
                stderr,
            };
            let _ = run.tell.send(News::Output(Box::new(output))).await;
            verdict
        }
    }
}

/// What it wrote: all of it in its order, and each of the two.
#[derive(Default)]
struct Written {
    both: Kept,
    out: Kept,
    err: Kept,
}

/// Reads what it writes until it ends, or is stopped (`None`).
async fn listen(run: &Run, child: &mut Child) -> Result<(Option<ExitStatus>, Written), Problem> {
    let group = child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
    let (Some(mut out), Some(mut err)) = (child.stdout.take(), child.stderr.take()) else {
        return Err(Problem::new(ProblemKind::Server, "its output cannot be read"));
    };
    // Both in the order in which they come, as a terminal would show them.
    let mut kept = Written::default();
    let (mut one, mut two) = (vec![0; 16 << 10], vec![0; 16 << 10]);
    let (mut out_open, mut err_open) = (true, true);
    let (mut status, mut was_stopped) = (None, false);
    let mut killing = std::pin::pin!(tokio::time::sleep(Duration::MAX));
    while status.is_none() || out_open || err_open {
        tokio::select! {
            length = out.read(&mut one), if out_open => match length {
                Ok(length @ 1..) => {
                    let bytes = one.get(..length).unwrap_or_default();
                    kept.both.add(bytes);
                    kept.out.add(bytes);
                }
                _ => out_open = false,
            },
            length = err.read(&mut two), if err_open => match length {
                Ok(length @ 1..) => {
                    let bytes = two.get(..length).unwrap_or_default();
                    kept.both.add(bytes);
                    kept.err.add(bytes);
                }
                _ => err_open = false,
            },
            ended = child.wait(), if status.is_none() => {
                status = Some(ended.map_err(|error| Problem::new(ProblemKind::Server, format!("how it ended is not known: {error}")))?);
                // What it left running may hold its output open for ever.
                killing.as_mut().reset(tokio::time::Instant::now() + GRACE);
            }
            () = run.brake.pulled(), if !was_stopped => {
                was_stopped = true;
                signal(group, Signal::TERM);
                killing.as_mut().reset(tokio::time::Instant::now() + GRACE);
            }
            () = &mut killing => {
                if was_stopped {
                    signal(group, Signal::KILL);
                }
                if status.is_some() {
                    break;
                }
                killing.as_mut().reset(tokio::time::Instant::now() + GRACE);
            }
        }
    }
    Ok((status.filter(|_| !was_stopped), kept))
}

fn signal(group: Option<Pid>, signal: Signal) {
    if let Some(group) = group {
        // One that has ended already needs none.
        let _ = kill_process_group(group, signal);
    }
}

fn judged(program: &str, status: ExitStatus) -> Result<String, Problem> {
    match (status.code(), status.signal()) {
        (Some(0), _) => Ok(talk::ended(0)),
        (Some(code), _) => Err(Problem::new(ProblemKind::Server, talk::ended(code))),
        (None, Some(signal)) => Err(Problem::new(
            ProblemKind::Server,
            format!("{} was ended by signal {signal}", clean(program)),
        )),
        (None, None) => Err(Problem::new(ProblemKind::Server, "how it ended is not known")),
    }
}

fn not_started(program: &str, error: &std::io::Error) -> Problem {
    let program = clean(program);
    match error.kind() {
        std::io::ErrorKind::NotFound => Problem::new(ProblemKind::NotFound, format!("there is no program {program} on this machine"))
            .hint("is it installed, and on PATH?"),
        _ => Problem::new(ProblemKind::Config, format!("cannot run {program}: {error}")),
    }
}
