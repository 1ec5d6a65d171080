//! Any bytes as lines of a log: what holds of each of them. The tests of [`super::line`] do this with random pieces, the fuzz
//! target (`fuzz/fuzz_targets/line.rs`) looks for what they miss.

use super::{Join, Pattern, Templates, ids, line, parse, pretty, time};
use crate::model::{Time, clean};
use crate::redact::{LineMask, mask_text};

/// Reads bytes as a log, and asks of every line all that is ever asked of one.
///
/// # Panics
/// Where a line does not come out harmless, masked and whole.
pub fn trial(bytes: &[u8]) {
    let mut mask = LineMask::default();
    let mut join = Join::default();
    let mut templates = Templates::new(4);
    for piece in bytes.split(|b| *b == b'\n') {
        let read = line(piece, &mut mask);
        assert!(!read.text.chars().any(char::is_control), "{:?} has a control character", read.text);
        assert_eq!(clean(&read.text), &*read.text);
        assert_eq!(mask_text(&read.text), &*read.text, "masked once is masked");
        assert!(read.runs.iter().all(|run| read.text.get(run.start..run.end).is_some()));
        join.next_leveled(&read.text, read.level);
        templates.add_leveled(&read.text, read.level, read.nanos);
        time(&read.text, Time(1_795_834_800));
        for id in ids(&read.text) {
            assert!(!id.text(&read.text).is_empty());
        }
        let parsed = parse(&read.text, Time::NEVER);
        assert!(!parsed.message.chars().any(char::is_control));
        if let Some(lines) = pretty(&read.text) {
            assert!(!lines.concat().chars().any(char::is_control));
        }
        if let Ok(pattern) = Pattern::parse(&read.text) {
            pattern.ranges(&read.text).for_each(drop);
        }
    }
}
