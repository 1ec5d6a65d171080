//! Files out of a container.

use std::path::Path;

use bytes::Bytes;
use futures::FutureExt as _;
use kube::Client;
use tokio::io::AsyncReadExt as _;

use super::pipe::{self, Piece};
use super::unpack::unpack;
use super::{Copied, Progress, STALL, split};
use crate::execute::session::ending;
use crate::execute::session::open::{Streams, What, open};
use crate::execute::session::{Inside, Kept};
use crate::model::{Problem, ProblemKind, clean};

/// Copies a file or directory of a container to this machine: a file to `local`, or into it where that is a directory; a
/// directory becomes `local`, and joins what is there.
///
/// # Errors
/// There is nothing of this name, the image has no `tar`, it was cut, or it cannot be written here. Files that were written
/// are whole, and stay.
pub async fn fetch(client: &Client, inside: &Inside, remote: &str, local: &Path, progress: Progress<'_>) -> Result<Copied, Problem> {
    let (directory, base) = split(remote);
    // A name that begins with a dash is no flag.
    let name = if base.is_empty() { ".".to_owned() } else { format!("./{base}") };
    let argv = ["tar", "cf", "-", "-C", directory, &name].map(str::to_owned).to_vec();
    let what = What::Exec(&argv);
    let mut process = open(client, inside, what, Streams::Output).await?;
    let (Some(mut out), Some(mut err), Some(status)) = (process.stdout(), process.stderr(), process.take_status()) else {
        return Err(ending::cut());
    };
    let (source, reader) = pipe::to_reader();
    let (target, top) = (local.to_owned(), base.to_owned());
    let unpacking = tokio::task::spawn_blocking(move || unpack(reader, &top, &target));
    let mut complaints = Kept::default();
    let mut status = std::pin::pin!(status.fuse());
    let (mut one, mut two) = (vec![0; pipe::PIECE], vec![0; 4096]);
    let (mut out_open, mut err_open) = (true, true);
    let (mut told, mut passed) = (None, 0_u64);
    while out_open || err_open || told.is_none() {
        let step = tokio::time::sleep(STALL);
        tokio::select! {
            length = out.read(&mut one), if out_open => match length {
                Ok(length @ 1..) => {
                    passed += length as u64;
                    progress(passed);
                    let piece = Bytes::copy_from_slice(one.get(..length).unwrap_or_default());
                    if source.send(Piece::Bytes(piece)).await.is_err() {
                        // It is over on this side: the archive is broken or cannot be written. Its outcome says which.
                        break;
                    }
                }
                _ => out_open = false,
            },
            length = err.read(&mut two), if err_open => match length {
                Ok(length @ 1..) => complaints.add(two.get(..length).unwrap_or_default()),
                _ => err_open = false,
            },
            last = &mut status, if told.is_none() => {
                let cut = last.is_none();
                told = Some(last);
                if cut {
                    break;
                }
            },
            () = step => return Err(stalled()),
        }
    }
    let ended = match &told {
        Some(Some(status)) => Some(ending::of_status(status, inside, what.asked())),
        Some(None) => Some(Err(ending::cut())),
        None => None,
    };
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
