//! Programs that read lines and write some of them.

use regex::bytes::RegexBuilder;

use super::{Output, Shell};

/// Runs one of `grep head tail wc sort uniq tr tee`.
pub fn run(shell: &mut Shell, name: &str, arguments: &[String], stdin: &[u8]) -> Output {
    let mut words: Vec<&str> = Vec::new();
    let (mut flags, mut count, mut bytes) = (String::new(), None, None);
    let mut rest = arguments.iter();
    while let Some(word) = rest.next() {
        match word.strip_prefix('-').filter(|f| !f.is_empty()) {
            Some("c") if name == "head" => bytes = rest.next().and_then(|n| n.parse::<usize>().ok()),
            Some("n") if matches!(name, "head" | "tail") => count = rest.next().and_then(|n| n.parse::<usize>().ok()),
            Some(flag) if matches!(name, "head" | "tail") => {
                count = flag.trim_start_matches('n').parse().ok().or(count);
                flags.push_str(flag);
            }
            Some(flag) => flags.push_str(flag),
            None => words.push(word),
        }
    }
    let pattern = if matches!(name, "grep" | "tr") && !words.is_empty() {
        words.remove(0)
    } else {
        ""
    };
    let second = if name == "tr" && !words.is_empty() { words.remove(0) } else { "" };
    if name == "tee" {
        for path in &words {
            let path = shell.place.absolute(path);
            shell.place.files.insert(path, stdin.to_vec());
        }
        return Output::says(stdin);
    }
    let mut input = Vec::new();
    for path in &words {
        match shell.place.files.get(&shell.place.absolute(path)) {
            Some(content) => input.extend(content),
            None => return Output::fails(2, format!("{name}: {path}: No such file or directory\n")),
        }
    }
    if words.is_empty() {
        input = stdin.to_vec();
    }
    if let Some(bytes) = bytes {
        input.truncate(bytes);
        return Output::says(input);
    }
    let lines: Vec<&[u8]> = input.split_inclusive(|b| *b == b'\n').collect();
    let count = count.unwrap_or(10);
    match name {
        "head" => Output::says(lines.iter().take(count).copied().collect::<Vec<_>>().concat()),
        "tail" => Output::says(
            lines
                .iter()
                .skip(lines.len().saturating_sub(count))
                .copied()
                .collect::<Vec<_>>()
                .concat(),
        ),
        "wc" => {
            let words = input.split(u8::is_ascii_whitespace).filter(|w| !w.is_empty()).count();
            Output::says(match flags.as_str() {
                "l" => format!("{}\n", lines.len()),
                "w" => format!("{words}\n"),
                "c" => format!("{}\n", input.len()),
                _ => format!("{:>9} {words:>9} {:>9}\n", lines.len(), input.len()),
            })
        }
        "sort" | "uniq" => {
            let mut lines: Vec<Vec<u8>> = lines.iter().map(|l| l.strip_suffix(b"\n").unwrap_or(l).to_vec()).collect();
            if name == "sort" {
                lines.sort();
                if flags.contains('r') {
                    lines.reverse();
                }
            }
            if name == "uniq" || flags.contains('u') {
                lines.dedup();
            }
            Output::says(
                lines
                    .into_iter()
                    .flat_map(|mut l| {
                        l.push(b'\n');
                        l
                    })
                    .collect::<Vec<u8>>(),
            )
        }
        "tr" => {
            let text = String::from_utf8_lossy(&input);
            let of = |set: &str| -> Vec<char> { set.replace("\\n", "\n").replace("\\0", "\0").replace("\\t", "\t").chars().collect() };
            let (from, to) = (of(pattern), of(second));
            let told = text.chars().filter_map(|c| match from.iter().position(|f| *f == c) {
                None => Some(c),
                Some(_) if flags.contains('d') => None,
                Some(at) => to.get(at).or(to.last()).copied().or(Some(c)),
            });
            Output::says(told.collect::<String>())
        }
        _ => grep(pattern, &flags, &lines),
    }
}

fn grep(pattern: &str, flags: &str, lines: &[&[u8]]) -> Output {
    let escaped = if flags.contains('F') {
        regex::escape(pattern)
    } else {
        pattern.to_owned()
    };
    let built = RegexBuilder::new(&escaped)
        .case_insensitive(flags.contains('i'))
        .size_limit(1 << 20)
        .build();
    let Ok(pattern) = built else {
        return Output::fails(2, format!("grep: bad regex '{pattern}'\n"));
    };
    let inverse = flags.contains('v');
    let found: Vec<&[u8]> = lines
        .iter()
        .copied()
        .filter(|line| pattern.is_match(line.strip_suffix(b"\n").unwrap_or(line)) != inverse)
        .collect();
    let code = i32::from(found.is_empty());
    let told = if flags.contains('q') {
        Vec::new()
    } else if flags.contains('c') {
        format!("{}\n", found.len()).into_bytes()
    } else {
        found.concat()
    };
    Output {
        code,
        ..Output::says(told)
    }
}
