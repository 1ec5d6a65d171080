//! Everything that a program wrote to its terminal, and what a terminal makes of it.

use std::num::NonZeroU16;

use super::Modes;

/// What the terminal says back (its name and the cursor's place, when asked).
pub struct Answers(pub Vec<u8>);

/// The output so far, raw and emulated.
pub struct Journal {
    pub raw: Vec<u8>,
    /// Whether the program, and all that it left behind in the terminal, is gone.
    pub closed: bool,
    emulator: vt100::Parser<Unhandled>,
}

/// The sequences that the emulator does not know, and that matter here.
#[derive(Default)]
struct Unhandled {
    answers: Vec<u8>,
    focus_events: bool,
    begun: usize,
    ended: usize,
    keyboard: i32,
}

impl vt100::Callbacks for Unhandled {
    fn unhandled_csi(&mut self, screen: &mut vt100::Screen, first: Option<u8>, _second: Option<u8>, params: &[&[u16]], action: char) {
        let param = params.first().and_then(|p| p.first()).copied().unwrap_or(0);
        match (first, action, param) {
            (Some(b'?'), 'h' | 'l', 1004) => self.focus_events = action == 'h',
            (Some(b'?'), 'h', 2026) => self.begun += 1,
            (Some(b'?'), 'l', 2026) => self.ended += 1,
            (Some(b'>'), 'u', _) => self.keyboard += 1,
            (Some(b'<'), 'u', _) => self.keyboard -= i32::from(param.max(1)),
            (None, 'c', _) => self.answers.extend_from_slice(b"\x1b[?62;22c"),
            (None, 'n', 6) => {
                let (row, col) = screen.cursor_position();
                self.answers.extend_from_slice(format!("\x1b[{};{}R", row + 1, col + 1).as_bytes());
            }
            _ => {}
        }
    }
}

/// A terminal has at least one row and one column.
fn size(cells: u16) -> NonZeroU16 {
    NonZeroU16::new(cells).unwrap_or(NonZeroU16::MIN)
}

impl Journal {
    pub fn new(rows: u16, cols: u16) -> Self {
        Self {
            raw: Vec::new(),
            closed: false,
            emulator: vt100::Parser::new_with_callbacks(size(rows), size(cols), 0, Unhandled::default()),
        }
    }

    pub fn write(&mut self, bytes: &[u8]) -> Answers {
        self.raw.extend_from_slice(bytes);
        self.emulator.process(bytes);
        Answers(std::mem::take(&mut self.emulator.callbacks_mut().answers))
    }

    pub fn close(&mut self) -> Answers {
        self.closed = true;
        Answers(Vec::new())
    }

    pub fn resize(&mut self, rows: u16, cols: u16) {
        self.emulator.screen_mut().set_size(size(rows), size(cols));
    }

    pub fn screen(&self) -> String {
        self.emulator.screen().contents()
    }

    pub fn emulated(&self) -> &vt100::Screen {
        self.emulator.screen()
    }

    pub fn synchronized_updates(&self) -> (usize, usize) {
        let unhandled = self.emulator.callbacks();
        (unhandled.begun, unhandled.ended)
    }

    pub fn modes(&self) -> Modes {
        let (screen, unhandled) = (self.emulator.screen(), self.emulator.callbacks());
        Modes {
            alternate_screen: screen.alternate_screen(),
            hidden_cursor: screen.hide_cursor(),
            bracketed_paste: screen.bracketed_paste(),
            mouse: screen.mouse_protocol_mode() != vt100::MouseProtocolMode::None,
            focus_events: unhandled.focus_events,
            synchronized: unhandled.begun > unhandled.ended,
            keyboard: unhandled.keyboard != 0,
        }
    }
}
