//! What is held as a part of the chain: a session, a debug container, a copy, a program. It is held between its two lines of
//! the audit.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::process;
use super::session::record::Recorder;
use super::session::{Inside, captured, copy, debug, here, place, terminal};
use super::write::{self, Run};
use crate::action::Ref;
use crate::action::plan::held::{Copying, Held, Tools, Way};
use crate::action::plan::{Change, Stand, Write};
use crate::action::stage::{End, News, Output};
use crate::ledger::Tape;
use crate::model::{Problem, ProblemKind, Quantity, clean_lines};
use crate::redact::{LineMask, mask_text};
use crate::source::kube::Api;

/// How long a program that nobody is at may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long a debug container may take to start: its image may have to come first.
const STARTING: Duration = Duration::from_secs(180);
/// How often the progress of a copy is told.
const TOLD: Duration = Duration::from_millis(500);

/// Begins it and stays until it ends. Gives how it ended, in a sentence.
pub async fn hold(run: &Run, api: Option<&Api>, change: &Change) -> (End, String) {
    let held = async {
        match (&change.write, api) {
            (Write::Held(held), api) => match (&**held, api) {
                (Held::Process(process), _) => process::run(run, process).await,
                (Held::Debug(tools), Some(api)) => with_tools(run, api, change, tools).await,
                (Held::Copy(copying), Some(api)) => copied(run, api, change, copying).await,
                _ => Err(nothing()),
            },
            (Write::Session { .. }, Some(api)) => session(run, api, change).await,
            _ => Err(nothing()),
        }
    };
    match held.await {
        Ok(said) => (End::Done, said),
        Err(problem) => (End::NotDone(problem), String::new()),
    }
}

fn nothing() -> Problem {
    Problem::new(ProblemKind::Config, "this is nothing that could be held")
}

/// The container that is meant, in the very pod that was confirmed.
async fn inside(api: &Api, change: &Change, container: Option<&str>) -> Result<Inside, Problem> {
    let pod = Ref::pod(&*change.object.name);
    let inside = place::find(&api.writer, &change.object.namespace, &pod, container).await?;
    match inside.uid == change.uid {
        true => Ok(inside),
        false => Err(write::moved()),
    }
}

async fn session(run: &Run, api: &Api, change: &Change) -> Result<String, Problem> {
    let Write::Session { container, argv, at } = &change.write else {
        return Err(nothing());
    };
    let inside = inside(api, change, container.as_deref()).await?;
    match at {
        Stand::Terminal => {
            let start = match argv.is_empty() {
                true => terminal::Start::Attach,
                false => terminal::Start::Program(argv.clone()),
            };
            at_terminal(run, api, change, &inside, &start).await
        }
        Stand::Captured => {
            let order = captured::Command {
                argv: argv.clone(),
                input: None,
                deadline: PATIENCE,
            };
            let got = tokio::select! {
                got = captured::run(&api.writer, &inside, &order) => got?,
                () = run.brake.pulled() => return Err(stopped("the program may still run in the container")),
            };
            let mut text = got.stdout.text();
            text.push_str(&got.stderr.text());
            let title = format!("{} in {}", argv.join(" "), inside.name());
            let said = match &got.ended {
                Ok(code) => ended(*code),
                Err(problem) => problem.text.to_string(),
            };
            text.push_str(&format!("({said})\n"));
            // As a shell says it of a program that the image does not have.
            let missing = got
                .ended
                .as_ref()
                .err()
                .filter(|problem| problem.kind == ProblemKind::NotFound)
                .map(|_| 127);
            if let Some(mut tape) = tape(run, change, &inside)? {
                let written = text.lines().try_for_each(|line| tape.line(line)).and_then(|()| tape.end(&said));
                written.map_err(|error| Problem::new(ProblemKind::Server, format!("it ran, and could not be recorded: {error}")))?;
            }
            let output = Output {
                draft: run.confirmed.plan().draft.id,
                title,
                text,
                stdout: got.stdout.text(),
                stderr: got.stderr.text(),
                exit: got.ended.as_ref().ok().copied().or(missing),
                was_stopped: got.ended.is_err() && run.brake.is_pulled(),
            };
            let _ = run.tell.send(News::Output(Box::new(output))).await;
            Ok(said)
        }
    }
}

/// A session at this terminal, on the terms that were confirmed.
async fn at_terminal(run: &Run, api: &Api, change: &Change, inside: &Inside, start: &terminal::Start) -> Result<String, Problem> {
    let lease = run.confirmed.lease().map(|seconds| Duration::from_secs(u64::from(seconds)));
    let recorder = tape(run, change, inside)?.map(|tape| Recorder::new(tape, LineMask::with(&run.mask)));
    let terms = here::Terms { recorder, lease };
    let parted = here::run(&api.writer, inside, start, &terms).await;
    let said = match &parted {
        Ok(parted) => parted.sentence(),
        Err(problem) => problem.text.to_string(),
    };
    if let Some(recorder) = &terms.recorder {
        recorder.end(&said);
    }
    parted.map(|_| said)
}

/// The recording of a session, where there has to be one. Without it, no session.
fn tape(run: &Run, change: &Change, inside: &Inside) -> Result<Option<Tape>, Problem> {
    if run.confirmed.lease().is_none() {
        return Ok(None);
    }
    let none = || Problem::new(ProblemKind::Config, "there is no place for the recording of the session");
    let ledger = run.recordings.as_ref().ok_or_else(none)?;
    let (plan, now) = (run.confirmed.plan(), jiff::Timestamp::now());
    let name = format!(
        "session-{}-{}-{}.md",
        now.strftime("%Y%m%dT%H%M%S%.3fZ"),
        inside.pod,
        inside.container
    );
    let head = format!(
        "# Session in {}/{} ({})\n\nbegun {} · {} as {} · {}\nimage {} · pod {}\nwhy: {}\n\nWhat was shown, line by line (UTC); secrets are masked, what was typed is in it only where it was shown.\n\n```\n",
        change.object.namespace,
        inside.name(),
        run.identity.environment,
        now.strftime("%Y-%m-%d %H:%M:%SZ"),
        run.audit.user(),
        if run.identity.user.is_empty() { "?" } else { &run.identity.user },
        mask_text(&plan.line()),
        inside.image,
        inside.uid,
        mask_text(run.confirmed.reason()),
    );
    ledger.tape(&name, &clean_lines(&head)).map(Some)
}

/// How a program ended.
pub fn ended(code: i32) -> String {
    match code {
        0 => "it ended well".to_owned(),
        code => format!("it ended with exit code {code}"),
    }
}

/// So many bytes, as a sentence says it.
pub fn size(bytes: u64) -> String {
    match i64::try_from(bytes) {
        Ok(bytes) if bytes >= 1024 => Quantity::whole(bytes).memory(),
        _ => format!("{bytes} bytes"),
    }
}

/// It was stopped by the user.
pub fn stopped(what_stays: &str) -> Problem {
    Problem::new(ProblemKind::Server, format!("stopped: {what_stays}"))
}

async fn with_tools(run: &Run, api: &Api, change: &Change, tools: &Tools) -> Result<String, Problem> {
    let debugger = debug::Debugger {
        namespace: change.object.namespace.to_string(),
        pod: change.object.name.to_string(),
        uid: Some(change.uid.clone()).filter(|uid| !uid.is_empty()),
        name: tools.name.clone().unwrap_or_else(debug::name),
        image: tools.image.clone(),
        target: tools.target.clone(),
        argv: tools.argv.clone(),
    };
    debug::add(&api.writer, &debugger).await?;
    let starting = debug::wait(&api.writer, &debugger, STARTING);
    let left = format!("{} is in the pod, and starts or not", debugger.name);
    let inside = match tools.at {
        Stand::Terminal => {
            here::say(&format!(
                "qd: {} of {} is being started in {}; ctrl-c does not wait for it\r\n",
                debugger.name, debugger.image, debugger.pod
            ));
            tokio::select! {
                inside = starting => inside?,
                _ = tokio::signal::ctrl_c() => return Err(stopped(&left)),
            }
        }
        Stand::Captured => tokio::select! {
            inside = starting => inside?,
            () = run.brake.pulled() => return Err(stopped(&left)),
        },
    };
    match tools.at {
        Stand::Terminal => {
            let said = at_terminal(run, api, change, &inside, &terminal::Start::Attach).await?;
            Ok(format!("{} · {said}", debugger.name))
        }
        Stand::Captured => Ok(format!("{} runs", debugger.name)),
    }
}

async fn copied(run: &Run, api: &Api, change: &Change, copying: &Copying) -> Result<String, Problem> {
    let inside = inside(api, change, copying.container.as_deref()).await?;
    let passed = AtomicU64::new(0);
    let mut progress = |bytes: u64| passed.store(bytes, Ordering::Relaxed);
    let copy = async {
        match copying.way {
            Way::Out => {
                let existing = match copying.overwrite {
                    true => copy::Existing::Replaced,
                    false => copy::Existing::Kept,
                };
                copy::fetch(&api.writer, &inside, &copying.remote, &copying.local, existing, &mut progress).await
            }
            Way::In => copy::send(&api.writer, &inside, &copying.local, &copying.remote, &mut progress).await,
        }
    };
    let telling = async {
        let draft = run.confirmed.plan().draft.id;
        let mut told = 0;
        loop {
            tokio::time::sleep(TOLD).await;
            let bytes = passed.load(Ordering::Relaxed);
            if bytes != told {
                told = bytes;
                let _ = run.tell.send(News::Passed { draft, bytes }).await;
            }
        }
    };
    let done = tokio::select! {
        done = copy => done?,
        () = run.brake.pulled() => return Err(stopped("what was copied whole until then stays")),
        never = telling => never,
    };
    let size = size(done.bytes);
    let files = if done.files == 1 {
        "1 file".to_owned()
    } else {
        format!("{} files", done.files)
    };
    let mut said = format!("{files}, {size}");
    if done.left_out > 0 || !done.notes.is_empty() {
        if done.left_out > 0 {
            said.push_str(&format!(", {} left out", done.left_out));
        }
        let mut text = format!("{said}\n\n{}\n", done.notes.join("\n"));
        if done.left_out as usize > done.notes.len() {
            text.push_str(&format!("and {} more\n", done.left_out as usize - done.notes.len()));
        }
        let title = format!("copy of {}", copying.remote);
        let draft = run.confirmed.plan().draft.id;
        let output = Output {
            draft,
            title,
            text,
            ..Output::default()
        };
        let _ = run.tell.send(News::Output(Box::new(output))).await;
    }
    Ok(said)
}
