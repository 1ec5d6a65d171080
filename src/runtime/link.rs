//! An address in the footer as a link that the terminal can open (OSC 8): its words are written once more, over themselves.

use crate::ui::Link;

/// What is written behind a frame; nothing for an address that could end the sequence.
pub fn sequence(link: &Link) -> Vec<u8> {
    let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_graphic());
    if !plain(&link.url) || link.text.chars().any(char::is_control) {
        return Vec::new();
    }
    // Where it stands and how things look are the terminal's again behind it.
    format!(
        "\x1b7\x1b[{};{}H\x1b[0;4m\x1b]8;;{}\x1b\\{}\x1b]8;;\x1b\\\x1b[0m\x1b8",
        link.y + 1,
        link.x + 1,
        link.url,
        link.text
    )
    .into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_link_over_its_own_words_and_cannot_end_the_sequence() {
        let link = |url: &str| Link {
            x: 1,
            y: 39,
            text: "Application Overview: https://grafana/d/app".into(),
            url: url.into(),
        };
        let told = String::from_utf8(sequence(&link("https://grafana/d/app?from=1"))).unwrap();
        assert!(told.starts_with("\x1b7\x1b[40;2H") && told.ends_with("\x1b8"), "{told:?}");
        assert!(
            told.contains("\x1b]8;;https://grafana/d/app?from=1\x1b\\Application Overview"),
            "{told:?}"
        );
        assert!(told.contains("d/app\x1b]8;;\x1b\\"), "the link ends with its words: {told:?}");
        for bad in ["https://x/\x1b\\evil", "https://x/ y", "https://x/\u{9c}", "https://x/\x07"] {
            assert!(sequence(&link(bad)).is_empty(), "{bad:?}");
        }
    }
}
