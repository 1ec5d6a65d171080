//! `tar`, as far as files are copied with it.

use std::collections::BTreeMap;
use std::io::Read as _;

use super::{Output, Shell};

/// `tar cf - -C DIRECTORY NAME` and `tar xf - -C DIRECTORY`.
pub fn run(shell: &mut Shell, arguments: &[String], stdin: &[u8]) -> Output {
    let Some((flags, rest)) = arguments.split_first() else {
        return Output::fails(1, "tar: need at least one option\n");
    };
    let mut directory = ".";
    let mut names = Vec::new();
    let mut rest = rest.iter().map(String::as_str);
    while let Some(word) = rest.next() {
        match word {
            "-" | "--" => {}
            "-C" => directory = rest.next().unwrap_or("."),
            name => names.push(name),
        }
    }
    let root = shell.place.absolute(directory);
    if shell.place.directory(&root).is_none() {
        return Output::fails(
            1,
            format!("tar: can't change directory to '{directory}': No such file or directory\n"),
        );
    }
    if flags.contains('c') {
        create(shell, &root, &names)
    } else {
        extract(shell, &root, stdin)
    }
}

fn create(shell: &Shell, root: &str, names: &[&str]) -> Output {
    let mut archive = tar::Builder::new(Vec::new());
    let base = if root == "/" { "/".to_owned() } else { format!("{root}/") };
    for name in names {
        let full = shell.place.absolute(&format!("{base}{name}"));
        let is_below = |path: &&String| **path == full || path.strip_prefix(&full).is_some_and(|rest| rest.starts_with('/'));
        let files: BTreeMap<&String, &Vec<u8>> = shell.place.files.iter().filter(|(path, _)| is_below(path)).collect();
        if files.is_empty() {
            return Output::fails(1, format!("tar: {name}: No such file or directory\n"));
        }
        for (path, content) in files {
            let mut header = tar::Header::new_gnu();
            header.set_size(content.len() as u64);
            header.set_mode(0o644);
            let inner = path.strip_prefix(&base).unwrap_or(path);
            if archive.append_data(&mut header, inner, content.as_slice()).is_err() {
                return Output::fails(1, format!("tar: {inner}: file name is too long\n"));
            }
        }
    }
    Output::says(archive.into_inner().unwrap_or_default())
}

fn extract(shell: &mut Shell, root: &str, stdin: &[u8]) -> Output {
    let mut archive = tar::Archive::new(stdin);
    let Ok(entries) = archive.entries() else {
        return Output::fails(1, "tar: invalid tar magic\n");
    };
    for entry in entries {
        let Ok(mut entry) = entry else {
            return Output::fails(1, "tar: short read\n");
        };
        let path = entry.path().map(|p| p.to_string_lossy().into_owned()).unwrap_or_default();
        let mut content = Vec::new();
        if entry.header().entry_type().is_file() && entry.read_to_end(&mut content).is_ok() {
            let path = shell.place.absolute(&format!("{root}/{path}"));
            shell.place.files.insert(path, content);
        }
    }
    Output::default()
}
