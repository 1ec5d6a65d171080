//! The clipboard of the terminal that the user sits at, wherever the program runs (OSC 52).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Longer texts are refused or cut by common terminals (xterm's classic limit, in base64 characters).
const LONGEST: usize = 74_994;

/// The sequence that puts text on the clipboard; `None` where it is too long for the terminals to take.
/// It only ever sets: asking for the clipboard's content is what attackers do.
pub fn sequence(text: &str, in_tmux: bool) -> Option<Vec<u8>> {
    let encoded = STANDARD.encode(text);
    if encoded.len() > LONGEST {
        return None;
    }
    let plain = format!("\x1b]52;c;{encoded}\x07");
    // tmux takes the plain one with `set-clipboard on` and hands a wrapped one through with
    // `allow-passthrough on`; which of the two is set cannot be asked, and twice does no harm.
    let wrapped = if in_tmux {
        format!("\x1bPtmux;\x1b{plain}\x1b\\")
    } else {
        String::new()
    };
    Some((plain + &wrapped).into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_encoded_and_wrapped_for_tmux() {
        assert_eq!(sequence("pod-1", false), Some(b"\x1b]52;c;cG9kLTE=\x07".to_vec()));
        assert_eq!(
            sequence("x", true),
            Some(b"\x1b]52;c;eA==\x07\x1bPtmux;\x1b\x1b]52;c;eA==\x07\x1b\\".to_vec())
        );
        assert_eq!(sequence(&"x".repeat(60_000), false), None);
    }
}
