//! Namespace `odd`: names and texts that try to break a screen. No real server lets all of these names in;
//! all of the texts, it does.

use serde_json::{Value, json};

use super::super::Stub;
use super::super::clock::seconds_ago;
use super::pods::{Doing, PodSeed};
use super::{HOUR, meta};

/// Clears the screen, retitles the window, writes the clipboard, moves the cursor.
const CONTROL: &str = "\u{1b}[2J\u{1b}]0;owned\u{7}\u{1b}]52;c;cm0gLXJm\u{7}\u{9b}31m\r\n\u{8}end";

pub fn seed(stub: &Stub) {
    let long = format!("long-{}", "x".repeat(248));
    for name in [
        "emoji-🚀-👩‍👩‍👧‍👦-ok",
        "rtl-\u{202e}gpj.exe",
        "عربي-pod",
        "wide-漢字かな",
        "zero\u{200b}width\u{200d}",
        &long,
    ] {
        stub.put("pods", PodSeed::new("odd", name, "odd").object());
    }
    stub.put("pods", PodSeed::new("odd", &format!("control-{CONTROL}"), "odd").object());
    let mut crashing = PodSeed {
        doing: Doing::CrashLoop {
            code: 139,
            reason: "Error",
            restarts: 4_294_967_295,
        },
        ..PodSeed::new("odd", "segfault", "odd")
    }
    .object();
    crashing["status"]["containerStatuses"][0]["state"]["waiting"]["message"] = json!(format!("why: {CONTROL}"));
    crashing["metadata"]["annotations"] = json!({"example.com/blob": "A".repeat(4096), "example.com/control": CONTROL});
    let pod = stub.put("pods", crashing);
    stub.put(
        "pods",
        json!({"metadata": meta(Some("odd"), "bare", HOUR, Value::Null), "spec": {"containers": []}, "status": {}}),
    );
    stub.put(
        "events",
        json!({
            "metadata": meta(Some("odd"), "segfault.18ec0001", HOUR, Value::Null), "type": "Warning", "reason": "Odd", "count": 1,
            "message": format!("rm -rf\n{CONTROL}\n{}", "and on ".repeat(120)), "firstTimestamp": seconds_ago(HOUR), "lastTimestamp": seconds_ago(HOUR),
            "involvedObject": {"kind": "Pod", "apiVersion": "v1", "namespace": "odd", "name": "segfault", "uid": pod["metadata"]["uid"]},
            "source": {"component": CONTROL},
        }),
    );
    for line in [
        CONTROL.as_bytes(),
        b"not utf-8: \xff\xfe\xc3(",
        "🚀 launched 漢字".as_bytes(),
        "long: ".repeat(2000).as_bytes(),
        b"",
    ] {
        stub.log("odd", "segfault", "odd", line);
    }
}
