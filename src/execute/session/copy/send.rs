//! Files into a container.

use std::path::Path;
use std::time::Duration;

use kube::Client;
use tokio::io::AsyncWriteExt as _;

use super::fetch::{refused, stalled, without_tar};
use super::{Copied, Progress, STALL, pack, pipe, split};
use crate::execute::session::captured::{self, Command};
use crate::execute::session::ending;
use crate::execute::session::hear::{Heard, Hearing};
use crate::execute::session::open::{Streams, What, open};
use crate::execute::session::{Inside, Kept};
use crate::model::{Problem, ProblemKind};

/// Whether what is needed is there, and whether the target is a directory.
const LOOK: &str = r#"command -v tar >/dev/null || exit 67; command -v head >/dev/null || exit 68; test -d "$0""#;
/// Reads so many bytes and no more: not every server can say that the input is over. What a `tar` that fails leaves is read
/// to its end all the same: nothing comes back over a connection whose other direction is stuck.
const READ: &str = r#"head -c "$0" | sh -c 'tar xpof - -C "$0"; s=$?; cat >/dev/null; exit $s' "$1""#;

/// Copies a file or directory of this machine into a container: into `remote` where that is a directory, else to this
/// name. It needs `sh`, `head` and `tar` in the image. Modes are kept; everything belongs to the container's user.
///
/// # Errors
/// It cannot be read here, the image lacks a program, there is no such directory, it may not be written there, or the
/// connection was cut: part of it may then be there.
pub async fn send(client: &Client, inside: &Inside, local: &Path, remote: &str, progress: Progress<'_>) -> Result<Copied, Problem> {
    let (directory, name) = target(client, inside, local, remote).await?;
    let (from, inner) = (local.to_owned(), name);
    let broke = |_| Problem::new(ProblemKind::Server, "the copy broke off");
    let plan = tokio::task::spawn_blocking(move || pack::plan(&from, &inner))
        .await
        .map_err(broke)??;
    let (copied, length) = (plan.copied.clone(), plan.length);
    let argv = ["sh", "-c", READ, &plan.length.to_string(), &directory].map(str::to_owned).to_vec();
    let what = What::Exec(&argv);
    let mut process = open(client, inside, what, Streams::All).await?;
    let mut stdin = process.stdin().ok_or_else(ending::cut)?;
    let mut hearing = Hearing::of(&mut process, 4096)?;
    let (writer, mut pieces) = pipe::from_writer();
    let packing = tokio::task::spawn_blocking(move || plan.pack(writer));
    let mut complaints = Kept::default();
    let (mut passed, mut packed) = (0_u64, 0_u64);
    let mut piece = bytes::Bytes::new();
    loop {
        let is_over = hearing.told().is_some();
        tokio::select! {
            next = pieces.recv(), if piece.is_empty() && packed < length && !is_over => match next {
                Some(next) => {
                    packed += next.len() as u64;
                    piece = next;
                }
                // It cannot be read any more; over there the rest would be waited for.
                None => break,
            },
            written = stdin.write_buf(&mut piece), if !piece.is_empty() && !is_over => match written {
                Ok(length) => {
                    passed += length as u64;
                    progress(passed);
                }
                Err(_) => piece.clear(),
            },
            heard = hearing.next() => match heard {
                Some(Heard::Err(bytes)) => complaints.add(bytes),
                Some(Heard::Out(_) | Heard::Nothing) => {}
                None => break,
            },
            () = tokio::time::sleep(STALL) => return Err(stalled()),
        }
    }
    drop(pieces);
    let packing = packing.await.map_err(broke)?;
    if packed < length && hearing.told().is_none() {
        let why = packing.err().map(|error| error.to_string()).unwrap_or_default();
        return Err(Problem::new(ProblemKind::Config, format!("cannot read {}: {why}", local.display())));
    }
    let code = match hearing.told().flatten() {
        Some(status) => ending::of_status(status, inside, what.asked())?,
        None => return Err(ending::cut()),
    };
    if code != 0 {
        let line = complaints.line();
        if line.contains("No such file or directory") && ["chdir", "change dir", "Cannot open"].iter().any(|words| line.contains(words)) {
            return Err(Problem::new(
                ProblemKind::NotFound,
                format!("there is no directory {directory} in the container"),
            ));
        }
        return Err(refused(&line, code));
    }
    Ok(copied)
}

/// The directory over there and the name in it.
async fn target(client: &Client, inside: &Inside, local: &Path, remote: &str) -> Result<(String, String), Problem> {
    let look = Command {
        argv: ["sh", "-c", LOOK, remote].map(str::to_owned).to_vec(),
        input: None,
        deadline: Duration::from_secs(15),
    };
    let code = captured::run(client, inside, &look)
        .await?
        .ended
        .map_err(|problem| without_tar(problem, inside))?;
    match code {
        0 => {
            let name = std::path::absolute(local).ok();
            let name = name
                .as_deref()
                .and_then(Path::file_name)
                .map(|name| name.to_string_lossy().into_owned());
            let name = name.ok_or_else(|| Problem::new(ProblemKind::Config, format!("{} has no name to copy to", local.display())))?;
            Ok((remote.to_owned(), name))
        }
        67 | 68 => {
            let program = if code == 67 { "tar" } else { "head" };
            let text = format!("{}: the image has no {program}, which copies files", inside.name());
            Err(Problem::new(ProblemKind::NotFound, text)
                .hint("a debug container beside it has one, and sees the files under /proc/1/root"))
        }
        _ => match split(remote) {
            (_, "") => Err(Problem::new(ProblemKind::Config, format!("{remote} is not a name to copy to"))),
            (directory, name) => Ok((directory.to_owned(), name.to_owned())),
        },
    }
}
