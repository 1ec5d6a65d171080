//! A program that nobody types to: it runs, and what it wrote and how it ended is handed back.

use std::time::{Duration, Instant};

use kube::Client;
use tokio::io::AsyncWriteExt as _;

use super::ending::{self, is_missing};
use super::hear::{Heard, Hearing};
use super::open::{Streams, What, open};
use super::{Inside, Kept, command, within};
use crate::model::{Problem, ProblemKind};

/// The first minor version whose servers can end a program's input over a WebSocket.
const ENDS_INPUT: u32 = 30;
/// An input of so many bytes fits into the buffers on its way, whether it is read or not.
const SMALL: usize = 32 << 10;

/// What is to be run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// The program and its arguments; no shell reads them. Never empty.
    pub argv: Vec<String>,
    /// What it reads, then the end of its input. None: it has no input.
    pub input: Option<Vec<u8>>,
    /// How long it may take. After that it is left alone, and may still run.
    pub deadline: Duration,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Captured {
    pub stdout: Kept,
    pub stderr: Kept,
    /// The exit code; or why none is known: no such program, the deadline, a connection that was cut.
    pub ended: Result<i32, Problem>,
    pub took: Duration,
}

/// Runs a program and waits for its end.
///
/// # Errors
/// It was not started: not allowed, the container is gone, the server does not answer. What goes wrong later is
/// in [`Captured::ended`], beside what was written until then.
pub async fn run(client: &Client, inside: &Inside, order: &Command) -> Result<Captured, Problem> {
    let start = Instant::now();
    let counted = match &order.input {
        Some(input) => input.len() > SMALL || !ends_input(client).await?,
        None => false,
    };
    let argv = match &order.input {
        Some(input) if counted => command::fed(&order.argv, input.len()),
        _ => order.argv.clone(),
    };
    let streams = if order.input.is_some() { Streams::All } else { Streams::Output };
    let what = What::Exec(&argv);
    let mut process = open(client, inside, what, streams).await?;
    let mut hearing = Hearing::of(&mut process, 32 << 10)?;
    let (mut stdout, mut stderr) = (Kept::default(), Kept::default());
    let mut input = process.stdin();
    let feed = async {
        if let (Some(stdin), Some(bytes)) = (&mut input, &order.input) {
            let written = stdin.write_all(bytes).await;
            if written.is_ok() && !counted {
                // An error would mean that the program ended first, which its status says.
                let _ = stdin.shutdown().await;
            }
        }
        // Who does not read its input ends without it; the end is told by the status alone.
        std::future::pending::<()>().await;
    };
    let listen = async {
        while let Some(heard) = hearing.next().await {
            match heard {
                Heard::Out(bytes) => stdout.add(bytes),
                Heard::Err(bytes) => stderr.add(bytes),
                Heard::Nothing => {}
            }
        }
    };
    let is_over = tokio::select! {
        () = listen => true,
        () = feed => false,
        () = tokio::time::sleep(order.deadline) => false,
    };
    let ending = is_over.then(|| hearing.told().flatten());
    let program = order.argv.first().map(String::as_str).unwrap_or_default();
    let ended = match ending {
        Some(Some(status)) => ending::of_status(status, inside, what.asked()).and_then(|code| {
            // Some runtimes say in the output that the program is not there.
            if matches!(code, 126 | 127) && runtime_says_missing(&stdout, &stderr) {
                Err(ending::missing(program, inside))
            } else {
                Ok(code)
            }
        }),
        Some(None) => Err(ending::cut()),
        None => {
            let text = format!(
                "{program} did not end within {} s; it may still run in the container",
                order.deadline.as_secs()
            );
            Err(Problem::new(ProblemKind::TimedOut, text).hint("ask for less, or open a shell"))
        }
    };
    Ok(Captured {
        stdout,
        stderr,
        ended,
        took: start.elapsed(),
    })
}

fn runtime_says_missing(stdout: &Kept, stderr: &Kept) -> bool {
    [stdout, stderr].into_iter().any(|kept| {
        let line = kept.line();
        line.contains("OCI runtime exec failed") && is_missing(&line)
    })
}

/// Whether the server can tell a program that its input is over. Older ones can only cut the connection, and with
/// it the output.
async fn ends_input(client: &Client) -> Result<bool, Problem> {
    let version = within("the server's version", client.apiserver_version()).await?;
    // Some say `30+`.
    let digits: String = version.minor.chars().take_while(char::is_ascii_digit).collect();
    Ok(version.major != "1" || digits.parse::<u32>().is_ok_and(|minor| minor >= ENDS_INPUT))
}
