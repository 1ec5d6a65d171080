//! Any bytes as lines of a log: decoded, made harmless, masked, asked for all that is ever asked of a line.

#![no_main]

use libfuzzer_sys::fuzz_target;
use quarterdeck::reading::trial;

fuzz_target!(|bytes: &[u8]| trial(bytes));
