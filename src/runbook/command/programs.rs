//! psql, redis-cli and the team's deployment script.

use crate::action::variables::Line;
use crate::action::{Class, Word};

/// Functions of SQL that only compute or look.
const FUNCTIONS: [&str; 34] = [
    "abs",
    "age",
    "array_agg",
    "avg",
    "cast",
    "ceil",
    "coalesce",
    "count",
    "current_setting",
    "date_part",
    "date_trunc",
    "extract",
    "filter",
    "floor",
    "format",
    "greatest",
    "interval",
    "least",
    "left",
    "length",
    "lower",
    "max",
    "min",
    "now",
    "nullif",
    "pg_backend_pid",
    "pg_blocking_pids",
    "pg_database_size",
    "pg_is_in_recovery",
    "pg_size_pretty",
    "pg_total_relation_size",
    "round",
    "string_agg",
    "sum",
];

/// Words that may stand before a parenthesis and are no functions.
const BEFORE_PARENTHESIS: [&str; 17] = [
    "and", "as", "by", "case", "exists", "from", "in", "join", "not", "on", "or", "over", "select", "then", "values", "when", "where",
];

/// Whether one statement only reads: it selects, and calls no function that could do more. The server holds it to that as well, where
/// it is asked in a transaction that is read-only.
pub fn selects(text: &str) -> bool {
    let Some(bare) = bare(text) else { return false };
    let statement = bare.trim().trim_end_matches(';').to_lowercase();
    if statement.contains(';') {
        return false;
    }
    let words: Vec<&str> = statement
        .split(|c: char| !c.is_alphanumeric() && c != '_' && c != '(')
        .filter(|word| !word.is_empty())
        .collect();
    let begins = words
        .first()
        .is_some_and(|first| matches!(first.trim_end_matches('('), "select" | "show"));
    let writes = |word: &str| {
        matches!(
            word.trim_matches('('),
            "into" | "insert" | "update" | "delete" | "merge" | "copy" | "lock" | "call" | "do" | "set" | "nextval" | "share"
        )
    };
    begins
        && !words.iter().any(|word| writes(word))
        && calls(&statement).all(|call| FUNCTIONS.contains(&call) || BEFORE_PARENTHESIS.contains(&call))
}

/// Whether a statement ends sessions of others, and does nothing worse that its words tell.
pub fn terminates(text: &str) -> bool {
    let Some(bare) = bare(text) else { return false };
    let statement = bare.trim().trim_end_matches(';').to_lowercase();
    let known = |call: &str| FUNCTIONS.contains(&call) || BEFORE_PARENTHESIS.contains(&call);
    let mut found = false;
    let all = calls(&statement).all(|call| match call {
        "pg_terminate_backend" | "pg_cancel_backend" => {
            found = true;
            true
        }
        call => known(call),
    });
    all && found && !statement.contains(';') && statement.starts_with("select")
}

/// The words directly before a parenthesis.
fn calls(statement: &str) -> impl Iterator<Item = &str> {
    let heads = statement.split('(');
    let count = heads.clone().count();
    heads.take(count.saturating_sub(1)).filter_map(|head| {
        let head = head.trim_end();
        let word = head.rsplit(|c: char| !c.is_alphanumeric() && c != '_').next()?;
        (!word.is_empty()).then_some(word)
    })
}

/// A statement without its texts and comments; none, where one of them does not end or a quoted name could be anything.
fn bare(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['\'', '"', '$', '-', '/', '\\']) {
        let (before, tail) = rest.split_at(at);
        out.push_str(before);
        if let Some(inside) = tail.strip_prefix('\'') {
            let (_, after) = inside.split_once('\'')?;
            out.push_str(" ''");
            rest = after;
        } else if tail.starts_with('"') || tail.starts_with('\\') || tail.starts_with("$$") {
            return None;
        } else if tail.starts_with("--") {
            rest = tail.split_once('\n').map_or("", |(_, after)| after);
            out.push(' ');
        } else if let Some(inside) = tail.strip_prefix("/*") {
            rest = inside.split_once("*/")?.1;
            out.push(' ');
        } else {
            let length = tail.chars().next().map_or(0, char::len_utf8);
            out.push_str(tail.get(..length).unwrap_or_default());
            rest = tail.get(length..).unwrap_or_default();
        }
    }
    out.push_str(rest);
    Some(out)
}

/// Whether a line of psql asks one statement that only reads.
///
/// # Errors
///
/// Why it may do more.
pub fn psql(line: &Line) -> Result<(), String> {
    let mut statements = 0;
    let mut words = line.words().skip(1);
    while let Some(word) = words.next() {
        match word.plain() {
            None => {
                if word.start().starts_with('-') {
                    return Err("which flag it is, is left to fill in".to_owned());
                }
            }
            Some("-c" | "--command") => {
                let statement = words.next().and_then(Word::plain).ok_or("the statement is left to fill in")?;
                if !selects(statement) {
                    return Err("the statement is not known to read only".to_owned());
                }
                statements += 1;
            }
            Some("-h" | "--host" | "-p" | "--port" | "-U" | "--username" | "-d" | "--dbname") => {
                words.next();
            }
            Some("-X" | "-A" | "-t" | "-q" | "-w" | "--no-password" | "--no-psqlrc" | "-At" | "-tA") => {}
            Some(flag) if flag.starts_with('-') => return Err(format!("`{flag}` may do more than read")),
            Some(_) => {}
        }
    }
    match statements {
        1 => Ok(()),
        _ => Err("there is not one statement (-c)".to_owned()),
    }
}

/// What a line of redis-cli does, and its name in the registry.
///
/// # Errors
///
/// Why nobody can say.
pub fn redis(line: &Line) -> Result<(Class, &'static str), String> {
    let mut words = line.words().skip(1);
    while let Some(word) = words.next() {
        let plain = word.plain().ok_or("which command it is, is left to fill in")?;
        match plain {
            "-h" | "-p" | "-n" | "--user" => {
                words.next();
            }
            "--tls" | "--raw" | "--no-raw" => {}
            flag if flag.starts_with('-') => return Err(format!("`{flag}` may do more than read")),
            command => {
                let second = words.next().and_then(Word::plain).unwrap_or_default().to_lowercase();
                return match (command.to_lowercase().as_str(), second.as_str()) {
                    ("info" | "ping" | "dbsize" | "lastsave" | "time", _)
                    | ("slowlog", "get" | "len")
                    | ("client", "list")
                    | ("config", "get")
                    | ("memory", "stats" | "doctor") => Ok((Class::R, "redis.info")),
                    ("flushall" | "flushdb", _) => Ok((Class::D, "redis.flush")),
                    (other, _) => Err(format!("`{other}` is not known to read only")),
                };
            }
        }
    }
    Err("there is no command".to_owned())
}

/// What the team's deployment script does, and its name in the registry: `deploy.sh ENV --tag vX | --rollback | --dry-run`.
pub fn deploy(line: &Line) -> Option<(Class, &'static str)> {
    let words: Vec<&Word> = line.words().collect();
    let (program, arguments) = words.split_first()?;
    if program.plain()?.rsplit('/').next()? != "deploy.sh" {
        return None;
    }
    let (environment, flags) = arguments.split_first()?;
    if environment.start().starts_with('-') {
        return None;
    }
    let (mut tag, mut rollback, mut dry_run) = (false, false, false);
    let mut flags = flags.iter();
    while let Some(flag) = flags.next() {
        match flag.plain()? {
            "--tag" => {
                tag = !flags.next()?.start().starts_with('-');
            }
            "--rollback" => rollback = true,
            "--dry-run" => dry_run = true,
            _ => return None,
        }
    }
    match (dry_run, rollback, tag) {
        // It says that it changes nothing; it is a program of somebody else's all the same.
        (true, ..) => Some((Class::T, "deploy.dry-run")),
        (false, true, false) => Some((Class::W2, "deploy.rollback")),
        (false, false, true) => Some((Class::W2, "deploy.tag")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sql_reads_only_where_that_is_sure() {
        for (statement, reads) in [
            ("SELECT 1", true),
            (
                "select count(*), max(now() - state_change) from pg_stat_activity where state = 'idle; drop' group by 1;",
                true,
            ),
            ("SHOW max_connections", true),
            ("SELECT pg_terminate_backend(1)", false),
            ("SELECT x INTO y FROM z", false),
            ("SELECT 1; DROP TABLE x", false),
            ("SELECT lo_unlink(1)", false),
            ("WITH d AS (DELETE FROM x RETURNING *) SELECT * FROM d", false),
            ("SELECT 'it''s' -- ; drop\n FROM x", true),
            ("SELECT \"evil\"(1)", false),
            ("SELECT * FROM x FOR UPDATE", false),
            ("SELECT /* x", false),
            ("SELECT 'x", false),
            ("EXPLAIN ANALYZE DELETE FROM x", false),
            ("", false),
        ] {
            assert_eq!(selects(statement), reads, "{statement}");
        }
        assert!(terminates(
            "SELECT pid, pg_terminate_backend(pid)\nFROM pg_stat_activity\nWHERE pid <> pg_backend_pid();"
        ));
        assert!(!terminates("SELECT pg_terminate_backend(pid), lo_unlink(3) FROM x"));
    }
}
