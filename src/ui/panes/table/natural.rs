//! The order in which a person expects names: numbers inside them count as numbers (`web-9` before `web-10`).

use std::cmp::Ordering;

/// Compares two texts as sequences of numbers and other bytes. The order is total: only equal texts are equal.
pub fn compare(a: &str, b: &str) -> Ordering {
    // Rows of one namespace share its name: no byte needs to be looked at.
    if std::ptr::eq(a, b) {
        return Ordering::Equal;
    }
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let same = common(a, b);
    let digit = |text: &[u8], at: usize| text.get(at).is_some_and(u8::is_ascii_digit);
    let inside = same > 0 && digit(a, same - 1);
    if (digit(a, same) && digit(b, same)) || (inside && (digit(a, same) || digit(b, same))) {
        // Both differ within a number that starts at the same place.
        let back = a.iter().take(same).rev().take_while(|c| c.is_ascii_digit()).count();
        let (a, b) = (number(a, same - back), number(b, same - back));
        let by_value = a.len().cmp(&b.len()).then_with(|| a.cmp(b));
        if by_value != Ordering::Equal {
            return by_value;
        }
    }
    a.get(same..).cmp(&b.get(same..))
}

/// How many bytes both begin with, eight at a time: names of one workload differ only at their end.
fn common(a: &[u8], b: &[u8]) -> usize {
    let (words_a, words_b) = (a.as_chunks::<8>().0, b.as_chunks::<8>().0);
    for (at, (x, y)) in words_a.iter().zip(words_b).enumerate() {
        let differs = u64::from_le_bytes(*x) ^ u64::from_le_bytes(*y);
        if differs != 0 {
            return at * 8 + differs.trailing_zeros() as usize / 8;
        }
    }
    let read = words_a.len().min(words_b.len()) * 8;
    let rest = a.iter().skip(read).zip(b.iter().skip(read));
    read + rest.take_while(|(x, y)| x == y).count()
}

/// The digits from a position on, without leading zeros.
fn number(text: &[u8], from: usize) -> &[u8] {
    let rest = text.get(from..).unwrap_or_default();
    let digits = rest.iter().take_while(|c| c.is_ascii_digit()).count();
    let zeros = rest.iter().take(digits).take_while(|c| **c == b'0').count();
    rest.get(zeros..digits).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_in_names_count_as_numbers() {
        let sorted = [
            "", "-", "a", "a-1", "a-01b", "a-1b", "a-2", "a-9", "a-10", "a-10-1", "a-10-x", "a-x", "v1.9.0", "v1.10.0", "é",
        ];
        // `a-01b` has one zero more than `a-1b`, and comes after `a-1`, which ends there.
        let mut shuffled = sorted;
        shuffled.reverse();
        shuffled.sort_by(|a, b| compare(a, b));
        assert_eq!(
            shuffled,
            [
                "", "-", "a", "a-01b", "a-1", "a-1b", "a-2", "a-9", "a-10", "a-10-1", "a-10-x", "a-x", "v1.9.0", "v1.10.0", "é"
            ]
        );
    }

    proptest! {
        #[test]
        fn the_order_is_total(a in "(aaaaaaaa)?[a01-]{0,6}", b in "(aaaaaaaa)?[a01-]{0,6}", c in "(aaaaaaaa)?[a01-]{0,6}") {
            prop_assert_eq!(compare(&a, &b), compare(&b, &a).reverse());
            prop_assert_eq!(compare(&a, &b) == Ordering::Equal, a == b);
            if compare(&a, &b).is_le() && compare(&b, &c).is_le() {
                prop_assert!(compare(&a, &c).is_le(), "{} {} {}", a, b, c);
            }
        }
    }
}
