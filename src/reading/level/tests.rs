use proptest::prelude::*;

use super::Level::*;
use super::*;

#[test]
fn a_level_is_read_in_all_the_ways_that_programs_write_it() {
    for (text, want) in [
        // JSON
        (r#"{"level":"info","msg":"starting"}"#, Info),
        (r#"{"level":30,"time":1795406481925,"pid":1,"hostname":"web","msg":"ok"}"#, Info),
        (r#"{"level":50,"err":{"type":"Error","message":"x"},"msg":"bad"}"#, Error),
        (r#"{"name":"app","level":60,"v":0}"#, Fatal),
        (r#"{"level":3,"short_message":"GELF"}"#, Error),
        (r#"{"msg":"0 errors in 3 files","severity":"WARNING"}"#, Warn),
        (r#"{"message":"x","log.level":"ERROR"}"#, Error),
        (r#"{"log":{"level":"debug"},"message":"x"}"#, Debug),
        (r#"{ "levelname" : "CRITICAL", "message": "x" }"#, Fatal),
        (r#"{"msg":"say \"level\":\"error\" loudly","level":"info"}"#, Info),
        (r#"{"msg":"level","lvl":"dbg"}"#, Debug),
        (r#"{"a":{"b":{"level":"error"}},"level":"info"}"#, Info),
        (r#"{"error":"level","msg":"x"}"#, Unknown),
        (r#"{"tags":["level","error"],"level":"warn"}"#, Warn),
        (
            r#"{"t":{"$date":"2026-11-28T03:00:00.000+00:00"},"s":"W","c":"NETWORK","id":1,"ctx":"main","msg":"m"}"#,
            Warn,
        ),
        (r#"{"severityNumber":17,"body":"x"}"#, Error),
        (r#"{"levelno":30,"message":"x"}"#, Warn),
        (r#"{"level":"info","msg":"cut he"#, Info),
        (r#"{"msg":"cut he"#, Unknown),
        (r#"{"level""#, Unknown),
        (r#"{"level":"#, Unknown),
        (r#"{"level":""#, Unknown),
        (r#"{"level":{"name":"x"}}"#, Unknown),
        (r#"web-1  | {"level":"warn","msg":"x"}"#, Warn),
        // logfmt
        (r#"level=warn msg="error budget""#, Warn),
        (
            r#"time="2026-11-28T03:00:00Z" level=error msg="say level=debug" err="no such host""#,
            Error,
        ),
        (r#"ts=2026-11-28T03:00:00Z caller=main.go:1 level=info msg=x"#, Info),
        (r#"msg="level=error is a text" lvl=dbug"#, Debug),
        (r#"a=1 b="x\"level=error" severity="WARNING""#, Warn),
        (r#"sublevel=error x=1"#, Unknown),
        // klog
        ("E1128 03:00:00.000001       1 reflector.go:147] watch failed", Error),
        ("W1128 03:00:00.000001       1 x.go:1] INFO", Warn),
        ("I1128 03:00:00.000001       1 x.go:1] error: none", Info),
        ("F1128 03:00:00.000001       1 x.go:1] gone", Fatal),
        ("E1128 is a room", Unknown),
        // words
        ("[ERROR] something", Error),
        ("ERROR: something", Error),
        ("ERROR:root:something", Error),
        ("2026-11-28 03:00:00,123 - app.db - WARNING - slow", Warn),
        ("2026-11-28 03:00:00.000  WARN 1 --- [main] c.e.App : slow", Warn),
        ("03:00:00.000 [main] ERROR com.example.App - failed", Error),
        (
            "[2026-11-28T03:00:00,000][WARN ][o.e.m.j.JvmGcMonitorService] [node-1] overhead",
            Warn,
        ),
        ("[2026-11-28T03:00:00Z ERROR app::db] lost", Error),
        ("2026-11-28T03:00:00.000000Z  WARN hyper::client: retry", Warn),
        ("2026-11-28T03:00:00.000000Z    info    xdsproxy    connected", Info),
        ("[2026-11-28 03:00:00.000][1][warning][main] [source/server/server.cc:1] x", Warn),
        ("2026/11/28 03:00:00 [error] 31#31: *1 connect() failed", Error),
        ("[Fri Nov 28 03:00:00.000000 2026] [core:error] [pid 1] AH00124", Error),
        ("E, [2026-11-28T03:00:00.000000 #1] ERROR -- : lost", Error),
        ("INFO[0001] starting", Info),
        ("03:00:00 INF starting app=x", Info),
        ("3:00AM WRN slow", Warn),
        ("error: connection refused", Error),
        ("psql: error: connection refused", Error),
        ("warn: Microsoft.AspNetCore.Server[0]", Warn),
        ("fail: Microsoft.AspNetCore.Server[0]", Error),
        ("npm ERR! code ELIFECYCLE", Error),
        ("2026-11-28T03:00:00.000000Z 0 [ERROR] [MY-010119] [Server] Aborting", Error),
        ("2026-11-28T03:00:00.000000Z 0 [Warning] [MY-010119] x", Warn),
        ("SEVERE: no such bean", Error),
        ("2026-11-28T03:00:00.000Z    8f7c-1    ERROR    Invoke Error", Error),
        ("Nov 28 03:00:00 web app[1]: warning: low", Warn),
        ("| error | x", Error),
        // Postgres
        ("2026-11-28 03:00:00.000 UTC [31] FATAL:  sorry, too many clients already", Fatal),
        ("2026-11-28 03:00:00.000 UTC [31] LOG:  checkpoint starting: time", Info),
        ("2026-11-28 03:00:00.000 UTC [31] app@db ERROR:  deadlock detected", Error),
        // syslog
        ("<3>kernel: x", Error),
        ("<11>1 2026-11-28T03:00:00Z web app - - - x", Error),
        ("<14>x", Info),
        ("<html>", Unknown),
        ("<999>x", Unknown),
        // what ends a program
        ("panic: runtime error: index out of range", Fatal),
        ("fatal error: all goroutines are asleep - deadlock!", Fatal),
        ("thread 'main' panicked at src/main.rs:2:5:", Fatal),
        ("Traceback (most recent call last):", Error),
        ("ValueError: x", Error),
        ("java.lang.IllegalStateException: x", Error),
        (r#"Exception in thread "main" java.lang.RuntimeException: x"#, Error),
        // requests
        (
            r#"10.0.0.1 - - [28/Nov/2026:03:00:00 +0000] "GET /error HTTP/1.1" 502 157 "-" "curl""#,
            Error,
        ),
        (
            r#"10.0.0.1 - bob [28/Nov/2026:03:00:00 +0000] "POST /x?level=1 HTTP/1.1" 404 157"#,
            Warn,
        ),
        (r#"[2026-11-28T03:00:00.000Z] "GET /x HTTP/2" 503 UF 0 91"#, Error),
        ("GET /api/items/621 200 22ms", Info),
        ("GET /api/items/621 500 22ms", Error),
        ("PUT /api/items 422 1.2 ms - 12", Warn),
        // what only names one
        ("0 errors", Unknown),
        ("0 error in 3 files", Unknown),
        ("no error was found", Unknown),
        ("NO ERROR", Unknown),
        ("Everything is fine", Unknown),
        ("finished without ERROR", Unknown),
        ("the last request ended in an error: none", Unknown),
        ("error budget is fine", Unknown),
        ("the upstream answered with an ERROR page", Unknown),
        ("line 17", Unknown),
        ("", Unknown),
        ("   ", Unknown),
        ("    at Socket.emit (node:events:519:28)", Unknown),
    ] {
        assert_eq!(level(text), want, "{text}");
    }
}

#[test]
fn levels_are_ordered_from_harmless_to_worst() {
    assert!(Level::ALL.is_sorted());
    assert!(Error.is_error() && Fatal.is_error() && !Warn.is_error());
    for level in Level::ALL {
        assert_eq!(Level::named(level.word()), level);
    }
}

proptest! {
    #[test]
    fn any_text_has_a_level(text in any::<String>()) {
        level(&text);
    }

    #[test]
    fn any_broken_json_has_a_level(pieces in prop::collection::vec(prop::sample::select(vec![
        "{", "}", "[", "]", "\"", "\\", "level", ":", ",", "error", "50", " ", "é", "\"level\":", "\"s\":", "\"E\"",
    ]), 0..12)) {
        level(&format!("{{{}", pieces.concat()));
        level(&pieces.concat());
    }

    #[test]
    fn a_level_in_json_is_found_wherever_it_stands(before in "[ -~]{0,40}", after in "[ -~]{0,40}", at in 0..7_usize) {
        let want = Level::ALL[at];
        let line = serde_json::json!({"a": before, "level": want.word(), "z": after}).to_string();
        prop_assert_eq!(level(&line), want);
    }
}
