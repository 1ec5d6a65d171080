//! Opening a session: one WebSocket, never tried twice, since a program might then run twice.

use kube::Client;
use kube::api::{AttachParams, AttachedProcess};

use super::ending::{self, Asked};
use super::{Inside, PATIENCE};
use crate::model::{Problem, ProblemKind};

/// Bytes that may wait on the way to the program.
const INPUT: usize = 64 << 10;
/// Bytes that may wait on the way from it; the server waits, too, when they are this many.
const OUTPUT: usize = 256 << 10;

/// What is opened.
#[derive(Clone, Copy, Debug)]
pub(super) enum What<'a> {
    Exec(&'a [String]),
    Attach,
}

impl<'a> What<'a> {
    pub(super) fn asked(self) -> Asked<'a> {
        match self {
            Self::Exec(argv) => Asked::Exec(argv.first().map(String::as_str).unwrap_or_default()),
            Self::Attach => Asked::Attach,
        }
    }
}

/// Which streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Streams {
    /// Only what the program writes.
    Output,
    /// Also its input.
    All,
    /// A terminal, which has one stream for both outputs.
    Terminal,
}

impl Streams {
    fn parameters(self, container: &str) -> AttachParams {
        let base = match self {
            Self::Output => AttachParams::default(),
            Self::All => AttachParams::default().stdin(true),
            Self::Terminal => AttachParams::interactive_tty(),
        };
        let mut sized = base.container(container).max_stdin_buf_size(INPUT).max_stdout_buf_size(OUTPUT);
        if self != Self::Terminal {
            sized = sized.max_stderr_buf_size(OUTPUT);
        }
        sized
    }
}

/// Opens a session.
///
/// # Errors
/// It was refused, or nothing answered in time.
pub(super) async fn open(client: &Client, inside: &Inside, what: What<'_>, streams: Streams) -> Result<AttachedProcess, Problem> {
    let pods = inside.pods(client);
    let parameters = streams.parameters(&inside.container);
    let asking = async {
        match what {
            What::Exec(argv) => pods.exec(&inside.pod, argv.iter().cloned(), &parameters).await,
            What::Attach => pods.attach(&inside.pod, &parameters).await,
        }
    };
    match tokio::time::timeout(PATIENCE, asking).await {
        Ok(Ok(process)) => Ok(process),
        Ok(Err(error)) => Err(ending::of_refusal(&error, inside, what.asked())),
        Err(_) => {
            let text = format!("{}: the session did not open within {} s", inside.name(), PATIENCE.as_secs());
            Err(Problem::new(ProblemKind::TimedOut, text).hint("what was asked for may have been started all the same"))
        }
    }
}
