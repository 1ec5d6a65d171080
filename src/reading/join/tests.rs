use proptest::prelude::*;

use super::*;

/// The first lines of the entries.
fn heads(text: &str) -> Vec<&str> {
    let mut join = Join::default();
    text.lines().filter(|line| !join.next(line)).collect()
}

#[test]
fn a_java_trace_is_one_entry() {
    let text = "\
2026-11-28 03:00:00.000 ERROR 1 --- [main] c.e.App : request failed
java.lang.IllegalStateException: no connection
    at com.example.Db.open(Db.java:12)
    at com.example.App.main(App.java:7)
    Suppressed: java.io.IOException: closed
        at com.example.Db.close(Db.java:20)
Caused by: java.net.ConnectException: Connection refused
    ... 12 more
2026-11-28 03:00:01.000  INFO 1 --- [main] c.e.App : next
Exception in thread \"main\" java.lang.RuntimeException: x
    at com.example.App.main(App.java:7)
done";
    assert_eq!(
        heads(text),
        [
            "2026-11-28 03:00:00.000 ERROR 1 --- [main] c.e.App : request failed",
            "2026-11-28 03:00:01.000  INFO 1 --- [main] c.e.App : next",
            "Exception in thread \"main\" java.lang.RuntimeException: x",
            "done"
        ]
    );
}

#[test]
fn a_node_error_with_its_properties_is_one_entry() {
    let text = "\
Error: connect ECONNREFUSED 10.0.0.7:5432
    at TCPConnectWrap.afterConnect [as oncomplete] (node:net:1607:16) {
  errno: -111,
  code: 'ECONNREFUSED',
  address: [
    1
  ],
}
listening on 80";
    assert_eq!(heads(text), ["Error: connect ECONNREFUSED 10.0.0.7:5432", "listening on 80"]);
}

#[test]
fn a_python_trace_is_one_entry_with_what_led_to_it() {
    let text = "\
ERROR:root:job failed
Traceback (most recent call last):
  File \"app.py\", line 3, in run
    connect()
KeyError: 'host'

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File \"app.py\", line 9, in <module>
    run()
redis.exceptions.Timeout: too slow
INFO:root:next";
    assert_eq!(heads(text), ["ERROR:root:job failed", "INFO:root:next"]);
}

#[test]
fn a_go_panic_is_one_entry() {
    let text = "\
panic: runtime error: invalid memory address or nil pointer dereference
[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x47]

goroutine 1 [running]:
main.(*Server).handle(0x0, {0x1, 0x2})
    /app/main.go:12 +0x1d
created by main.main in goroutine 1
    /app/main.go:7 +0x2a
exit status 2
starting";
    assert_eq!(
        heads(text),
        [
            "panic: runtime error: invalid memory address or nil pointer dereference",
            "starting"
        ]
    );
}

#[test]
fn rust_ruby_php_dotnet_and_sql_are_joined_too() {
    for text in [
        "thread 'main' panicked at src/main.rs:2:5:\nindex out of bounds\nstack backtrace:\n   0: rust_begin_unwind\n             at /rustc/x\nnote: run with `RUST_BACKTRACE=1`",
        "app.rb:3:in 'total': undefined method (NoMethodError)\n    from app.rb:7:in 'main'",
        "E, [2026-11-28T03:00:00 #1] ERROR -- : failed\napp/models/order.rb:12:in 'total'\napp/models/order.rb:3:in 'x'",
        "PHP Fatal error:  Uncaught Exception: x in /a.php:3\nStack trace:\n#0 {main}\n  thrown in /a.php on line 3",
        "fail: App[0]\n      Unhandled exception\n      System.InvalidOperationException: x\n         at App.Run() in /src/App.cs:line 7",
        "info: Microsoft.Hosting.Lifetime[14]\n      Now listening on: http://[::]:8080",
        "2026-11-28 03:00:00.000 UTC [31] ERROR:  syntax error\n        SELECT *\n        FROM x",
        "{\n  \"level\": \"error\",\n  \"a\": {\n    \"b\": 1\n  }\n}",
        "options {\n  port: 80\n}",
    ] {
        assert_eq!(
            heads(&format!("{text}\nnext line")).len(),
            2,
            "{:?}",
            heads(&format!("{text}\nnext line"))
        );
    }
}

#[test]
fn lines_of_their_own_stay_alone() {
    for text in [
        "one\ntwo\nthree",
        "ERROR one\nERROR two",
        "ERROR one\n  WARN two",
        "a list\n  of things",
        r#"{"level":"error","msg":"x"}
{"level":"error","msg":"y"}"#,
        "ERROR one\nconnected to db: fine",
        "ERROR one\nError: two",
        "one\n",
        "panic: x\nserver started",
        "ERROR a\n\nb",
    ] {
        assert_eq!(heads(text).len(), text.lines().count(), "{text}");
    }
    assert!(!continues("", "    at x"), "nothing was said before");
    assert!(continues("Error: x", "    at f (a.js:1:2)"));
}

#[test]
fn an_entry_does_not_grow_without_end() {
    let mut join = Join::default();
    join.next("Error: x");
    assert!((0..3_000).any(|_| !join.next("    at f (a.js:1:2)")));
    assert!(join.lines < MOST);
}

proptest! {
    #[test]
    fn a_line_with_a_level_at_the_margin_begins_an_entry(before in prop::collection::vec("[ -~]{0,30}", 0..5)) {
        let mut join = Join::default();
        for line in &before {
            // All but the Rust panic, whose next line is its message whatever it says.
            join.next(line);
        }
        prop_assert!(!join.next("2026-11-28T03:00:00Z ERROR lost"));
    }
}
