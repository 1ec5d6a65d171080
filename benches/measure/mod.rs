//! What Linux tells of a process, and kubectl of a server.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// A figure of `/proc/PID/status` (`VmRSS`, `VmHWM`), in MiB.
pub fn status(pid: u32, field: &str) -> f64 {
    let text = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = text.lines().find(|l| l.starts_with(field)).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kb| kb.parse::<f64>().ok()).unwrap_or(0.0) / 1024.0
}

/// CPU time of a process so far (user and system; a tick is 10 ms on Linux).
pub fn cpu_seconds(pid: u32) -> f64 {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let after = text.rsplit(')').next().unwrap_or_default();
    let fields: Vec<f64> = after.split_whitespace().skip(11).take(2).filter_map(|f| f.parse().ok()).collect();
    fields.iter().sum::<f64>() / 100.0
}

/// What a server answers to one request through kubectl, which adds its own start to the time.
pub fn raw(kubeconfig: &Path, path: &str) -> (Duration, Vec<u8>) {
    let started = Instant::now();
    let out = Command::new("kubectl")
        .arg("--kubeconfig")
        .arg(kubeconfig)
        .args(["get", "--raw", path])
        .output();
    (started.elapsed(), out.map(|o| o.stdout).unwrap_or_default())
}

/// Objects in a list.
pub fn count(body: &[u8]) -> usize {
    serde_json::from_slice::<serde_json::Value>(body)
        .ok()
        .and_then(|v| v["items"].as_array().map(Vec::len))
        .unwrap_or(0)
}
