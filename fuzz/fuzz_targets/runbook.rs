//! Any text as a page of a runbook, and any two texts as a command line and a value that is filled in.
//!
//! `cargo test` does the same with random pieces (`runbook/trial.rs`); here the fuzzer looks for what they miss.

#![no_main]

use libfuzzer_sys::fuzz_target;
use quarterdeck::action::kubectl;
use quarterdeck::runbook::trial;

fuzz_target!(|text: &str| {
    trial::page(text);
    if let Some((line, value)) = text.split_once('\0') {
        trial::value(line, value);
    }
    // What was printed reads back as the same.
    if let Ok(action) = kubectl::parse(text) {
        assert_eq!(kubectl::parse(&action.to_string()).as_ref(), Ok(&action));
    }
});
