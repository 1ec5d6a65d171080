//! Files copied out of containers and into them, as kubectl does it: an archive that `tar` in the container writes or reads.
//!
//! Nothing is held whole: the archive streams through a few pieces. Names in it are not trusted, since whoever is in the
//! container may have replaced its `tar` ([`unpack`]).

mod fetch;
mod pack;
mod pipe;
mod send;
mod unpack;

pub use fetch::fetch;
pub use send::send;

use std::time::Duration;

/// A copy on which nothing moves for so long has failed.
const STALL: Duration = Duration::from_secs(60);

/// So many of the things left out are named; the others are counted.
const NAMED: usize = 20;

/// Told how many bytes of the archive have passed so far.
pub type Progress<'a> = &'a mut (dyn FnMut(u64) + Send);

/// What becomes of files of this machine that stand where a copy would write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existing {
    /// They stay, and are told as left out.
    Kept,
    Replaced,
}

/// What was copied.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Copied {
    pub files: u64,
    /// Bytes of the files.
    pub bytes: u64,
    /// Links that lead elsewhere, devices and names that lead out: they are not copied.
    pub left_out: u64,
    /// The first of them, each with its reason; and what `tar` complained of.
    pub notes: Vec<String>,
}

impl Copied {
    /// Something is not copied.
    fn leave_out(&mut self, name: impl AsRef<str>, why: &str) {
        self.left_out += 1;
        self.note(&format!("{}: {why}", name.as_ref()));
    }

    fn note(&mut self, text: &str) {
        if self.notes.len() < NAMED {
            self.notes.push(crate::model::shorten(&crate::model::clean(text), 200).into_owned());
        }
    }
}

/// The two parts of a path in a container: where it is, and its last name. The root has no name.
fn split(path: &str) -> (&str, &str) {
    let path = path.trim_end_matches('/');
    match path.rsplit_once('/') {
        Some(("", base)) => ("/", base),
        Some((directory, base)) => (directory, base),
        None => (if path.is_empty() { "/" } else { "." }, path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_where_it_is_and_its_name() {
        for (path, parts) in [
            ("/etc/nginx/", ("/etc", "nginx")),
            ("/etc", ("/", "etc")),
            ("data", (".", "data")),
            ("a/b", ("a", "b")),
            ("/", ("/", "")),
        ] {
            assert_eq!(split(path), parts, "{path}");
        }
    }

    #[test]
    fn what_is_left_out_is_counted_and_the_first_are_named() {
        let mut copied = Copied::default();
        for n in 0..50 {
            copied.leave_out(format!("file \u{1b}{n}"), "a device");
        }
        assert_eq!((copied.left_out, copied.notes.len()), (50, NAMED));
        assert_eq!(copied.notes[0], "file ␛0: a device");
    }
}
