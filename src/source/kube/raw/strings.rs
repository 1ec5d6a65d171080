//! Strings that many objects share: one allocation for a node name instead of a hundred.

use std::collections::HashSet;
use std::sync::Arc;

use crate::model::clean;

/// How many different strings are remembered. A cluster of ten thousand pods has some hundreds.
const LIMIT: usize = 16_384;

/// Hands out shared strings, cleaned; remembers a bounded number of them.
#[derive(Debug, Default)]
pub struct Strings {
    seen: HashSet<Arc<str>>,
    /// Strings not remembered since the last sweep, because there was no room.
    missed: usize,
}

impl Strings {
    /// The shared copy of this text, harmless to print.
    pub fn get(&mut self, text: &str) -> Arc<str> {
        let text = clean(text);
        if let Some(known) = self.seen.get(&*text) {
            return known.clone();
        }
        let new: Arc<str> = text.into();
        if self.seen.len() >= LIMIT {
            self.missed += 1;
            // A sweep looks at everything, so it must be rare even where nothing can be freed.
            if self.missed % LIMIT != 1 {
                return new;
            }
            self.seen.retain(|s| Arc::strong_count(s) > 1);
            if self.seen.len() >= LIMIT {
                return new;
            }
            self.missed = 0;
        }
        self.seen.insert(new.clone());
        new
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_texts_share_memory_and_the_memory_is_bounded() {
        let mut strings = Strings::default();
        let a = strings.get("node-1\u{1b}");
        assert!(Arc::ptr_eq(&a, &strings.get("node-1\u{1b}")));
        assert_eq!(&*a, "node-1␛");
        for i in 0..3 * LIMIT {
            strings.get(&format!("x{i}"));
        }
        assert!(strings.seen.len() <= LIMIT);
        assert!(Arc::ptr_eq(&a, &strings.get("node-1\u{1b}")), "what is in use survives a sweep");
    }
}
