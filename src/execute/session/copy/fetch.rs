//! Files out of a container.

use std::path::Path;

use bytes::Bytes;
use kube::Client;

use super::pipe::{self, Piece};
use super::unpack::unpack;
use super::{Copied, Existing, Progress, STALL, split};
use crate::execute::session::ending;
use crate::execute::session::hear::{Heard, Hearing};
use crate::execute::session::open::{Streams, What, open};
use crate::execute::session::{Inside, Kept};
use crate::model::{Problem, ProblemKind, clean};

/// Copies a file or directory of a container to this machine: a file to `local`, or into it where that is a directory; a
/// directory becomes `local`, and joins what is there.
///
/// # Errors
/// There is nothing of this name, the image has no `tar`, it was cut, or it cannot be written here. Files that were written
/// are whole, and stay.
pub async fn fetch(
    client: &Client,
    inside: &Inside,
    remote: &str,
    local: &Path,
    existing: Existing,
    progress: Progress<'_>,
) -> Result<Copied, Problem> {
    let (directory, base) = split(remote);
    // A name that begins with a dash is no flag.
    let name = if base.is_empty() { ".".to_owned() } else { format!("./{base}") };
    let argv = ["tar", "cf", "-", "-C", directory, &name].map(str::to_owned).to_vec();
    let what = What::Exec(&argv);
    let mut process = open(client, inside, what, Streams::Output).await?;
    let mut hearing = Hearing::of(&mut process, pipe::PIECE)?;
    let (source, reader) = pipe::to_reader();
    let (target, top) = (local.to_owned(), base.to_owned());
    let unpacking = tokio::task::spawn_blocking(move || unpack(reader, &top, &target, existing));
    let mut complaints = Kept::default();
    let mut passed = 0_u64;
    loop {
        tokio::select! {
            heard = hearing.next() => match heard {
                Some(Heard::Out(bytes)) => {
                    passed += bytes.len() as u64;
                    progress(passed);
                    if source.send(Piece::Bytes(Bytes::copy_from_slice(bytes))).await.is_err() {
                        // It is over on this side: the archive is broken or cannot be written. Its outcome says which.
                        break;
                    }
                }
                Some(Heard::Err(bytes)) => complaints.add(bytes),
                Some(Heard::Nothing) => {}
                None => break,
            },
            () = tokio::time::sleep(STALL) => return Err(stalled()),
        }
    }
    let ended = hearing.told().map(|told| match told {
        Some(status) => ending::of_status(status, inside, what.asked()),
        None => Err(ending::cut()),
    });
    if let Some(Ok(_)) = ended {
        // Who unpacks may have stopped reading behind the end of the archive.
        let _ = source.send(Piece::End).await;
    }
    drop(source);
    drop(process);
    let unpacked = unpacking
        .await
        .unwrap_or_else(|_| Err(Problem::new(ProblemKind::Server, "the copy broke off")));
    let line = complaints.line();
    match (ended, unpacked) {
        (Some(Err(problem)), _) if problem.kind == ProblemKind::NotFound => Err(without_tar(problem, inside)),
        (Some(Err(_)), Err(_)) => Err(super::unpack::cut()),
        (Some(Ok(code)), Ok(mut copied)) => {
            if code != 0 && copied.files == 0 && copied.left_out == 0 {
                return Err(complaint(&line, code, remote));
            }
            if code != 0 {
                copied.note(&line);
            }
            Ok(copied)
        }
        (Some(Ok(code)), Err(_)) if code != 0 => Err(complaint(&line, code, remote)),
        (Some(Err(problem)), Ok(_)) => Err(problem),
        (_, Err(problem)) => Err(problem),
        (None, Ok(_)) => Err(super::unpack::cut()),
    }
}

pub(super) fn stalled() -> Problem {
    let text = format!("the copy stands still: nothing moved for {} s", STALL.as_secs());
    Problem::new(ProblemKind::TimedOut, text).hint("copy again")
}

/// The program that is missing is `tar`.
pub(super) fn without_tar(problem: Problem, inside: &Inside) -> Problem {
    if problem.text.contains("no program tar") || problem.text.contains("no shell") {
        let text = format!("{}: the image has no tar, which copies files", inside.name());
        return Problem::new(ProblemKind::NotFound, text)
            .hint("a debug container beside it has one, and sees the files under /proc/1/root");
    }
    problem
}

/// What `tar` over there complains of, for something that was asked of it.
fn complaint(line: &str, code: i32, path: &str) -> Problem {
    if line.contains("No such file or directory") {
        return Problem::new(ProblemKind::NotFound, format!("there is no {} in the container", clean(path)));
    }
    refused(line, code)
}

/// What `tar` over there complains of.
pub(super) fn refused(line: &str, code: i32) -> Problem {
    if line.is_empty() {
        return Problem::new(ProblemKind::Server, format!("tar in the container ended with exit code {code}"));
    }
    Problem::new(ProblemKind::Server, line)
}
