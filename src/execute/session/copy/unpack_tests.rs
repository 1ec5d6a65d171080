use tar::{Builder, Header};

use super::*;

struct Made(Builder<Vec<u8>>);

impl Made {
    fn new() -> Self {
        Self(Builder::new(Vec::new()))
    }

    /// An entry of any name, however wicked.
    fn raw(mut self, name: &str, kind: EntryType, link: &str, content: &[u8], mode: u32) -> Self {
        let mut header = Header::new_gnu();
        header.set_entry_type(kind);
        header.set_size(content.len() as u64);
        header.set_mode(mode);
        header.set_mtime(1_700_000_000);
        let fields = header.as_gnu_mut().unwrap();
        fields.name[..name.len()].copy_from_slice(name.as_bytes());
        fields.linkname[..link.len()].copy_from_slice(link.as_bytes());
        header.set_cksum();
        self.0.append(&header, content).unwrap();
        self
    }

    fn file(self, name: &str, content: &str) -> Self {
        self.raw(name, EntryType::Regular, "", content.as_bytes(), 0o640)
    }

    fn directory(self, name: &str) -> Self {
        self.raw(name, EntryType::Directory, "", b"", 0o750)
    }

    fn link(self, name: &str, to: &str) -> Self {
        self.raw(name, EntryType::Symlink, to, b"", 0o777)
    }

    fn done(self) -> Vec<u8> {
        self.0.into_inner().unwrap()
    }
}

/// Everything below a directory, with the modes of files.
fn below(at: &Path) -> Vec<String> {
    let mut all = Vec::new();
    let mut open = vec![at.to_owned()];
    while let Some(directory) = open.pop() {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(at).unwrap().display().to_string();
            let found = fs::symlink_metadata(&path).unwrap();
            if found.is_symlink() {
                all.push(format!("{name} -> {}", fs::read_link(&path).unwrap().display()));
            } else if found.is_dir() {
                all.push(format!("{name}/"));
                open.push(path);
            } else {
                all.push(format!("{name} {:o}", found.permissions().mode() & 0o7777));
            }
        }
    }
    all.sort();
    all
}

#[test]
fn a_directory_becomes_the_one_that_was_named_with_modes_times_and_links() {
    let folder = tempfile::tempdir().unwrap();
    let local = folder.path().join("copy");
    let archive = Made::new()
        .directory("conf/")
        .file("conf/a.txt", "one")
        .raw("conf/run.sh", EntryType::Regular, "", b"#!", 0o4755)
        .directory("conf/sub/")
        .link("conf/sub/up", "../a.txt")
        .raw("conf/hard", EntryType::Link, "conf/a.txt", b"", 0o640)
        .done();
    let copied = unpack(archive.as_slice(), "conf", &local, Existing::Replaced).unwrap();
    assert_eq!((copied.files, copied.bytes, copied.left_out), (3, 5, 0), "{copied:?}");
    assert_eq!(below(&local), ["a.txt 640", "hard 640", "run.sh 755", "sub/", "sub/up -> ../a.txt"]);
    assert_eq!(fs::read_to_string(local.join("sub/up")).unwrap(), "one");
    let time = fs::metadata(local.join("a.txt")).unwrap().modified().unwrap();
    assert_eq!(time, SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000));
}

#[test]
fn a_file_gets_the_name_that_was_said_or_its_own_in_a_directory() {
    let folder = tempfile::tempdir().unwrap();
    let archive = Made::new().file("a.txt", "one").done();
    unpack(archive.as_slice(), "a.txt", &folder.path().join("b.txt"), Existing::Replaced).unwrap();
    unpack(archive.as_slice(), "a.txt", folder.path(), Existing::Replaced).unwrap();
    assert_eq!(below(folder.path()), ["a.txt 640", "b.txt 640"]);
}

#[test]
fn nothing_is_written_outside() {
    let folder = tempfile::tempdir().unwrap();
    let outside = folder.path().join("outside");
    fs::create_dir(&outside).unwrap();
    let local = folder.path().join("copy");
    let away = outside.display().to_string();
    let archive = Made::new()
        .directory("d/")
        .file("d/../../escape", "x")
        .file("../escape", "x")
        .file(&format!("{away}/escape"), "x")
        .file("other/escape", "x")
        .link("d/absolute", &away)
        .file("d/absolute/escape", "x")
        .link("d/up", "../outside")
        .file("d/up/escape", "x")
        // Harmless alone; together they would lead out.
        .directory("d/sub/")
        .link("d/sub/x", "..")
        .link("d/y", "sub/x/../../outside")
        .file("d/sub/x/through", "x")
        .raw("d/hard", EntryType::Link, "../outside/secret", b"", 0o644)
        .raw("d/device", EntryType::Block, "", b"", 0o644)
        .file("d/good", "x")
        .done();
    let copied = unpack(archive.as_slice(), "d", &local, Existing::Replaced).unwrap();
    // `absolute` and `up` became no links here: what stands below them in the archive is in plain directories.
    assert_eq!(
        below(&local),
        [
            "absolute/",
            "absolute/escape 640",
            "good 640",
            "sub/",
            "sub/x -> ..",
            "up/",
            "up/escape 640"
        ]
    );
    assert_eq!(below(&outside), [""; 0]);
    assert!(!folder.path().join("escape").exists());
    assert_eq!((copied.files, copied.left_out), (3, 10), "{:#?}", copied.notes);
}

#[test]
fn links_that_were_here_before_are_not_followed_either() {
    let folder = tempfile::tempdir().unwrap();
    let (outside, local) = (folder.path().join("outside"), folder.path().join("copy"));
    fs::create_dir_all(&outside).unwrap();
    fs::create_dir_all(&local).unwrap();
    std::os::unix::fs::symlink(&outside, local.join("logs")).unwrap();
    fs::write(outside.join("kept"), "mine").unwrap();
    std::os::unix::fs::symlink(outside.join("kept"), local.join("file")).unwrap();
    let archive = Made::new().directory("d/").file("d/logs/new", "x").file("d/file", "new").done();
    let copied = unpack(archive.as_slice(), "d", &local, Existing::Replaced).unwrap();
    assert_eq!((copied.files, copied.left_out), (1, 1), "{copied:?}");
    assert_eq!(
        fs::read_to_string(outside.join("kept")).unwrap(),
        "mine",
        "the link was replaced, not followed"
    );
    assert_eq!(fs::read_to_string(local.join("file")).unwrap(), "new");
    assert_eq!(fs::read_dir(&outside).unwrap().count(), 1);
}

#[test]
fn a_file_that_was_cut_off_does_not_appear() {
    let folder = tempfile::tempdir().unwrap();
    let archive = Made::new().file("d/whole", "one").file("d/half", &"x".repeat(5000)).done();
    let problem = unpack(&archive[..2000], "d", folder.path(), Existing::Replaced).unwrap_err();
    assert_eq!(problem.kind, ProblemKind::Unreachable);
    assert_eq!(below(folder.path()), ["whole 640"]);
    let garbage = unpack(&[7_u8; 4096][..], "d", folder.path(), Existing::Replaced).unwrap_err();
    assert_eq!(garbage.kind, ProblemKind::BadAnswer);
}

#[test]
fn what_is_here_already_stays_unless_it_may_be_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let local = folder.path().join("copy");
    fs::create_dir(&local).unwrap();
    fs::write(local.join("a.txt"), "mine").unwrap();
    std::os::unix::fs::symlink("a.txt", local.join("up")).unwrap();
    let archive = Made::new()
        .directory("conf/")
        .file("conf/a.txt", "theirs")
        .file("conf/b.txt", "new")
        .link("conf/up", "b.txt")
        .done();
    let copied = unpack(archive.as_slice(), "conf", &local, Existing::Kept).unwrap();
    assert_eq!((copied.files, copied.left_out), (1, 2), "{copied:?}");
    assert!(copied.notes[0].ends_with("it is here already, and was not replaced"), "{copied:?}");
    assert_eq!(fs::read_to_string(local.join("a.txt")).unwrap(), "mine");
    assert_eq!(below(&local), ["a.txt 644", "b.txt 640", "up -> a.txt"]);
    unpack(archive.as_slice(), "conf", &local, Existing::Replaced).unwrap();
    assert_eq!(fs::read_to_string(local.join("a.txt")).unwrap(), "theirs");
}
