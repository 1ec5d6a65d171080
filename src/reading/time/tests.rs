use proptest::prelude::*;

use super::*;

/// 2026-11-28T03:00:00Z.
const MOMENT: i64 = 1_795_834_800;
const NEAR: Time = Time(MOMENT + 3_600);

#[test]
fn the_time_is_read_in_all_the_ways_that_programs_write_it() {
    for (line, millis) in [
        ("2026-11-28T03:00:00Z x", 0),
        ("2026-11-28T03:00:00.5Z x", 500),
        ("2026-11-28T04:00:00.25+01:00 x", 250),
        ("2026-11-28T04:00:00+0100 x", 0),
        ("2026-11-28 03:00:00,123 - app - INFO - x", 123),
        ("2026-11-28 03:00:00.000 UTC [31] LOG:  x", 0),
        ("2026-11-28 04:00:00.000 +0100 x", 0),
        ("2026-11-28 03:00:00 +9 lives", 0),
        ("[2026-11-28 03:00:00.007][1][info] x", 7),
        ("2026/11/28 03:00:00 [error] 31#31: x", 0),
        ("<14>1 2026-11-28T03:00:00Z web app - - - x", 0),
        ("ERROR 2026-11-28T03:00:00Z x", 0),
        (r#"10.0.0.1 - - [28/Nov/2026:03:00:00 +0000] "GET / HTTP/1.1" 200"#, 0),
        (r#"10.0.0.1 - - [28/Nov/2026:04:00:00 +0100] "GET / HTTP/1.1" 200"#, 0),
        ("[Sat Nov 28 03:00:00.250000 2026] [core:error] x", 250),
        ("1:M 28 Nov 2026 03:00:00.123 * Ready", 123),
        ("E1128 03:00:00.001000       1 reflector.go:147] x", 1),
        ("Nov 28 03:00:00 web app[1]: x", 0),
        (r#"{"level":30,"time":1795834800123,"msg":"x"}"#, 123),
        (r#"{"level":"info","ts":1795834800.25,"msg":"x"}"#, 250),
        (r#"{"ts":1.7958348001e9,"msg":"x"}"#, 100),
        (r#"{"msg":"at 2020-01-01T00:00:00Z","@timestamp":"2026-11-28T03:00:00.5Z"}"#, 500),
        (r#"{"t":{"$date":"2026-11-28T03:00:00.000+00:00"},"s":"I"}"#, 0),
        (r#"{"timestamp":"1795834800"}"#, 0),
        (r#"{"timestamp":1795834800000001}"#, 0),
        ("ts=2026-11-28T03:00:00Z level=info", 0),
        (r#"time="2026-11-28T03:00:00Z" level=info"#, 0),
        ("level=info ts=1795834800.5 msg=x", 500),
    ] {
        assert_eq!(
            time(line, NEAR).map(|nanos| nanos / 1_000_000),
            Some(MOMENT * 1_000 + millis),
            "{line}"
        );
    }
}

#[test]
fn what_is_no_time_is_none() {
    for line in [
        "",
        "no time",
        "2026-13-28T03:00:00Z",
        "2026-02-30T03:00:00Z",
        "2026-11-28T25:00:00Z",
        "12026-11-28T03:00:00Z",
        "03:00:00.000 [main] INFO x",
        r#"{"time":"soon"}"#,
        r#"{"time":-9223372037}"#,
        r#"{"time":-1e300}"#,
        r#"{"pid":1795834800}"#,
        r#"{"time":17}"#,
        "Foo 28 03:00:00 x",
    ] {
        assert_eq!(time(line, NEAR), None, "{line}");
    }
    assert_eq!(time("E1128 03:00:00.0       1 x.go:1] y", Time::NEVER), None, "of no year");
}

#[test]
fn a_time_without_a_year_is_of_the_year_that_fits() {
    let new_year = Time::parse("2027-01-01T00:05:00Z");
    assert_eq!(
        time("Dec 31 23:59:00 web app: x", new_year),
        Some(Time::parse("2026-12-31T23:59:00Z").0 * 1_000_000_000)
    );
    assert_eq!(
        time("I0101 00:06:00.000000 1 x.go:1] x", Time::parse("2026-12-31T23:59:00Z")),
        Some(Time::parse("2027-01-01T00:06:00Z").0 * 1_000_000_000)
    );
    assert_eq!(
        time("Feb 29 12:00:00 x y", Time::parse("2025-03-01T00:00:00Z")),
        Some(Time::parse("2024-02-29T12:00:00Z").0 * 1_000_000_000)
    );
}

#[test]
fn the_stamp_before_a_line_is_taken_off() {
    assert_eq!(
        stamp(b"2026-11-28T03:00:00.000000001Z  text"),
        Some((MOMENT * 1_000_000_000 + 1, &b" text"[..]))
    );
    assert_eq!(stamp(b"2026-11-28T03:00:00Z"), Some((MOMENT * 1_000_000_000, &b""[..])));
    assert_eq!(stamp(b"2026-11-28 03:00:00Z text"), None);
    assert_eq!(stamp(b"2026-11-28T03:00:00Ztext"), None);
    assert_eq!(stamp(b"2026-11-28T03:00:00 text"), None, "without a zone it is the program's own");
}

proptest! {
    #[test]
    fn times_are_read_as_a_calendar_reads_them(seconds in 0..9_000_000_000_i64, nanos in 0..1_000_000_000_i32) {
        let moment = jiff::Timestamp::new(seconds, nanos).unwrap();
        let line = format!("{moment} x");
        prop_assert_eq!(stamp(line.as_bytes()).map(|(n, _)| i128::from(n)), Some(moment.as_nanosecond()));
        prop_assert_eq!(time(&line, Time::NEVER).map(i128::from), Some(moment.as_nanosecond()));
    }

    #[test]
    fn any_text_has_a_time_or_none(text in any::<String>(), digits in "[0-9:./ TZ+-]{0,40}") {
        time(&text, NEAR);
        time(&digits, NEAR);
        time(&format!("{{\"time\":{digits}}}"), NEAR);
        stamp(digits.as_bytes());
    }
}
