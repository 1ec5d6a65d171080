//! Any bytes as lines of a log: decoded, made harmless, masked, asked for all that is ever asked of a line.
//!
//! `cargo test` does the same with random pieces (`reading/line.rs`); here the fuzzer looks for what they miss.

#![no_main]

use libfuzzer_sys::fuzz_target;
use quarterdeck::model::{Time, clean};
use quarterdeck::reading::{Join, Pattern, Templates, ids, line, parse, pretty, time};
use quarterdeck::redact::{LineMask, mask_text};

fuzz_target!(|bytes: &[u8]| {
    let mut mask = LineMask::default();
    let mut join = Join::default();
    let mut templates = Templates::new(4);
    for piece in bytes.split(|b| *b == b'\n') {
        let read = line(piece, &mut mask);
        assert!(!read.text.chars().any(char::is_control));
        assert_eq!(clean(&read.text), &*read.text);
        assert_eq!(mask_text(&read.text), &*read.text);
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
});
