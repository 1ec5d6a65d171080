//! What a program on the other side may have left on in the terminal, turned off.

/// Ends what a session may have begun: an unfinished sequence, the alternate screen, mouse and focus reports, bracketed
/// paste, keyboard protocols, colours, a hidden cursor, a scroll region, line drawing. A terminal where none of it is on
/// shows nothing. A synchronized update ends with the next frame that is drawn.
pub const RESET: &str = concat!(
    "\x1b\\",                                                                        // the end of a string that was never ended
    "\x1b7\x1b[?1049l\x1b8", // alternate screen; its end moves to where was last saved, in tmux also where there is none to end
    "\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1004l\x1b[?1005l\x1b[?1006l\x1b[?1015l", // mouse and focus
    "\x1b[?2004l",           // bracketed paste
    "\x1b[?1l\x1b>",         // cursor keys and keypad
    "\x1b[=0u\x1b[>4;0m",    // keyboard protocols
    "\x1b[?5l\x1b[?7h\x1b[4l", // reverse video, wrap, insert
    "\x1b7\x1b[r\x1b8",      // scroll region, without moving
    "\x1b(B\x0f",            // line drawing
    "\x1b[0m\x1b[0 q\x1b[?25h", // colours, shape and sight of the cursor
);

#[cfg(test)]
mod tests {
    use std::num::NonZero;

    use super::*;

    fn terminal_of(rows: u16, columns: u16) -> vt100::Parser {
        vt100::Parser::new(NonZero::new(rows).unwrap(), NonZero::new(columns).unwrap(), 0)
    }

    #[test]
    fn a_terminal_that_was_left_in_disorder_is_in_order_again() {
        let mut terminal = terminal_of(24, 80);
        terminal.process(b"$ top\r\n\x1b[?1049h\x1b[?25l\x1b[?1003h\x1b[?1006h\x1b[?2004h\x1b[?1h\x1b=\x1b[1;31m\x1b[3;5r");
        assert!(terminal.screen().alternate_screen() && terminal.screen().hide_cursor());
        terminal.process(RESET.as_bytes());
        let screen = terminal.screen();
        assert!(!screen.alternate_screen() && !screen.hide_cursor() && !screen.bracketed_paste());
        assert!(!screen.application_cursor() && !screen.application_keypad());
        assert_eq!(screen.mouse_protocol_mode(), vt100::MouseProtocolMode::None);
        terminal.process(b"x");
        let cell = terminal.screen().cell(1, 0).unwrap();
        assert_eq!((cell.contents(), cell.fgcolor(), cell.bold()), ("x", vt100::Color::Default, false));
    }

    #[test]
    fn a_terminal_in_order_shows_nothing_of_it() {
        let mut terminal = terminal_of(24, 80);
        terminal.process(b"one\r\ntwo");
        let before = (terminal.screen().contents(), terminal.screen().cursor_position());
        terminal.process(RESET.as_bytes());
        assert_eq!((terminal.screen().contents(), terminal.screen().cursor_position()), before);
    }
}
