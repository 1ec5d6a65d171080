//! An archive from a container, written below one directory of this machine and nowhere else.
//!
//! Left out are names that lead out, links that do, everything behind a link, and what is neither file, directory nor link.
//! A file appears under its name only when it is whole.

use std::ffi::OsStr;
use std::fs::{self, Permissions};
use std::io::{self, Read, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Component, Path, PathBuf};
use std::time::{Duration, SystemTime};

use tar::{Archive, Entry, EntryType};

use super::{Copied, Existing};
use crate::model::{Problem, ProblemKind};

/// Unpacks the archive of `base`, the last name of what was asked for (empty: everything). A file goes to `local`, or into it
/// where that is a directory; a directory becomes `local`.
///
/// # Errors
/// The archive is broken or was cut, or a file cannot be written here. What was written before stays.
pub(super) fn unpack(reader: impl Read, base: &str, local: &Path, existing: Existing) -> Result<Copied, Problem> {
    let mut archive = Archive::new(reader);
    let mut work = Unpack {
        base: OsStr::new(base),
        root: local,
        existing,
        done: Copied::default(),
    };
    for entry in archive.entries().map_err(|error| broken(&error))? {
        let mut entry = entry.map_err(|error| broken(&error))?;
        work.take(&mut entry)?;
    }
    let done = work.done;
    // What follows the end of an archive means nothing, but who sends it must get rid of it.
    io::copy(&mut archive.into_inner(), &mut io::sink()).map_err(|error| broken(&error))?;
    Ok(done)
}

/// Why a file that is here already stays.
const HERE: &str = "it is here already, and was not replaced";

struct Unpack<'a> {
    base: &'a OsStr,
    root: &'a Path,
    existing: Existing,
    done: Copied,
}

/// Why something of the archive is not written.
enum Trouble {
    /// It is left out, for this reason.
    Out(&'static str),
    /// The copy has failed.
    Failed(Problem),
}

impl From<Problem> for Trouble {
    fn from(problem: Problem) -> Self {
        Self::Failed(problem)
    }
}

impl Unpack<'_> {
    fn take<R: Read>(&mut self, entry: &mut Entry<'_, R>) -> Result<(), Problem> {
        let path = entry.path().map_err(|error| broken(&error))?.into_owned();
        match self.write(entry, &path) {
            Ok(()) => Ok(()),
            Err(Trouble::Out(why)) => {
                self.done.leave_out(path.to_string_lossy(), why);
                Ok(())
            }
            Err(Trouble::Failed(problem)) => Err(problem),
        }
    }

    fn write<R: Read>(&mut self, entry: &mut Entry<'_, R>, path: &Path) -> Result<(), Trouble> {
        let inner = self.inner(path)?;
        let kind = entry.header().entry_type();
        let mode = entry.header().mode().unwrap_or(0o644);
        match kind {
            EntryType::Directory => self.directory(&inner, mode),
            EntryType::Regular | EntryType::Continuous | EntryType::GNUSparse => self.file(entry, &inner, mode),
            EntryType::Symlink => {
                let to = entry.link_name().ok().flatten().ok_or(Trouble::Out("a link without a target"))?;
                self.link(&inner, &to)
            }
            EntryType::Link => {
                let to = entry.link_name().ok().flatten().ok_or(Trouble::Out("a link without a target"))?;
                let from = self.inner(&to)?;
                self.hard_link(&inner, &from)
            }
            EntryType::XGlobalHeader => Ok(()),
            _ => Err(Trouble::Out("neither a file nor a directory")),
        }
    }

    /// The path below what was asked for; empty: that itself.
    fn inner(&self, path: &Path) -> Result<PathBuf, Trouble> {
        let mut inner = PathBuf::new();
        let mut first = !self.base.is_empty();
        for part in path.components() {
            match part {
                Component::CurDir => {}
                Component::Normal(name) if first && name == self.base => first = false,
                Component::Normal(name) if !first => inner.push(name),
                _ => return Err(Trouble::Out("its name leads out of what was asked for")),
            }
        }
        if first {
            Err(Trouble::Out("its name leads out of what was asked for"))
        } else {
            Ok(inner)
        }
    }

    /// Where it goes, its directory being there. Below the root, no link is followed.
    fn place(&self, inner: &Path) -> Result<PathBuf, Trouble> {
        let mut at = self.root.to_owned();
        let Some(parent) = inner.parent() else {
            return Ok(at);
        };
        directories(&at)?;
        for part in parent.components() {
            at.push(part);
            match fs::symlink_metadata(&at) {
                Ok(found) if found.is_dir() => {}
                Ok(_) => return Err(Trouble::Out("it would be written through a link or a file")),
                Err(error) if error.kind() == io::ErrorKind::NotFound => fs::create_dir(&at).map_err(|error| failed(&at, &error))?,
                Err(error) => return Err(failed(&at, &error).into()),
            }
        }
        Ok(self.root.join(inner))
    }

    fn directory(&self, inner: &Path, mode: u32) -> Result<(), Trouble> {
        if inner.as_os_str().is_empty() {
            // The directory that was asked for; its mode is the user's affair if it is there.
            return Ok(directories(self.root)?);
        }
        let at = self.place(inner)?;
        match fs::symlink_metadata(&at) {
            Ok(found) if found.is_dir() => {}
            Ok(_) => return Err(Trouble::Out("something else has its name here")),
            Err(_) => {
                fs::create_dir(&at).map_err(|error| failed(&at, &error))?;
            }
        }
        // Its files are still to come, so its owner may write.
        fs::set_permissions(&at, Permissions::from_mode(mode & 0o777 | 0o700)).map_err(|error| failed(&at, &error))?;
        Ok(())
    }

    fn file<R: Read>(&mut self, entry: &mut Entry<'_, R>, inner: &Path, mode: u32) -> Result<(), Trouble> {
        let at = if !inner.as_os_str().is_empty() {
            self.place(inner)?
        } else if self.root.is_dir() {
            self.root.join(self.base)
        } else {
            self.root.to_owned()
        };
        if at.is_dir() && !at.is_symlink() {
            return Err(Trouble::Out("a directory has its name here"));
        }
        self.spare(&at)?;
        let directory = at.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        directories(directory)?;
        let mut file = tempfile::Builder::new()
            .prefix(".qd-")
            .tempfile_in(directory)
            .map_err(|error| failed(directory, &error))?;
        let size = entry.size();
        let mut piece = vec![0; super::pipe::PIECE];
        let mut copied = 0;
        loop {
            let length = entry.read(&mut piece).map_err(|error| broken(&error))?;
            if length == 0 {
                break;
            }
            file.write_all(piece.get(..length).unwrap_or_default())
                .map_err(|error| failed(&at, &error))?;
            copied += length as u64;
        }
        if copied < size {
            return Err(cut().into());
        }
        let settle = || {
            let file = file.as_file();
            file.set_permissions(Permissions::from_mode(mode & 0o777))?;
            match entry.header().mtime() {
                Ok(seconds) if seconds > 0 => file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)),
                _ => Ok(()),
            }
        };
        settle().map_err(|error| failed(&at, &error))?;
        match self.existing {
            Existing::Replaced => file.persist(&at).map_err(|error| failed(&at, &error.error))?,
            Existing::Kept => file.persist_noclobber(&at).map_err(|error| match error.error.kind() {
                io::ErrorKind::AlreadyExists => Trouble::Out(HERE),
                _ => failed(&at, &error.error).into(),
            })?,
        };
        self.done.files += 1;
        self.done.bytes += copied;
        Ok(())
    }

    fn link(&self, inner: &Path, to: &Path) -> Result<(), Trouble> {
        if inner.as_os_str().is_empty() {
            return Err(Trouble::Out("it is a link; copy what it leads to"));
        }
        // Up first, then down: what goes up again behind a name could leave through another link.
        let depth = inner.components().count().saturating_sub(1);
        let ups = to.components().take_while(|part| *part == Component::ParentDir).count();
        let plain = to.components().skip(ups).all(|part| matches!(part, Component::Normal(_)));
        if ups > depth || !plain {
            return Err(Trouble::Out("a link that leads out of what was asked for"));
        }
        let at = self.place(inner)?;
        self.vacate(&at)?;
        std::os::unix::fs::symlink(to, &at).map_err(|error| failed(&at, &error))?;
        Ok(())
    }

    fn hard_link(&mut self, inner: &Path, from: &Path) -> Result<(), Trouble> {
        let (source, at) = (self.place(from)?, self.place(inner)?);
        let is_file = fs::symlink_metadata(&source).is_ok_and(|found| found.is_file());
        if !is_file || source == at {
            return Err(Trouble::Out("a link to something that was not copied"));
        }
        self.vacate(&at)?;
        fs::hard_link(&source, &at).map_err(|error| failed(&at, &error))?;
        self.done.files += 1;
        Ok(())
    }

    /// Whether a file or link of this name is to stay.
    fn spare(&self, at: &Path) -> Result<(), Trouble> {
        match self.existing {
            Existing::Kept if fs::symlink_metadata(at).is_ok() => Err(Trouble::Out(HERE)),
            Existing::Kept | Existing::Replaced => Ok(()),
        }
    }

    /// Takes away a file or link of this name.
    fn vacate(&self, at: &Path) -> Result<(), Trouble> {
        self.spare(at)?;
        match fs::symlink_metadata(at) {
            Ok(found) if found.is_dir() => Err(Trouble::Out("a directory has its name here")),
            Ok(_) => Ok(fs::remove_file(at).map_err(|error| failed(at, &error))?),
            Err(_) => Ok(()),
        }
    }
}

fn directories(at: &Path) -> Result<(), Problem> {
    fs::create_dir_all(at).map_err(|error| failed(at, &error))
}

fn failed(at: &Path, error: &io::Error) -> Problem {
    Problem::new(ProblemKind::Config, format!("cannot write {}: {error}", at.display())).hint("another directory?")
}

/// The stream ended within a file.
pub(super) fn cut() -> Problem {
    let problem = Problem::new(
        ProblemKind::Unreachable,
        "the copy was cut off; files that are here are whole, others are missing",
    );
    problem.hint("copy again")
}

fn broken(error: &io::Error) -> Problem {
    match error.kind() {
        io::ErrorKind::ConnectionAborted | io::ErrorKind::UnexpectedEof => cut(),
        _ => Problem::new(
            ProblemKind::BadAnswer,
            format!("what the container sent is not a tar archive: {error}"),
        ),
    }
}

#[cfg(test)]
#[path = "unpack_tests.rs"]
mod tests;
