//! Custody of the terminal: taken once, given back in every way the program can end.

use std::cell::RefCell;
use std::io::{self, Write};
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};

use crossterm::cursor::Show;
use crossterm::event::{DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture};
use crossterm::terminal::{
    BeginSynchronizedUpdate, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use crossterm::{execute, queue};
use ratatui::Terminal;
use ratatui::backend::{Backend, ClearType, CrosstermBackend, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Size};

use crate::app::App;
use crate::execute::session;
use crate::ui::{Link, Look};

/// Whether the terminal is ours at this moment; the panic hook asks.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// The terminal, ours until dropped.
pub struct Screen {
    terminal: Terminal<Quiet>,
    frame: Frame,
    mouse: bool,
    /// The link that stands on the screen.
    link: Option<Link>,
    /// Bytes written so far, for the record.
    pub written: u64,
}

impl Screen {
    /// Takes the terminal.
    ///
    /// # Errors
    /// When standard output is not a terminal, or the terminal refuses.
    pub fn take(mouse: bool) -> io::Result<Self> {
        let frame = Frame::default();
        let terminal = Terminal::new(Quiet::new(frame.clone()))?;
        enter(mouse)?;
        Ok(Self {
            terminal,
            frame,
            mouse,
            link: None,
            written: 0,
        })
    }

    /// Draws what changed, in one write inside a synchronized update; writes nothing where nothing changed.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn draw(&mut self, app: &App, look: &Look) -> io::Result<()> {
        let link = crate::ui::link(app, look);
        // What was a link is written anew without it, also where the signs stay the same.
        if self.link.is_some() && self.link != link {
            self.repaint()?;
        }
        self.terminal.draw(|frame| crate::ui::draw(app, look, frame))?;
        let bytes = self.frame.take();
        if bytes.is_empty() {
            return Ok(());
        }
        let mut out = Vec::with_capacity(bytes.len() + 16);
        queue!(out, BeginSynchronizedUpdate)?;
        out.extend_from_slice(&bytes);
        if let Some(link) = &link {
            out.extend_from_slice(&super::link::sequence(link));
        }
        self.link = link;
        queue!(out, EndSynchronizedUpdate)?;
        self.write(&out)
    }

    /// Writes an escape sequence that is not part of a frame (the clipboard).
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.written += bytes.len() as u64;
        let mut stdout = io::stdout().lock();
        stdout.write_all(bytes)?;
        stdout.flush()
    }

    /// Gives the terminal to someone else for a while (a login command, the shell).
    pub fn release(&mut self) {
        leave();
    }

    /// Takes it back, turns off what a child has left on, and forgets what stood there.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn retake(&mut self) -> io::Result<()> {
        self.write(session::RESET.as_bytes())?;
        enter(self.mouse)?;
        self.repaint()
    }

    /// Draws everything with the next frame.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn repaint(&mut self) -> io::Result<()> {
        self.terminal.backend_mut().forget();
        self.terminal.clear()
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        leave();
    }
}

fn enter(mouse: bool) -> io::Result<()> {
    enable_raw_mode()?;
    TAKEN.store(true, Ordering::SeqCst);
    let mut out = io::stdout();
    execute!(out, EnterAlternateScreen, EnableBracketedPaste)?;
    if mouse {
        execute!(out, EnableMouseCapture)?;
    }
    Ok(())
}

/// Gives the terminal back; harmless when it is not ours. Used by the guard, the panic hook and the signals.
pub fn leave() {
    if !TAKEN.swap(false, Ordering::SeqCst) {
        return;
    }
    // Errors cannot be helped here: the terminal may be gone, and nothing else can be told. A frame is one write
    // that holds the lock of standard output, so no synchronized update can be open here.
    let _ = execute!(io::stdout(), DisableMouseCapture, DisableBracketedPaste, LeaveAlternateScreen, Show);
    let _ = disable_raw_mode();
}

/// A panic anywhere, in any task, gives the terminal back first, says what happened, and ends the program:
/// a program that goes on after one would draw over the shell.
pub fn install_panic_hook() {
    std::panic::set_hook(Box::new(|info| {
        leave();
        session::here::give_back();
        tracing::error!(target: "panic", "{info}");
        eprintln!("qd: internal error: {info}");
        eprintln!("hint: nothing was changed by this; please report it with qd.log (`qd config path` says where it is)");
        std::process::exit(101);
    }));
}

/// The bytes of the frame being drawn.
#[derive(Clone, Default)]
struct Frame(Rc<RefCell<Vec<u8>>>);

impl Frame {
    fn take(&self) -> Vec<u8> {
        std::mem::take(&mut self.0.borrow_mut())
    }
}

impl Write for Frame {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A backend that says nothing when there is nothing to say: the usual one writes some bytes (reset
/// attributes, hide cursor) for a frame in which no cell changed.
struct Quiet {
    inner: CrosstermBackend<Frame>,
    cursor: Option<Position>,
    shown: Option<bool>,
}

impl Quiet {
    fn new(frame: Frame) -> Self {
        Self {
            inner: CrosstermBackend::new(frame),
            cursor: None,
            shown: None,
        }
    }

    fn forget(&mut self) {
        self.cursor = None;
        self.shown = None;
    }
}

impl Backend for Quiet {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        let mut content = content.peekable();
        if content.peek().is_none() {
            return Ok(());
        }
        self.cursor = None;
        self.inner.draw(content)
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        if self.shown == Some(false) {
            return Ok(());
        }
        self.shown = Some(false);
        self.inner.hide_cursor()
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        if self.shown == Some(true) {
            return Ok(());
        }
        self.shown = Some(true);
        self.inner.show_cursor()
    }

    fn get_cursor_position(&mut self) -> io::Result<Position> {
        Ok(self.cursor.unwrap_or(Position::ORIGIN))
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        let position = position.into();
        if self.cursor == Some(position) {
            return Ok(());
        }
        self.cursor = Some(position);
        self.inner.set_cursor_position(position)
    }

    fn clear(&mut self) -> io::Result<()> {
        self.inner.clear()
    }

    fn clear_region(&mut self, region: ClearType) -> io::Result<()> {
        self.inner.clear_region(region)
    }

    fn size(&self) -> io::Result<Size> {
        self.inner.size()
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        self.inner.window_size()
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
