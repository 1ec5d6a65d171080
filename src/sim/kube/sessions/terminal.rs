//! What is typed at a terminal, made into lines: echo, backspace, ctrl-c, ctrl-d, ctrl-u.

/// What became of keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Key {
    /// To be shown.
    Echo(Vec<u8>),
    /// A line is complete.
    Enter(String),
    /// The line was broken off.
    Broken,
    /// The input is over.
    End,
}

/// The line that is being typed.
#[derive(Clone, Debug, Default)]
pub struct Line {
    bytes: Vec<u8>,
    escape: Escape,
    /// The last byte was a return: a new line after it belongs to it.
    returned: bool,
}

/// Where in an escape sequence the typing is: such keys (arrows) do nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Escape {
    #[default]
    None,
    Begun,
    Inside,
}

/// The longest line.
const LONGEST: usize = 64 << 10;

impl Line {
    /// Takes what was typed. Without a terminal, bytes are only split into lines.
    pub fn type_in(&mut self, bytes: &[u8], tty: bool) -> Vec<Key> {
        let mut keys = Vec::new();
        for byte in bytes {
            let after_return = std::mem::take(&mut self.returned);
            match (*byte, tty) {
                (b'\n', true) if after_return => {}
                (b'\r' | b'\n', true) => {
                    self.returned = *byte == b'\r';
                    keys.push(Key::Echo(b"\r\n".to_vec()));
                    keys.push(Key::Enter(self.take()));
                }
                (b'\n', false) => keys.push(Key::Enter(self.take())),
                (byte, false) => self.add(byte),
                (byte, true) => keys.extend(self.press(byte)),
            }
        }
        keys
    }

    /// The input is over: what was typed last is a line as well.
    pub fn end(&mut self) -> Vec<Key> {
        let mut keys = Vec::new();
        if !self.bytes.is_empty() {
            keys.push(Key::Enter(self.take()));
        }
        keys.push(Key::End);
        keys
    }

    fn take(&mut self) -> String {
        String::from_utf8_lossy(&std::mem::take(&mut self.bytes)).into_owned()
    }

    fn add(&mut self, byte: u8) {
        if self.bytes.len() < LONGEST {
            self.bytes.push(byte);
        }
    }

    fn press(&mut self, byte: u8) -> Vec<Key> {
        match (self.escape, byte) {
            (Escape::Begun, b'[' | b'O') => {
                self.escape = Escape::Inside;
                return Vec::new();
            }
            (Escape::Inside, 0x40..=0x7e) | (Escape::Begun, _) => {
                self.escape = Escape::None;
                return Vec::new();
            }
            (Escape::Inside, _) => return Vec::new(),
            (Escape::None, 0x1b) => {
                self.escape = Escape::Begun;
                return Vec::new();
            }
            (Escape::None, _) => {}
        }
        match byte {
            3 => {
                self.bytes.clear();
                vec![Key::Echo(b"^C\r\n".to_vec()), Key::Broken]
            }
            4 if self.bytes.is_empty() => vec![Key::Echo(b"exit\r\n".to_vec()), Key::End],
            8 | 0x7f => {
                if self.bytes.is_empty() {
                    return Vec::new();
                }
                // A character may be several bytes.
                while self.bytes.pop().is_some_and(|b| b & 0xc0 == 0x80) {}
                vec![Key::Echo(b"\x08 \x08".to_vec())]
            }
            21 => {
                let width = String::from_utf8_lossy(&std::mem::take(&mut self.bytes)).chars().count();
                vec![Key::Echo(b"\x08 \x08".repeat(width))]
            }
            0..=31 => Vec::new(),
            byte => {
                self.add(byte);
                vec![Key::Echo(vec![byte])]
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_edited_as_at_a_terminal() {
        let mut line = Line::default();
        let keys = line.type_in(b"lx\x7fs\x1b[A\r\n", true);
        let lines: Vec<&Key> = keys.iter().filter(|k| !matches!(k, Key::Echo(_))).collect();
        assert_eq!(lines, [&Key::Enter("ls".to_owned())]);
        assert!(line.type_in(b"abc\x03", true).contains(&Key::Broken));
        assert!(line.type_in(b"\x04", true).contains(&Key::End));
        assert_eq!(line.type_in(b"a\nb", false), [Key::Enter("a".to_owned())]);
        assert_eq!(line.end(), [Key::Enter("b".to_owned()), Key::End]);
    }
}
