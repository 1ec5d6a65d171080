use proptest::prelude::*;

use super::*;

const NEAR: Time = Time(1_795_834_800);

fn taken(line: &str) -> (Shape, Level, String, Vec<(String, String)>) {
    let parsed = parse(line, NEAR);
    let fields = parsed.fields.into_iter().map(|(key, value)| (key.into_owned(), value.into_owned()));
    (parsed.shape, parsed.level, parsed.message.into_owned(), fields.collect())
}

fn pairs(of: &[(&str, &str)]) -> Vec<(String, String)> {
    of.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

#[test]
fn json_becomes_message_and_fields_in_their_order() {
    let line = r#"{"level":50,"time":1795834800123,"req":{"method":"GET","id":7,"headers":{"a": 1}},"msg":"request failed","err":{"type":"Error","message":"too many clients","stack":"Error: x\n    at f"},"tags":["a", "b"],"n":12345678901234567890123,"none":null}"#;
    let parsed = parse(line, NEAR);
    assert_eq!(parsed.time, Some(1_795_834_800_123_000_000));
    assert_eq!(
        taken(line),
        (
            Shape::Json,
            Level::Error,
            "request failed: too many clients".to_owned(),
            pairs(&[
                ("req.method", "GET"),
                ("req.id", "7"),
                ("req.headers", r#"{"a":1}"#),
                ("err.type", "Error"),
                ("err.message", "too many clients"),
                ("err.stack", "Error: x     at f"),
                ("tags", r#"["a","b"]"#),
                ("n", "12345678901234567890123"),
                ("none", "null"),
            ])
        )
    );
}

#[test]
fn logfmt_and_klog_become_message_and_fields() {
    assert_eq!(
        taken(r#"ts=2026-11-28T03:00:00Z level=warn msg="say \"hi\"" err="no host" id=7 empty="#),
        (
            Shape::Logfmt,
            Level::Warn,
            "say \"hi\": no host".to_owned(),
            pairs(&[("err", "no host"), ("id", "7"), ("empty", "")])
        )
    );
    assert_eq!(
        taken(r#"E1128 03:00:00.000001       1 reflector.go:147] "watch failed" err="EOF" node="a""#),
        (
            Shape::Klog,
            Level::Error,
            "watch failed".to_owned(),
            pairs(&[("thread", "1"), ("source", "reflector.go:147"), ("err", "EOF"), ("node", "a")])
        )
    );
    assert_eq!(taken("I1128 03:00:00.000001       1 main.go:1] Serving on 80").2, "Serving on 80");
    assert!(parse("I1128 03:00:00.000001       1 main.go:1] x", NEAR).time.is_some());
}

#[test]
fn what_is_not_understood_is_its_own_message() {
    for line in [
        "plain text with a=1 pair",
        r#"{"level":"info","msg":"cut he"#,
        r#"{"a":1} and more"#,
        "one=pair",
        "",
        "[1,2]",
        "E1128 03:00:00.000001 short",
    ] {
        let (shape, _, message, fields) = taken(line);
        assert_eq!((shape, message.as_str(), fields.len()), (Shape::Plain, line, 0));
    }
}

#[test]
fn an_escape_in_json_reaches_no_terminal() {
    let (_, _, message, fields) = taken(r#"{"msg":"a\u001b[2J","b\u202e":"c\u0007"}"#);
    assert_eq!(message, "a␛[2J");
    assert_eq!(fields, pairs(&[("b·", "c␇")]));
}

#[test]
fn an_object_is_laid_out_in_lines() {
    assert_eq!(
        pretty(r#"web | {"a":1,"b":{"c":[],"d":[1,{"e":"x, {y}"}]},"stack":"Error: x\n    at f\n    at g"} end"#).unwrap(),
        [
            "web |",
            "{",
            "  \"a\": 1,",
            "  \"b\": {",
            "    \"c\": [],",
            "    \"d\": [",
            "      1,",
            "      {",
            "        \"e\": \"x, {y}\"",
            "      }",
            "    ]",
            "  },",
            "  \"stack\": ",
            "    Error: x",
            "        at f",
            "        at g",
            "}",
            "end",
        ]
    );
    assert_eq!(pretty("plain"), None);
    assert_eq!(pretty(r#"{"cut":"#), None);
    assert_eq!(pretty("[main] INFO x"), None);
    assert_eq!(pretty(r#"[main] {"a":true}"#).unwrap(), ["[main]", "{", "  \"a\": true", "}"]);
}

#[test]
fn huge_and_deep_lines_do_no_harm() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(pretty(&deep).is_some_and(|lines| lines.len() < 100));
    let deep = format!(r#"{{"a":{deep}}}"#);
    parse(&deep, NEAR);
    let long = format!(r#"{{"msg":"{}"}}"#, "x".repeat(10 << 20));
    assert_eq!(parse(&long, NEAR).shape, Shape::Plain);
    assert_eq!(pretty(&long), None);
    let wide = format!(r#"{{{}"z":1}}"#, r#""a":1,"#.repeat(20_000));
    assert_eq!(parse(&wide, NEAR).fields.len(), FIELDS);
    parse(&"a=1 ".repeat(100_000), NEAR);
    pretty(&"{\"".repeat(100_000));
}

/// JSON as programs write it.
fn any_json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<String>().prop_map(Into::into),
        "[a-z{}\\[\\]\",:\\\\\n ]{0,8}".prop_map(Into::into),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Into::into),
            prop::collection::vec(("[a-z{\":, \\\\]{0,6}", inner), 0..4)
                .prop_map(|pairs| serde_json::Value::Object(pairs.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_laid_out_is_the_same_object(value in any_json()) {
        let text = serde_json::to_string_pretty(&value).unwrap();
        let compact = value.to_string();
        let (squeezed, same) = (json_of(&text), json_of(&compact));
        prop_assert_eq!(&squeezed, &compact);
        prop_assert_eq!(&same, &compact);
        if let (serde_json::Value::Object(map), Some(pairs)) = (&value, crate::reading::json::pairs(&text, 100)) {
            prop_assert_eq!(pairs.len(), map.len());
            for (key, raw) in pairs {
                let read: serde_json::Value = serde_json::from_str(raw).unwrap();
                prop_assert_eq!(Some(&read), map.get(&*key));
            }
        }
    }

    #[test]
    fn any_line_can_be_taken_apart(text in any::<String>(), value in any_json()) {
        let json = value.to_string();
        for line in [text.clone(), json.clone(), format!("{text}{json}"), format!("msg=\"{text}\" a={text}")] {
            let parsed = parse(&line, NEAR);
            prop_assert!(parsed.fields.len() <= FIELDS);
            if parsed.shape == Shape::Json {
                prop_assert!(!parsed.message.chars().any(char::is_control));
                prop_assert!(parsed.fields.iter().all(|(key, value)| !key.chars().chain(value.chars()).any(char::is_control)));
            }
            if let Some(lines) = pretty(&line) {
                prop_assert!(!lines.concat().chars().any(char::is_control) || line.chars().any(char::is_control));
            }
        }
    }
}

fn json_of(text: &str) -> String {
    crate::reading::json::compact(text).into_owned()
}
