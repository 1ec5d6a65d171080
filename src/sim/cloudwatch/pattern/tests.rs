//! Patterns as people write them, and as nobody should.

use proptest::prelude::*;

use super::*;

const LINE: &str = r#"{"level":"error","msg":"timeout acquiring a connection from the pool","status":503,"err":{"code":"53300"},"ok":false,"none":null,"tags":["a","b"]}"#;

#[test]
fn patterns_find_what_they_say() {
    for (pattern, fits) in [
        ("", true),
        ("error", true),
        ("ERROR", false),
        ("error timeout", true),
        ("error nothing", false),
        ("?nothing ?timeout", true),
        ("?nothing ?never", false),
        ("error -timeout", false),
        ("error -nothing", true),
        ("\"acquiring a connection\"", true),
        ("-\"acquiring a connection\"", false),
        ("%conn[a-z]+ion%", true),
        ("{ $.level = \"error\" }", true),
        ("{ $.level = \"err*\" }", true),
        ("{ $.level = warn }", false),
        ("{ $.level != \"warn\" }", true),
        ("{ $.status = 503 }", true),
        ("{ $.status >= 500 && $.status < 600 }", true),
        ("{ $.status < 500 || $.err.code = \"53300\" }", true),
        ("{ ($.status < 500 || $.level = error) && $.msg = \"*pool\" }", true),
        ("{ $.ok IS FALSE }", true),
        ("{ $.none IS NULL }", true),
        ("{ $.missing NOT EXISTS }", true),
        ("{ $.level NOT EXISTS }", false),
        ("{ $.tags[1] = \"b\" }", true),
        ("{ $.tags[*] = \"c\" }", false),
        ("{ $.missing = \"x\" }", false),
    ] {
        assert_eq!(Pattern::read(pattern).unwrap().fits(LINE), fits, "{pattern}");
    }
    assert!(!Pattern::read("{ $.a = 1 }").unwrap().fits("plain text"));
}

#[test]
fn wrong_patterns_are_refused() {
    for pattern in [
        "{ $.level }",
        "{ level = 1 }",
        "{ $.a = 1",
        "\"open",
        "a:b",
        "{ $.a > \"x\" }",
        "%(%",
        "[a, b]",
        "{ $ = 1 }",
    ] {
        assert!(Pattern::read(pattern).is_err(), "{pattern}");
    }
    assert!(Pattern::read(&format!("{{ {}$.a = 1", "(".repeat(500))).is_err());
}

proptest! {
    #[test]
    fn no_pattern_panics(pattern in "[{}$.=!<>&|()\\[\\]\"*%a-z0-9 ?-]{0,40}|.{0,30}", line in ".{0,40}") {
        if let Ok(pattern) = Pattern::read(&pattern) {
            pattern.fits(&line);
            pattern.fits(LINE);
        }
    }
}
