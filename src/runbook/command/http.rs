//! Lines of curl that only fetch.

use crate::action::ask::Fetch;
use crate::action::variables::Line;

/// Flags without a value that change nothing.
const PLAIN: &str = "sSfLIkgv46#";
const PLAIN_LONG: [&str; 11] = [
    "--silent",
    "--show-error",
    "--fail",
    "--location",
    "--head",
    "--insecure",
    "--globoff",
    "--verbose",
    "--compressed",
    "--ipv4",
    "--fail-with-body",
];

/// Whether a line fetches one address, and does nothing else.
///
/// # Errors
///
/// What it does besides, or why nobody can say.
pub fn read(line: &Line) -> Result<(), String> {
    let mut addresses = 0;
    let mut words = line.words().skip(1);
    while let Some(word) = words.next() {
        let start = word.start();
        if !start.starts_with('-') {
            let plain = word.plain().unwrap_or(start);
            if word.plain().is_some() && plain.contains("://") && !plain.starts_with("http://") && !plain.starts_with("https://") {
                return Err(format!("`{plain}` is no web address"));
            }
            addresses += 1;
            continue;
        }
        let Some(flag) = word.plain() else {
            return Err("which flag it is, is left to fill in".to_owned());
        };
        let (flag, inline) = match flag.strip_prefix("--") {
            Some(_) => (flag, None),
            // `-w '…'`, `-m5`, `-sSo /dev/null`: letters, of which the last may take a value.
            None => {
                let letters = flag.trim_start_matches('-');
                let end = letters.find(|c| !PLAIN.contains(c));
                match end {
                    None => continue,
                    Some(at) => {
                        let rest = letters.get(at..).unwrap_or_default();
                        let (letter, value) = rest.split_at(rest.chars().next().map_or(0, char::len_utf8));
                        (long(letter), Some(value).filter(|value| !value.is_empty()))
                    }
                }
            }
        };
        if PLAIN_LONG.contains(&flag) {
            continue;
        }
        let value = match inline {
            Some(value) => Some(value.to_owned()),
            None => words.next().map(|word| word.said()),
        };
        match (flag, value.as_deref()) {
            ("--output", Some("/dev/null"))
            | ("--write-out" | "--max-time" | "--connect-timeout" | "--user-agent" | "--resolve", Some(_)) => {
                if value
                    .as_deref()
                    .is_some_and(|value| value.starts_with('@') || value.contains("%output"))
                {
                    return Err(format!("`{flag}` would read or write a file"));
                }
            }
            ("--header", Some(value)) if !value.starts_with('@') => {}
            ("--request", Some("GET" | "HEAD")) => {}
            ("--url", Some(_)) => addresses += 1,
            (flag, _) => return Err(format!("`{flag}` does more than fetch")),
        }
    }
    match addresses {
        1 => Ok(()),
        0 => Err("there is no address".to_owned()),
        _ => Err("there is more than one address".to_owned()),
    }
}

/// The line of curl that asks what an `http` fence asks: `GET $BASE_URL/health`, then headers, a line each. None, where it does
/// more than look: nobody sends that from here.
pub fn of_fence(text: &str) -> Option<String> {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let first = lines.next()?;
    let (method, address) = match first.split_once(char::is_whitespace) {
        None => ("GET", first),
        Some((method, rest)) => (method, rest.trim().trim_end_matches("HTTP/1.1").trim_end()),
    };
    let head = match method {
        "GET" => "",
        "HEAD" => "-I ",
        _ => return None,
    };
    // Between double quotes variables are variables, and nothing else is anything.
    let quoted = |text: &str| (!text.contains(['"', '`', '\\']) && !text.contains("$(")).then(|| format!("\"{text}\""));
    let mut line = format!("curl -sS {head}");
    for header in lines {
        // What comes behind an empty line is sent: that is no look.
        let (name, _) = header.split_once(':')?;
        if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') {
            return None;
        }
        line.push_str(&format!("-H {} ", quoted(header)?));
    }
    if address.contains(char::is_whitespace) {
        return None;
    }
    line.push_str(&quoted(address)?);
    Some(line)
}

/// What a line that only fetches would fetch, where nothing is left to fill in.
pub fn fetch(line: &Line) -> Option<Fetch> {
    read(line).ok()?;
    let mut words = Vec::new();
    for word in line.words().skip(1) {
        words.push(word.plain()?.to_owned());
    }
    let mut fetch = Fetch {
        body: true,
        ..Fetch::default()
    };
    let mut words = words.into_iter();
    while let Some(word) = words.next() {
        if !word.starts_with('-') {
            fetch.url = word;
            continue;
        }
        if word.starts_with("--") {
            take(&mut fetch, &word, || words.next());
            continue;
        }
        let mut letters = word.trim_start_matches('-').chars();
        while let Some(letter) = letters.next() {
            match letter {
                'L' => fetch.follow = true,
                'I' => fetch.head = true,
                'k' => fetch.insecure = true,
                'f' => fetch.fail = true,
                letter if PLAIN.contains(letter) => {}
                letter => {
                    let rest: String = letters.by_ref().collect();
                    let given = Some(rest).filter(|rest| !rest.is_empty());
                    take(&mut fetch, long(&letter.to_string()), || given.or_else(|| words.next()));
                }
            }
        }
    }
    Some(fetch)
}

/// A flag by its long name; `value` is what stands behind it.
fn take(fetch: &mut Fetch, flag: &str, value: impl FnOnce() -> Option<String>) {
    match flag {
        "--location" => fetch.follow = true,
        "--head" => fetch.head = true,
        "--insecure" => fetch.insecure = true,
        "--fail" => fetch.fail = true,
        flag if PLAIN_LONG.contains(&flag) => {}
        flag => {
            let value = value().unwrap_or_default();
            match flag {
                // Only `/dev/null` came this far.
                "--output" => fetch.body = false,
                "--write-out" => fetch.write_out = value,
                "--max-time" => fetch.timeout = value.parse::<f64>().ok().map(|seconds| seconds.ceil().clamp(1.0, 600.0) as u64),
                "--request" => fetch.head = value == "HEAD",
                "--url" => fetch.url = value,
                "--header" => fetch.headers.extend(
                    value
                        .split_once(':')
                        .map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned())),
                ),
                "--user-agent" => fetch.headers.push(("user-agent".to_owned(), value)),
                _ => {}
            }
        }
    }
}

fn long(letter: &str) -> &'static str {
    match letter {
        "o" => "--output",
        "w" => "--write-out",
        "m" => "--max-time",
        "A" => "--user-agent",
        "H" => "--header",
        "X" => "--request",
        "K" => "--config",
        "d" => "--data",
        "T" => "--upload-file",
        "F" => "--form",
        "u" => "--user",
        "O" => "--remote-name",
        _ => "a flag of curl that is not known",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::Class;
    use crate::runbook::command::Command;

    #[test]
    fn a_fence_that_looks_is_a_line_of_curl_and_another_is_none() {
        for (fence, line) in [
            ("GET $BASE_URL/health", Some("curl -sS \"$BASE_URL/health\"")),
            ("https://x/health", Some("curl -sS \"https://x/health\"")),
            (
                "HEAD https://x/ HTTP/1.1\nAccept: text/html",
                Some("curl -sS -I -H \"Accept: text/html\" \"https://x/\""),
            ),
            ("POST https://x/orders", None),
            ("DELETE https://x/orders/1", None),
            ("GET https://x/$(id)", None),
            ("GET https://x/`id`", None),
            ("GET https://x/\" -o /etc/passwd \"", None),
            ("GET https://x/a b", None),
            ("GET https://x/\n\n{\"a\": 1}", None),
            ("", None),
        ] {
            assert_eq!(of_fence(fence).as_deref(), line, "{fence}");
            if let Some(line) = line {
                assert_eq!(Command::read(line, 1).reading_filled(&[], &|_| None).class, Class::R, "{line}");
            }
        }
    }
}
