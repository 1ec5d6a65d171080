//! A pseudo terminal with a program in it.

use std::io::{Read as _, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, ExitStatus, MasterPty, PtySize, native_pty_system};
use tempfile::TempDir;

use super::journal::{Answers, Journal};

/// How long the waits without a deadline of their own wait before they fail the test.
const PATIENCE: Duration = Duration::from_secs(60);

/// How a terminal is to be started.
pub struct TermOptions {
    program: PathBuf,
    args: Vec<String>,
    env: Vec<(String, String)>,
    cols: u16,
    rows: u16,
}

/// What a program changes in a terminal, and must change back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Modes {
    pub alternate_screen: bool,
    pub hidden_cursor: bool,
    pub bracketed_paste: bool,
    pub mouse: bool,
    pub focus_events: bool,
    /// Inside a synchronized update that was begun and not ended.
    pub synchronized: bool,
    /// Keyboard protocols that were pushed and not popped.
    pub keyboard: bool,
}

/// A running program in a pseudo terminal of its own. It is killed when this is dropped.
pub struct Term {
    child: Box<dyn Child + Send + Sync>,
    master: Box<dyn MasterPty + Send>,
    seen: Arc<(Mutex<Journal>, Condvar)>,
    input: Arc<Mutex<Box<dyn Write + Send>>>,
    /// The line settings before the program started, as text.
    found: String,
    home: TempDir,
}

impl TermOptions {
    /// The binary under test, in 80×24.
    pub fn new(args: &[&str]) -> Self {
        Self::program(Path::new(env!("CARGO_BIN_EXE_qd")), args)
    }

    /// Any program.
    pub fn program(program: &Path, args: &[&str]) -> Self {
        Self {
            program: program.to_owned(),
            args: args.iter().map(|a| (*a).to_owned()).collect(),
            env: Vec::new(),
            cols: 80,
            rows: 24,
        }
    }

    /// An interactive shell with job control, where `qd` is the binary under test: for `ctrl-z` and `fg`, which a
    /// program without a shell around it cannot do. Its prompt is `$ `.
    pub fn shell() -> Self {
        let mut options = Self::program(Path::new("/bin/sh"), &["-i"]).env("PS1", "$ ").env("ENV", "");
        let bin = Path::new(env!("CARGO_BIN_EXE_qd")).parent().unwrap_or(Path::new("/"));
        options = options.env("PATH", &format!("{}:/usr/bin:/bin", bin.display()));
        options
    }

    pub fn size(mut self, cols: u16, rows: u16) -> Self {
        (self.cols, self.rows) = (cols, rows);
        self
    }

    /// Sets a variable; an empty value takes it away.
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.env.retain(|(n, _)| n != name);
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn kubeconfig(self, path: &Path) -> Self {
        let path = path.to_string_lossy().into_owned();
        self.env("KUBECONFIG", &path)
    }

    /// Starts it, with a home directory of its own that is empty.
    pub fn start(self) -> Term {
        self.start_in(tempfile::tempdir().unwrap())
    }

    /// Starts it with this home directory: that of a session before ([`Term::end`]), or one with a configuration.
    pub fn start_in(self, home: TempDir) -> Term {
        let size = PtySize {
            rows: self.rows,
            cols: self.cols,
            pixel_width: 0,
            pixel_height: 0,
        };
        let pair = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::new(&self.program);
        command.args(&self.args);
        command.cwd(home.path());
        command.env_clear();
        let dir = |name: &str| home.path().join(name).to_string_lossy().into_owned();
        let defaults = [
            ("HOME", home.path().to_string_lossy().into_owned()),
            ("XDG_CONFIG_HOME", dir("config")),
            ("XDG_STATE_HOME", dir("state")),
            ("XDG_CACHE_HOME", dir("cache")),
            ("XDG_DATA_HOME", dir("data")),
            ("XDG_RUNTIME_DIR", dir("run")),
            ("KUBECONFIG", dir("no-kubeconfig")),
            ("PATH", "/usr/bin:/bin".to_owned()),
            ("TERM", "xterm-256color".to_owned()),
            ("COLORTERM", "truecolor".to_owned()),
            ("LANG", "C.UTF-8".to_owned()),
            ("TZ", "UTC".to_owned()),
        ];
        for (name, value) in defaults
            .iter()
            .map(|(n, v)| (*n, v))
            .chain(self.env.iter().map(|(n, v)| (n.as_str(), v)))
        {
            if value.is_empty() {
                command.env_remove(name)
            } else {
                command.env(name, value)
            }
        }
        let found = line_settings(pair.master.as_ref());
        let child = pair.slave.spawn_command(command).unwrap();
        // Only the program holds the other end now: when it ends, so does what is read.
        drop(pair.slave);
        let input = Arc::new(Mutex::new(pair.master.take_writer().unwrap()));
        let seen = Arc::new((Mutex::new(Journal::new(self.rows, self.cols)), Condvar::new()));
        let reader = pair.master.try_clone_reader().unwrap();
        std::thread::spawn({
            let (seen, input) = (Arc::clone(&seen), Arc::clone(&input));
            move || read(reader, &seen, &input)
        });
        Term {
            child,
            master: pair.master,
            seen,
            input,
            found,
            home,
        }
    }
}

/// Reads until the program is gone, and answers what a terminal is asked.
fn read(mut reader: Box<dyn std::io::Read + Send>, seen: &(Mutex<Journal>, Condvar), input: &Mutex<Box<dyn Write + Send>>) {
    let mut buffer = [0; 16 * 1024];
    loop {
        // The end of a pseudo terminal is an error on Linux.
        let count = reader.read(&mut buffer).unwrap_or(0);
        let mut journal = lock(&seen.0);
        let Answers(answers) = if count == 0 {
            journal.close()
        } else {
            journal.write(&buffer[..count])
        };
        drop(journal);
        seen.1.notify_all();
        if !answers.is_empty() {
            let _ = lock(input).write_all(&answers);
        }
        if count == 0 {
            return;
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn line_settings(master: &dyn MasterPty) -> String {
    format!("{:?}", master.get_termios().expect("line settings of a pseudo terminal"))
}

impl Term {
    /// The binary under test with these arguments and variables.
    pub fn start(args: &[&str], env: &[(&str, &str)], cols: u16, rows: u16) -> Self {
        env.iter()
            .fold(TermOptions::new(args).size(cols, rows), |options, (name, value)| {
                options.env(name, value)
            })
            .start()
    }

    /// Types.
    pub fn send(&self, text: &str) {
        self.send_bytes(text.as_bytes());
    }

    pub fn send_bytes(&self, bytes: &[u8]) {
        let mut input = lock(&self.input);
        input.write_all(bytes).unwrap();
        input.flush().unwrap();
    }

    /// What is on the screen, without colours; lines end where their text ends.
    pub fn screen(&self) -> String {
        lock(&self.seen.0).screen()
    }

    /// Everything that the program wrote.
    pub fn raw(&self) -> Vec<u8> {
        lock(&self.seen.0).raw.clone()
    }

    pub fn bytes_written(&self) -> usize {
        lock(&self.seen.0).raw.len()
    }

    /// What of the terminal's state is switched on now.
    pub fn modes(&self) -> Modes {
        lock(&self.seen.0).modes()
    }

    /// How many synchronized updates were begun and ended.
    pub fn synchronized_updates(&self) -> (usize, usize) {
        lock(&self.seen.0).synchronized_updates()
    }

    /// The emulator's screen, for colours, attributes and the cursor.
    pub fn with_screen<T>(&self, look: impl FnOnce(&vt100::Screen) -> T) -> T {
        look(lock(&self.seen.0).emulated())
    }

    /// Waits for a screen such as this and returns it; fails the test with the last screen after the deadline.
    pub fn wait_for(&self, such: impl Fn(&str) -> bool, deadline: Duration) -> String {
        match self.wait_for_journal(|journal| Some(journal.screen()).filter(|s| such(s)), deadline) {
            Some(screen) => screen,
            None => panic!("waited {deadline:?} in vain; the screen was:\n{}", self.screen()),
        }
    }

    /// Waits until this stands on the screen.
    pub fn wait_text(&self, text: &str) -> String {
        match self.wait_for_journal(|journal| Some(journal.screen()).filter(|s| s.contains(text)), PATIENCE) {
            Some(screen) => screen,
            None => panic!("waited in vain for {text:?}; the screen was:\n{}", self.screen()),
        }
    }

    /// Waits until this stands on the screen no more.
    pub fn wait_gone(&self, text: &str) -> String {
        match self.wait_for_journal(|journal| Some(journal.screen()).filter(|s| !s.contains(text)), PATIENCE) {
            Some(screen) => screen,
            None => panic!("waited in vain for {text:?} to go; the screen was:\n{}", self.screen()),
        }
    }

    fn wait_for_journal<T>(&self, such: impl Fn(&Journal) -> Option<T>, deadline: Duration) -> Option<T> {
        let until = Instant::now() + deadline;
        let mut journal = lock(&self.seen.0);
        loop {
            if let Some(found) = such(&journal) {
                return Some(found);
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() || journal.closed {
                return None;
            }
            journal = self.seen.1.wait_timeout(journal, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Whether nothing at all is written for this long. The bytes that were are what [`Term::raw`] has more.
    pub fn is_quiet_for(&self, time: Duration) -> bool {
        let before = self.bytes_written();
        self.wait_for_journal(|journal| (journal.raw.len() != before).then_some(()), time)
            .is_none()
    }

    /// The terminal gets another size, and the program is told.
    pub fn resize(&self, cols: u16, rows: u16) {
        lock(&self.seen.0).resize(rows, cols);
        self.master
            .resize(PtySize {
                rows,
                cols,
                pixel_width: 0,
                pixel_height: 0,
            })
            .unwrap();
    }

    /// Sends the program a signal by name: `TERM`, `HUP`, `TSTP`, `CONT`.
    pub fn signal(&self, name: &str) {
        let pid = self.child.process_id().expect("a running program").to_string();
        let status = Command::new("/bin/sh")
            .args(["-c", "kill -s \"$1\" \"$2\"", "kill", name, &pid])
            .status()
            .unwrap();
        assert!(status.success(), "kill -s {name} {pid}");
    }

    /// Waits for the end, reads what is left of the output, and fails the test after 20 s.
    pub fn wait_exit(&mut self) -> ExitStatus {
        let closed = self.wait_for_journal(|journal| journal.closed.then_some(()), PATIENCE);
        assert!(closed.is_some(), "the program does not end; the screen was:\n{}", self.screen());
        self.child.wait().unwrap()
    }

    /// Fails the test unless the terminal is as it was before the program: screen, cursor, modes, line settings.
    pub fn assert_restored(&self) {
        if let Err(left) = self.restored() {
            panic!("the terminal is not as it was: {left}");
        }
    }

    /// What is not as it was before the program.
    pub fn restored(&self) -> Result<(), String> {
        if self.modes() != Modes::default() {
            return Err(format!("{:?}", self.modes()));
        }
        let (begun, ended) = self.synchronized_updates();
        if begun != ended {
            return Err(format!("{begun} synchronized updates begun, {ended} ended"));
        }
        let now = line_settings(self.master.as_ref());
        if now != self.found {
            return Err(format!("line settings {now}, before {}", self.found));
        }
        Ok(())
    }

    /// Waits until all is as it was before the program. The line settings come back after the screen does, and nothing
    /// is written that would tell of them.
    pub fn wait_restored(&self) {
        let until = Instant::now() + PATIENCE;
        while let Err(what) = self.restored() {
            assert!(Instant::now() < until, "{what}");
            std::thread::yield_now();
        }
    }

    /// Whether the line settings are those from before the program (a program that draws changes them).
    pub fn line_settings_as_found(&self) -> bool {
        line_settings(self.master.as_ref()) == self.found
    }

    /// The home directory: `config/`, `state/`, `cache/`, `data/` are the XDG directories in it.
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// Kills what still runs and returns the home directory, for a second session in it.
    pub fn end(mut self) -> TempDir {
        let _ = self.child.kill();
        let _ = self.child.wait();
        std::mem::replace(&mut self.home, tempfile::tempdir().unwrap())
    }
}

impl Drop for Term {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
