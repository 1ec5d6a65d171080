//! The program's own log, `qd.log` in the state directory: what went wrong inside, for a bug report.
//!
//! Warnings and panics by default; `QD_LOG=quarterdeck=debug` asks for more. Never the screen: that is the cockpit's.

use std::fs::{self, OpenOptions};
use std::path::Path;
use std::sync::Mutex;

use tracing_subscriber::EnvFilter;

/// An older log than this many bytes is started anew.
const LONGEST: u64 = 1 << 20;

/// Starts logging. A directory that cannot be written costs the log, not the cockpit.
pub fn start(state: &Path) {
    let path = state.join("qd.log");
    let long = fs::metadata(&path).is_ok_and(|m| m.len() > LONGEST);
    let mut options = OpenOptions::new();
    options.create(true).write(true).append(!long).truncate(long);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let Ok(file) = fs::create_dir_all(state).and_then(|()| options.open(&path)) else {
        return;
    };
    let filter = std::env::var("QD_LOG").ok().and_then(|text| EnvFilter::try_new(text).ok());
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter.unwrap_or_else(|| EnvFilter::new("warn")))
        .with_ansi(false)
        .with_writer(Mutex::new(file))
        .finish();
    // An error means that something else logs already.
    let _ = tracing::subscriber::set_global_default(subscriber);
}
