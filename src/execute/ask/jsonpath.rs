//! JSONPath as kubectl has it, the part that lines of pages use: fields, indexes, `[*]`, `[?(@.a=="b")]`, `{range …}`.

use serde_json::Value;

/// A part of a template.
#[derive(Debug, PartialEq)]
enum Part {
    Text(String),
    Path(Vec<Step>),
    Range(Vec<Step>, Vec<Part>),
}

#[derive(Debug, PartialEq)]
enum Step {
    Field(String),
    Index(i64),
    All,
    /// `?(@.path == 'text')`; the flag: equal.
    Where(Vec<Step>, bool, String),
}

/// How deep ranges nest.
const DEEP: usize = 8;

/// Writes a template for a document.
///
/// # Errors
/// The template is not understood.
pub fn write(template: &str, document: &Value) -> Result<String, String> {
    // kubectl lets the braces be left out.
    let whole = match template.contains('{') {
        true => template.to_owned(),
        false => format!(
            "{{{}}}",
            if template.starts_with('.') {
                template.to_owned()
            } else {
                format!(".{template}")
            }
        ),
    };
    let chars: Vec<char> = whole.chars().collect();
    let mut at = 0;
    let parts = parts(&chars, &mut at, 0)?;
    let mut out = String::new();
    print(&parts, document, &mut out);
    Ok(out)
}

/// The first value of a path, as text: what a list is sorted by.
pub fn first(path: &str, document: &Value) -> Option<String> {
    let path = path.trim_start_matches('{').trim_end_matches('}');
    let steps = steps(path).ok()?;
    found(&steps, document).first().map(|value| plain(value))
}

fn print(parts: &[Part], document: &Value, out: &mut String) {
    for part in parts {
        match part {
            Part::Text(text) => out.push_str(text),
            Part::Path(steps) => {
                let values: Vec<String> = found(steps, document).into_iter().map(plain).collect();
                out.push_str(&values.join(" "));
            }
            Part::Range(steps, inner) => found(steps, document).into_iter().for_each(|one| print(inner, one, out)),
        }
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

fn found<'v>(steps: &[Step], document: &'v Value) -> Vec<&'v Value> {
    let mut all = vec![document];
    for step in steps {
        all = all
            .into_iter()
            .flat_map(|value| -> Vec<&'v Value> {
                match step {
                    Step::Field(name) => value.get(name).into_iter().collect(),
                    Step::Index(n) => {
                        let list = value.as_array().map(Vec::as_slice).unwrap_or_default();
                        let at = match usize::try_from(*n) {
                            Ok(at) => Some(at),
                            Err(_) => list.len().checked_sub(usize::try_from(n.unsigned_abs()).unwrap_or(usize::MAX)),
                        };
                        at.and_then(|at| list.get(at)).into_iter().collect()
                    }
                    Step::All => match value {
                        Value::Array(all) => all.iter().collect(),
                        Value::Object(map) => map.values().collect(),
                        _ => Vec::new(),
                    },
                    Step::Where(path, equal, text) => {
                        let list = value.as_array().map(Vec::as_slice).unwrap_or_default();
                        let fits = |one: &&Value| found(path, one).first().is_some_and(|value| plain(value) == *text) == *equal;
                        list.iter().filter(fits).collect()
                    }
                }
            })
            .collect();
    }
    all
}

fn parts(chars: &[char], at: &mut usize, depth: usize) -> Result<Vec<Part>, String> {
    if depth > DEEP {
        return Err("the template nests too deeply".into());
    }
    let mut all = Vec::new();
    let mut text = String::new();
    while let Some(c) = chars.get(*at).copied() {
        *at += 1;
        if c != '{' {
            text.push(c);
            continue;
        }
        if !text.is_empty() {
            all.push(Part::Text(std::mem::take(&mut text)));
        }
        let inside = inside(chars, at)?;
        let inside = inside.trim();
        if inside == "end" {
            return match depth {
                0 => Err("`{end}` without `{range}`".into()),
                _ => Ok(all),
            };
        }
        if let Some(path) = inside.strip_prefix("range ") {
            let steps = steps(path.trim())?;
            all.push(Part::Range(steps, parts(chars, at, depth + 1)?));
        } else if let Some(literal) = quoted(inside) {
            all.push(Part::Text(literal));
        } else {
            all.push(Part::Path(steps(inside)?));
        }
    }
    if depth > 0 {
        return Err("`{range}` without `{end}`".into());
    }
    if !text.is_empty() {
        all.push(Part::Text(text));
    }
    Ok(all)
}

/// What stands between two braces; quotes may hold one.
fn inside(chars: &[char], at: &mut usize) -> Result<String, String> {
    let (mut out, mut quote) = (String::new(), None);
    while let Some(c) = chars.get(*at).copied() {
        *at += 1;
        match (quote, c) {
            (None, '}') => return Ok(out),
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), c) if c == open => quote = None,
            _ => {}
        }
        out.push(c);
    }
    Err("a brace is not closed".into())
}

fn quoted(text: &str) -> Option<String> {
    let inner = ['"', '\''].iter().find_map(|q| text.strip_prefix(*q)?.strip_suffix(*q))?;
    Some(inner.replace("\\n", "\n").replace("\\t", "\t"))
}

fn steps(path: &str) -> Result<Vec<Step>, String> {
    let chars: Vec<char> = path.chars().collect();
    let mut all = Vec::new();
    let mut at = 0;
    // `$` and `@` are the document itself.
    if matches!(chars.first(), Some('$' | '@')) {
        at = 1;
    }
    while let Some(c) = chars.get(at).copied() {
        match c {
            '.' if chars.get(at + 1) == Some(&'.') => return Err("`..` is not understood".into()),
            '.' => {
                at += 1;
                let mut name = String::new();
                while let Some(c) = chars.get(at).copied() {
                    match c {
                        '\\' => {
                            at += 1;
                            name.extend(chars.get(at));
                        }
                        '.' | '[' => break,
                        c => name.push(c),
                    }
                    at += 1;
                }
                match name.as_str() {
                    "" => {}
                    "*" => all.push(Step::All),
                    _ => all.push(Step::Field(name)),
                }
            }
            '[' => {
                let mut inner = String::new();
                let mut quote = None;
                at += 1;
                loop {
                    let Some(c) = chars.get(at).copied() else {
                        return Err("a bracket is not closed".into());
                    };
                    at += 1;
                    match (quote, c) {
                        (None, ']') => break,
                        (None, '"' | '\'') => quote = Some(c),
                        (Some(open), c) if c == open => quote = None,
                        _ => {}
                    }
                    inner.push(c);
                }
                all.push(bracket(inner.trim())?);
            }
            _ => return Err(format!("`{path}` is no path")),
        }
    }
    Ok(all)
}

fn bracket(inner: &str) -> Result<Step, String> {
    if inner == "*" {
        return Ok(Step::All);
    }
    if let Some(name) = quoted(inner) {
        return Ok(Step::Field(name));
    }
    if let Ok(number) = inner.parse() {
        return Ok(Step::Index(number));
    }
    let condition = inner.strip_prefix("?(").and_then(|rest| rest.strip_suffix(')'));
    let condition = condition.ok_or_else(|| format!("`[{inner}]` is not understood"))?;
    let (left, equal, right) = match (condition.split_once("=="), condition.split_once("!=")) {
        (Some((left, right)), _) => (left, true, right),
        (None, Some((left, right))) => (left, false, right),
        (None, None) => return Err(format!("`[{inner}]` is not understood")),
    };
    let right = right.trim();
    let text = quoted(right).unwrap_or_else(|| right.to_owned());
    Ok(Step::Where(steps(left.trim())?, equal, text))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn templates_of_pages_are_written() {
        let pod = json!({"metadata": {"annotations": {"a.io/revision": "42"}}, "spec": {"replicas": 3},
            "status": {"containerStatuses": [{"name": "app", "lastState": {"terminated": {"reason": "Error"}}}, {"name": "side", "image": "x"}]}});
        for (template, expected) in [
            ("{.metadata.annotations.a\\.io/revision}", "42"),
            ("{.spec.replicas}", "3"),
            (".spec.replicas", "3"),
            (
                "{.status.containerStatuses[?(@.name==\"app\")].lastState.terminated.reason}",
                "Error",
            ),
            ("{.status.containerStatuses[?(@.name=='side')].lastState.terminated.reason}", ""),
            ("{.status.containerStatuses[*].name}", "app side"),
            ("{.status.containerStatuses[-1].name}", "side"),
            ("{range .status.containerStatuses[*]}{.name}{\"\\n\"}{end}", "app\nside\n"),
            ("{$.metadata.annotations['a.io/revision']}:", "42:"),
            ("{.none.such}", ""),
        ] {
            assert_eq!(write(template, &pod).as_deref(), Ok(expected), "{template}");
        }
        for bad in ["{.a", "{range .a}", "{end}", "{..a}", "{.a[?(@.b>1)]}", "{.a[}", "{a b}"] {
            assert!(write(bad, &pod).is_err(), "{bad}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_template_breaks_it(template in "[{}.\\[\\]'\"?@$()=!*a-z0-9 \\\\]{0,40}") {
            let _ = write(&template, &json!({"a": [{"b": 1}], "items": []}));
        }
    }
}
