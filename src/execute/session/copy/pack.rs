//! Files of this machine as an archive for a container.
//!
//! It is written twice: once into nothing, to know its length before it is sent (old servers cannot say that an input is
//! over, so the other side is told how much there will be), and once for good. Both times it is the same number of bytes, also
//! where a file has changed meanwhile.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use tar::{Builder, EntryType, Header};

use super::Copied;
use crate::model::{Problem, ProblemKind};

/// More entries than a person copies by hand; they are all remembered during the copy.
const MOST: usize = 100_000;

/// What is to be packed.
#[derive(Debug)]
pub(super) struct Plan {
    entries: Vec<Entry>,
    /// Bytes of the archive.
    pub length: u64,
    /// What it will hold.
    pub copied: Copied,
}

#[derive(Debug)]
struct Entry {
    from: PathBuf,
    name: PathBuf,
    what: What,
    mode: u32,
    time: u64,
}

#[derive(Debug)]
enum What {
    Directory,
    File(u64),
    Link(PathBuf),
}

/// Looks at a file or directory, which shall have this name over there.
///
/// # Errors
/// It is not there, cannot be read, or holds too much.
pub(super) fn plan(local: &Path, name: &str) -> Result<Plan, Problem> {
    let mut entries = Vec::new();
    let mut copied = Copied::default();
    let mut open = vec![(local.to_owned(), PathBuf::from(name))];
    while let Some((from, name)) = open.pop() {
        // What was named itself is followed if it is a link; links below it are copied as links.
        let found = if entries.is_empty() {
            fs::metadata(&from)
        } else {
            fs::symlink_metadata(&from)
        };
        let found = found.map_err(|error| unreadable(&from, &error))?;
        let what = if found.is_dir() {
            let mut inner = Vec::new();
            for entry in fs::read_dir(&from).map_err(|error| unreadable(&from, &error))? {
                let entry = entry.map_err(|error| unreadable(&from, &error))?;
                inner.push((entry.path(), name.join(entry.file_name())));
                if inner.len() + open.len() + entries.len() > MOST {
                    return Err(too_many(local));
                }
            }
            // The last is taken first.
            inner.sort_by(|a, b| b.cmp(a));
            open.append(&mut inner);
            What::Directory
        } else if found.is_symlink() {
            What::Link(fs::read_link(&from).map_err(|error| unreadable(&from, &error))?)
        } else if found.is_file() {
            copied.files += 1;
            copied.bytes += found.len();
            What::File(found.len())
        } else {
            copied.leave_out(name.to_string_lossy(), "neither a file nor a directory");
            continue;
        };
        entries.push(Entry {
            from,
            name,
            what,
            mode: found.permissions().mode() & 0o777,
            time: u64::try_from(found.mtime()).unwrap_or_default(),
        });
    }
    let mut plan = Plan {
        entries,
        length: 0,
        copied,
    };
    let mut counter = Counter(0);
    plan.write(&mut counter, |_, size| Ok(Box::new(io::repeat(0).take(size))))
        .map_err(|error| unreadable(local, &error))?;
    plan.length = counter.0;
    Ok(plan)
}

impl Plan {
    /// Writes the archive; exactly [`Plan::length`] bytes.
    ///
    /// # Errors
    /// A file cannot be read any more, or nobody takes the archive.
    pub(super) fn pack(&self, writer: impl Write) -> io::Result<()> {
        self.write(writer, |from, size| {
            // One that has become shorter is filled up, one that has grown is cut where it ended.
            let file = File::open(from)?;
            Ok(Box::new(file.chain(io::repeat(0)).take(size)))
        })
    }

    fn write(&self, writer: impl Write, open: impl Fn(&Path, u64) -> io::Result<Box<dyn Read>>) -> io::Result<()> {
        let mut archive = Builder::new(writer);
        for entry in &self.entries {
            let mut header = Header::new_gnu();
            header.set_mode(entry.mode);
            header.set_mtime(entry.time);
            // The numbers of users here mean nothing over there.
            header.set_uid(0);
            header.set_gid(0);
            header.set_size(0);
            match &entry.what {
                What::Directory => {
                    header.set_entry_type(EntryType::Directory);
                    archive.append_data(&mut header, &entry.name, io::empty())?;
                }
                What::File(size) => {
                    header.set_entry_type(EntryType::Regular);
                    header.set_size(*size);
                    archive.append_data(&mut header, &entry.name, open(&entry.from, *size)?)?;
                }
                What::Link(to) => {
                    header.set_entry_type(EntryType::Symlink);
                    archive.append_link(&mut header, &entry.name, to)?;
                }
            }
        }
        archive.into_inner()?.flush()
    }
}

struct Counter(u64);

impl Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn unreadable(at: &Path, error: &io::Error) -> Problem {
    let kind = match error.kind() {
        io::ErrorKind::NotFound => ProblemKind::NotFound,
        _ => ProblemKind::Config,
    };
    Problem::new(kind, format!("cannot read {}: {error}", at.display()))
}

fn too_many(at: &Path) -> Problem {
    let problem = Problem::new(ProblemKind::Config, format!("{} holds more than {MOST} files", at.display()));
    problem.hint("pack them into one file first")
}

#[cfg(test)]
mod tests {
    use super::super::unpack::unpack;
    use super::*;

    #[test]
    fn what_is_packed_is_as_long_as_was_said_and_comes_out_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let from = folder.path().join("from");
        fs::create_dir_all(from.join("sub")).unwrap();
        fs::write(from.join("a.txt"), "one").unwrap();
        fs::write(from.join("sub").join("x".repeat(150)), vec![7; 70_000]).unwrap();
        fs::set_permissions(from.join("a.txt"), fs::Permissions::from_mode(0o600)).unwrap();
        std::os::unix::fs::symlink("../a.txt", from.join("sub/link")).unwrap();
        let plan = plan(&from, "there").unwrap();
        assert_eq!((plan.copied.files, plan.copied.bytes), (2, 70_003));
        // One grows and one shrinks between the two looks.
        fs::write(from.join("sub").join("x".repeat(150)), vec![7; 60_000]).unwrap();
        let mut archive = Vec::new();
        plan.pack(&mut archive).unwrap();
        assert_eq!(archive.len() as u64, plan.length);
        let to = folder.path().join("to");
        let copied = unpack(archive.as_slice(), "there", &to, super::super::Existing::Replaced).unwrap();
        assert_eq!((copied.files, copied.left_out), (2, 0), "{copied:?}");
        assert_eq!(fs::read_to_string(to.join("sub/link")).unwrap(), "one");
        assert_eq!(fs::metadata(to.join("a.txt")).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::metadata(to.join("sub").join("x".repeat(150))).unwrap().len(), 70_000);
    }

    #[test]
    fn what_is_not_there_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let problem = plan(&folder.path().join("nothing"), "x").unwrap_err();
        assert_eq!(problem.kind, ProblemKind::NotFound);
    }
}
