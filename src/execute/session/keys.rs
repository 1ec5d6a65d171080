//! The key that leaves a session, in what is typed.

/// Where a session that has a terminal is left.
const LEAVE: [&[u8]; 3] = [
    // ctrl-]
    b"\x1d",
    // The same key, where the program asked the terminal for the keyboard protocol of kitty …
    b"\x1b[93;5u",
    // … or of xterm.
    b"\x1b[27;5;93~",
];

/// Where there is no terminal on the other side, ctrl-c could not reach anybody.
const LEAVE_PLAIN: &[u8] = b"\x03";

/// The keys before the one that leaves; `None`: it is not among them.
pub(super) fn before_leaving(typed: &[u8], has_terminal: bool) -> Option<&[u8]> {
    let plain = if has_terminal { None } else { Some(LEAVE_PLAIN) };
    let at = LEAVE
        .into_iter()
        .chain(plain)
        .filter_map(|key| memchr::memmem::find(typed, key))
        .min()?;
    typed.get(..at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_known_however_the_terminal_sends_it() {
        assert_eq!(before_leaving(b"ls\r", true), None);
        assert_eq!(before_leaving(b"ls\r\x1dq", true), Some(&b"ls\r"[..]));
        assert_eq!(before_leaving(b"\x1b[93;5u", true), Some(&b""[..]));
        assert_eq!(before_leaving(b"x\x1b[27;5;93~", true), Some(&b"x"[..]));
        // ctrl-c belongs to the program, where there is one that can get it.
        assert_eq!(before_leaving(b"\x03", true), None);
        assert_eq!(before_leaving(b"\x03", false), Some(&b""[..]));
    }
}
